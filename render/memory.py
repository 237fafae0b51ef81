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
    """Answers by what was asked, up to a number of bytes; the ones unused longest go first."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit, self._bytes = limit, 0
        self._answers: OrderedDict[Any, Any] = OrderedDict()

    def __contains__(self, key: Any) -> bool:
        return key in self._answers

    def get(self, key: Any) -> Any:
        """A copy that the caller may write to."""
        self._answers.move_to_end(key)
        return copied(self._answers[key])

    def keep(self, key: Any, answer: Any) -> None:
        """Remembers an answer; nobody may write to it afterwards."""
        self._bytes += _size(answer) - _size(self._answers.get(key))
        self._answers[key] = answer
        while len(self._answers) > 1 and self._bytes > self._limit:
            self._bytes -= _size(self._answers.popitem(last=False)[1])

    def ask(self, real: Callable[..., Any], args: Any, kwargs: Any) -> tuple[Any, bool]:
        """The answer, and whether it was remembered. Live objects among the arguments: never.

        Remembered by the content of the arguments, the model, and its adapters' scales.
        """
        leaves, spec = tree_flatten((args, kwargs))
        if not comparable(leaves):
            return real(*args, **kwargs), False
        values = (content(x) if isinstance(x, torch.Tensor) else (type(x), x) for x in leaves)
        model = getattr(real, "__self__", real)
        method = getattr(real, "__name__", "")
        key = (id(model), method, str(spec), *values, *_adapters(model))
        known = key in self
        if not known:
            self.keep(key, real(*args, **kwargs))
        return self.get(key), known


def copied(answer: Any) -> Any:
    """The same answer in memory of its own."""
    return tree_map(_copy, answer)


# How the devices' allocators say it, beside torch.OutOfMemoryError. The last five are what NVIDIA's
# libraries say where their handle, workspace or every algorithm they tried found no room.
SHORT = (
    " out of memory",
    "can't allocate memory",
    "not enough memory",
    "STATUS_ALLOC_FAILED",
    "ALLOCATION_FAILED",
    "CUBLAS_STATUS_NOT_INITIALIZED",
    "CUDNN_STATUS_NOT_SUPPORTED",
    "unable to find an engine to execute this computation",
)


def out_of_memory(error: BaseException | None) -> bool:
    """True when a device (CUDA, HIP, XPU, MPS) or the CPU's allocator had too little memory."""
    if isinstance(error, torch.OutOfMemoryError):
        return True
    said = " ".join(map(str, error.args)) if isinstance(error, RuntimeError) else ""
    return any(text in said for text in SHORT)


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
