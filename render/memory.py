"""Remembers what encoders have answered: the same input to the same model is computed once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch
from torch.utils._pytree import tree_flatten, tree_leaves, tree_map

from .rows import comparable, content

LIMIT = 2**30  # bytes of answers kept; the oldest go first


class Memory:
    """Answers by the content of the call's arguments, the model, and its adapters' scales."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Any, Any] = OrderedDict()

    def ask(self, real: Callable[..., Any], args: Any, kwargs: Any) -> tuple[Any, bool]:
        """The answer, and whether it was remembered. Live objects among the arguments: never."""
        leaves, spec = tree_flatten((args, kwargs))
        if not comparable(leaves):
            return real(*args, **kwargs), False
        values = (content(x) if isinstance(x, torch.Tensor) else (type(x), x) for x in leaves)
        model = getattr(real, "__self__", real)
        method = getattr(real, "__name__", "")
        key = (id(model), method, str(spec), *values, *_adapters(model))
        known = key in self._answers
        if not known:
            self._answers[key] = real(*args, **kwargs)
            while len(self._answers) > 1 and sum(map(_size, self._answers.values())) > LIMIT:
                self._answers.popitem(last=False)
        self._answers.move_to_end(key)
        return tree_map(_copy, self._answers[key]), known


def _copy(leaf: Any) -> Any:
    """A tensor the caller may write to."""
    return leaf.clone() if isinstance(leaf, torch.Tensor) else leaf


def _size(answer: Any) -> int:
    tensors = (leaf for leaf in tree_leaves(answer) if isinstance(leaf, torch.Tensor))
    return sum(tensor.nbytes for tensor in tensors)


def _adapters(model: Any) -> list[str]:
    """What LoRA layers add at present: the same text is encoded anew when their scale changes."""
    parts = model.modules() if isinstance(model, torch.nn.Module) else ()
    layers = [m for m in parts if isinstance(getattr(m, "scaling", None), dict)]
    return [f"{m.scaling} {m.active_adapters} {m.disable_adapters}" for m in layers]
