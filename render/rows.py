"""How several calls of one model become a batch of fixed width, and its answer theirs again.

Rows are counted on the first tensor of two or more dimensions. Tensors as long are stacked, single
numbers become one per row, and everything else must be equal in all the calls of a batch. Nothing
here knows which model is called; `stacks_well` checks once per kind of call that this reading of
its arguments is right.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.utils._pytree import tree_flatten, tree_unflatten

ALIKE = 0.05  # relative error below which two answers are one answer
# In two bytes: 18 of FLUX's 57 blocks with random weights bring rounding to 0.049 (bfloat16).
ALIKE_HALF = 0.15
PLAIN = (type(None), bool, int, float, str, torch.dtype, torch.device)


@dataclass(eq=False)
class Call:
    """A model's call, taken apart."""

    real: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    rows: int
    leaves: list[Any]
    roles: tuple[str, ...]  # per leaf: row | shared
    spec: Any
    kind: tuple[Any, ...]  # model and structure: what is checked once
    mates: tuple[Any, ...] = field(default=())  # calls with equal `mates` may share a batch

    @property
    def device(self) -> torch.device:
        return self.leaves[self.roles.index("row")].device

    @property
    def shapes(self) -> tuple[Any, ...]:
        """What, with the number of rows, decides which kernels compute it."""
        rows = zip(self.leaves, self.roles, strict=True)
        return tuple((x.shape[1:], x.dtype, x.device) for x, role in rows if role == "row")

    def alone(self) -> Any:
        """What the model itself answers."""
        return self.real(*self.args, **self.kwargs)


def describe(real: Callable[..., Any], args: Any, kwargs: Any) -> Call | None:
    """Takes a call apart; None when it holds what can be neither stacked nor compared."""
    leaves, spec = tree_flatten((args, kwargs))
    tensors = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]
    rows = next((len(t) for t in tensors if t.ndim > 1), 0)
    if not rows or not comparable(leaves):
        return None
    roles, mates = [], []
    for i, leaf in enumerate(leaves):
        role, told = "shared", (type(leaf), leaf)
        if isinstance(leaf, torch.Tensor):
            leaves[i] = leaf = _per_row(leaf, rows)
            role = "row" if leaf.ndim and len(leaf) == rows else "shared"
            own = (leaf.shape[1:], leaf.dtype, leaf.device)
            told = own if role == "row" else content(leaf)
        roles.append(role)
        mates.append(told)
    kind = (id(getattr(real, "__self__", real)), str(spec), tuple(roles))
    return Call(real, args, kwargs, rows, leaves, tuple(roles), spec, kind, (*kind, *mates))


def comparable(leaves: Sequence[Any]) -> bool:
    """True when all are tensors or plain values: no caches, generators or other live objects."""
    return all(
        leaf.layout == torch.strided if isinstance(leaf, torch.Tensor) else isinstance(leaf, PLAIN)
        for leaf in leaves
    )


def _per_row(tensor: torch.Tensor, rows: int) -> torch.Tensor:
    """A single number becomes one per row; other tensors stay as they are."""
    if tensor.ndim > 1 or tensor.numel() != 1:
        return tensor
    if tensor.ndim == 0 and not (tensor.is_floating_point() or tensor.dtype == torch.bool):
        # Some schedulers count in integers, some in floats; below 2**24 these are the same.
        tensor = tensor.to(torch.float32)
    return tensor.reshape(1).expand(rows)


def content(tensor: torch.Tensor) -> tuple[Any, ...]:
    """What makes two tensors equal; remembered on the tensor until it is written to."""
    version = None if tensor.is_inference() else tensor._version
    kept = getattr(tensor, "_sweetspot_content", None)
    if version is not None and kept is not None and kept[0] == version:
        return kept[1]
    flat = tensor.detach().cpu().clone(memory_format=torch.contiguous_format).reshape(-1)
    data = flat.view(torch.uint8).numpy()
    found = (tuple(tensor.shape), tensor.dtype, tensor.device, hashlib.sha256(data).digest())
    tensor._sweetspot_content = (version, found)
    return found


def contents(call: Call) -> tuple[Any, ...]:
    """Equal for two calls whose answers are equal at one width: what `mates` and rows hold."""
    rows = zip(call.leaves, call.roles, strict=True)
    return (*call.mates, *(content(leaf) for leaf, role in rows if role == "row"))


