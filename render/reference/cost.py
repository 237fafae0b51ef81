"""What a training step costs, counted without taking it: operations, bytes, kernels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

from ..ceilings import Ceilings


@dataclass
class Cost:
    """Of one step: `seconds` is what no eager step can be faster than."""

    flops: float = 0.0
    bytes: float = 0.0
    kernels: int = 0
    seconds: float = 0.0


def count(loss: Callable[[], torch.Tensor], ceilings: Ceilings) -> Cost:
    """Counts a forward and a backward pass of `loss()`, without computing anything.

    Each operation takes the longer of its arithmetic and its memory's time; all together take no
    less than beginning them one after another. Optimiser and averages, a few kernels, are left out.
    """
    with FakeTensorMode(allow_non_fake_inputs=True), _Counting(ceilings) as counting:
        loss().backward()
    cost = counting.cost
    cost.seconds = max(cost.seconds, cost.kernels * ceilings.launch)
    return cost


class _Counting(TorchDispatchMode):
    """Adds up what passes by: every operation that is not a mere view is a kernel."""

    def __init__(self, ceilings: Ceilings) -> None:
        super().__init__()
        self.cost, self.ceilings = Cost(), ceilings

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if func.is_view or func._schema.name in _FREE:
            return out
        tensors = [x for x in tree_leaves((args, kwargs or {}, out)) if isinstance(x, torch.Tensor)]
        moved = sum(x.numel() * x.element_size() for x in tensors)
        known = flop_registry.get(func._overloadpacket)
        flops = float(known(*args, **(kwargs or {}), out_val=out)) if known else 0.0
        self.cost.flops += flops
        self.cost.bytes += moved
        self.cost.kernels += 1
        self.cost.seconds += max(flops / self.ceilings.flops, moved / self.ceilings.bytes)
        return out


_FREE = {
    "prim::device",
    *(f"aten::{name}" for name in ("detach", "_unsafe_view", "lift_fresh")),
    *(f"aten::{name}" for name in ("empty", "empty_like", "empty_strided")),
}