def total(calls: Sequence[Call]) -> int:
    return sum(call.rows for call in calls)


def padding(first: Call, count: int) -> list[Any]:
    """`count` rows, leaf by leaf: the first call's own, over and over."""
    # The index is made where it is used: to bring one along is to wait for a GPU.
    return [
        leaf[torch.arange(count, device=leaf.device) % first.rows] if role == "row" else leaf
        for leaf, role in zip(first.leaves, first.roles, strict=True)
    ]


def evaluated(call: Call, leaves: list[Any]) -> Any:
    """What a call's model answers to other arguments of the same structure."""
    args, kwargs = tree_unflatten(leaves, call.spec)
    return call.real(*args, **kwargs)


def answers(
    calls: Sequence[Call],
    extra: Sequence[Any],
    width: int,
    compute: Callable[[Call, list[Any]], Any] = evaluated,
) -> list[Any]:
    """Computes one batch of exactly `width` rows and deals the answer out."""
    first, leaves = calls[0], []
    for i, role in enumerate(first.roles):
        if role == "shared":
            leaves.append(first.leaves[i])
            continue
        parts = [call.leaves[i] for call in calls]
        # Always contiguous, whatever the parts are: the layout decides kernels, and so bits.
        stacked = parts[0].new_empty((width, *parts[0].shape[1:]))
        leaves.append(torch.cat([*parts, extra[i]], out=stacked))
    flat, spec = tree_flatten(compute(first, leaves))
    dealt, start = [], 0
    for call in calls:
        rows = slice(start, start := start + call.rows)
        dealt.append(tree_unflatten([_own(leaf, rows, width) for leaf in flat], spec))
    return dealt


def _own(leaf: Any, rows: slice, width: int) -> Any:
    """A call's rows in memory of their own: alignment can decide bits too."""
    dealt = isinstance(leaf, torch.Tensor) and leaf.ndim and len(leaf) == width
    return leaf[rows].clone() if dealt else leaf


def stacks_well(call: Call, width: int) -> bool:
    """True when mates with other values leave the call's answer as it is alone."""
    alone = tree_flatten(call.alone())[0]
    strangers = [other(leaf) for leaf in padding(call, width - call.rows)]
    mixed = tree_flatten(answers([call], strangers, width)[0])[0]
    return len(alone) == len(mixed) and all(map(_alike, alone, mixed))


def other(leaf: Any) -> Any:
    """Other values of the same kind, neither huge nor odd."""
    if not isinstance(leaf, torch.Tensor) or leaf.dtype == torch.bool:
        return leaf
    return leaf * 0.5 if leaf.is_floating_point() else leaf // 2


def same_bits(one: Any, other: Any) -> bool:
    """True when two answers are equal in every bit."""
    pairs = zip(tree_flatten(one)[0], tree_flatten(other)[0], strict=True)
    return all(
        torch.equal(_bytes(a), _bytes(b)) if isinstance(a, torch.Tensor) else a == b
        for a, b in pairs
    )


def _bytes(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.contiguous().reshape(-1).view(torch.uint8)


def _alike(a: Any, b: Any) -> bool:
    if not isinstance(a, torch.Tensor):
        return a == b
    if a.shape != b.shape:
        return False
    error = (a.double() - b.double()).norm()
    most = ALIKE if a.element_size() > 2 else ALIKE_HALF
    return bool(error <= most * a.double().norm()) or bool(a.isnan().any() and b.isnan().any())


@contextlib.contextmanager
def uncompiled(real: Any) -> Iterator[None]:
    """Within, a compiled model computes eagerly: what is only tried out need not be compiled."""
    model = getattr(real, "__self__", None)
    parts = list(model.modules()) if isinstance(model, torch.nn.Module) else []
    before = [(part, part._compiled_call_impl) for part in parts]
    try:
        for part in parts:
            part._compiled_call_impl = None
        yield
    finally:
        for part, compiled in before:
            part._compiled_call_impl = compiled


def is_compiled(real: Any) -> bool:
    """True for a model that is compiled, in part or whole: each width would be compiled anew."""
    model = getattr(real, "__self__", None)
    parts = model.modules() if isinstance(model, torch.nn.Module) else ()
    return any(part._compiled_call_impl is not None for part in parts)
