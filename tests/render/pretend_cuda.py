"""A device that calls itself `cuda` and computes on the CPU, for tests of code that needs a card.

While it is there, a tensor is on the card if it was made or moved there, or if it comes from one
that is. What a card refuses is refused in PyTorch's own words: tensors on two devices, numpy of a
tensor that was not fetched, a CPU generator for numbers drawn on the card and, while a graph is
being captured, whatever waits for the card. A captured graph replays its operations on the same
memory. Numbers and time are a CPU's: neither the bits nor the speed of a card are shown.

Every call of a torch function passes here (TorchFunctionMode), in new threads as well. What happens
inside one of them, a backward pass for example, is the CPU's own; nothing is compiled.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any
from unittest import mock

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.weak import WeakIdKeyDictionary

NAME = "NVIDIA Pretend"
CARD, HOST = torch.device("cuda", 0), torch.device("cpu")
Tensor = torch.Tensor
MOVES = {"to", "cpu", "cuda"}
ACROSS = MOVES | {"copy_", "_has_compatible_shallow_copy_type"}  # tensors of both devices
INDEXED = {"__getitem__", "__setitem__", "index_put_", "index_put"}
OWN = INDEXED | {"copy_"}  # the answer is where the first tensor is
FETCHES = {"numpy", "__array__"}
WAITS = {"item", "tolist", "__bool__", "__float__", "__int__", "__index__", "nonzero", "unique",
         "masked_select", "equal", "allclose"}  # fmt: skip


_there = WeakIdKeyDictionary()  # not an attribute: accelerate copies those of a parameter


def is_there(value: Any) -> bool:
    """True for a tensor on the card."""
    return isinstance(value, Tensor) and _there.get(value, False)


def put(value: Any, there: bool = True) -> Any:
    """Says of all tensors in it that they are on the card, or not."""
    for leaf in tree_leaves(value):
        if isinstance(leaf, Tensor):
            _there[leaf] = there
    return value


class Card(TorchFunctionMode):
    """Looks at every torch function: where its tensors are, and where its answer is."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[str] = []  # what waited for the card, in order
        self.capturing: Graph | None = None

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name, kwargs = getattr(func, "__name__", ""), dict(kwargs or {})
        if name in ("__get__", "__set__"):
            return self._attribute(func, name, args)
        if name in ("device", "_parse_to"):  # these speak of a device and compute nothing
            return func(*args, **kwargs)
        asked, args, kwargs = _without_card(name, args, kwargs)
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        there = any(map(is_there, tensors))
        if name in MOVES and tensors:
            return self._moved(func if name == "to" else Tensor.to, args, kwargs, asked)
        if there:
            self._refuse(name, args, tensors)
            there = is_there(args[0]) if name in OWN else there
        if asked and kwargs.get("generator") is not None:
            raise RuntimeError("Expected a 'cuda' device type for generator but found 'cpu'")
        result = func(*args, **kwargs)
        if asked or (there and asked is None):
            put(result)
        if there and self.capturing:
            self.capturing.record(func, args, kwargs, result)
        return result

    def _moved(self, func: Any, args: Any, kwargs: Any, asked: bool | None) -> Any:
        before = is_there(args[0])
        after = before if asked is None else asked
        if before and not after:
            self._wait("cpu")
        if after and not before and self.capturing:
            self._wait("to")
        result = func(*args, **kwargs)
        if result is args[0] and after != before:
            result = result.clone()
        if before and after and self.capturing:
            self.capturing.record(func, args, kwargs, result)
        return put(result, after)

    def _attribute(self, func: Any, name: str, args: Any) -> Any:
        owner, what = args[0], getattr(getattr(func, "__self__", None), "__name__", "")
        if name == "__set__":
            result = func(*args)
            if what == "data":
                put(owner, is_there(args[1]))
            return result
        if is_there(owner) and what in ("device", "is_cuda"):
            return CARD if what == "device" else True
        result = func(*args)
        return put(result) if is_there(owner) and isinstance(result, Tensor) else result

    def _refuse(self, name: str, args: Any, tensors: list[Tensor]) -> None:
        if name in FETCHES:
            raise TypeError(
                "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the "
                "tensor to host memory first."
            )
        if name in WAITS:
            self._wait(name)
        if name in ACROSS:
            if self.capturing and not all(map(is_there, tensors)):
                self._wait(name)
            return
        if name in INDEXED:  # indices may lie on the CPU, and a single number anywhere
            index = [t for t in tree_leaves(args[1]) if isinstance(t, Tensor) and is_there(t)]
            if not is_there(args[0]) and index and not any(t.ndim for t in index):
                return self._wait(name)
            tensors = [t for t in (args[0], *args[2:3], *index) if isinstance(t, Tensor)]
        if any(not is_there(t) and t.ndim for t in tensors):
            raise RuntimeError(
                "Expected all tensors to be on the same device, but found at least two devices, "
                f"cuda:0 and cpu! ({name})"
            )

    def _wait(self, name: str) -> None:
        self.waits.append(name)
        if self.capturing:
            raise RuntimeError(
                f"CUDA error: operation not permitted when stream is capturing ({name})"
            )


def _without_card(name: str, args: Any, kwargs: Any) -> tuple[bool | None, Any, Any]:
    """Whether a call asks for the card, for the CPU or for neither (None); and it on the CPU."""
    asked: bool | None = {"cuda": True, "cpu": False}.get(name)
    if name in ("cuda", "cpu"):
        return asked, args[:1], {"device": HOST}

    def own(leaf: Any) -> Any:
        nonlocal asked
        if isinstance(leaf, torch.device):
            asked = leaf.type == "cuda"
            return HOST if asked else leaf
        return leaf

    def named(value: Any) -> Any:
        return torch.device(value) if isinstance(value, str) else value

    if name == "to":
        args = (args[0], *map(named, args[1:]))
    if "device" in kwargs:
        kwargs = {**kwargs, "device": named(kwargs["device"])}
    args, kwargs = tree_map(own, (tuple(args), kwargs))
    if name == "to" and len(args) > 1 and isinstance(args[1], Tensor):
        asked = is_there(args[1])
    return asked, args, kwargs


class Graph:
    """Stands in for torch.cuda.CUDAGraph: keeps operations, and repeats them on the same memory."""

    card: Card

    def __init__(self, keep_graph: bool = False) -> None:
        self.kept: list[tuple[Any, Any, Any, Any]] = []
        self.replays = 0

    def capture_begin(self, *pool: Any, **options: Any) -> None:
        self.card.capturing = self

    def capture_end(self) -> None:
        self.card.capturing = None

    def record(self, func: Any, args: Any, kwargs: Any, result: Any) -> None:
        self.kept.append((func, args, kwargs, result))

    def replay(self) -> None:
        """Does it all again, with what the memory now holds."""
        self.replays += 1
        with torch._C.DisableTorchFunction(), torch.no_grad():
            for func, args, kwargs, result in self.kept:
                again = func(*args, **kwargs)
                for old, new in zip(tree_leaves(result), tree_leaves(again), strict=True):
                    if isinstance(old, Tensor) and old.data_ptr() != new.data_ptr():
                        old.copy_(new)

    def reset(self) -> None:
        self.kept.clear()

    def pool(self) -> tuple[int, int]:
        return 0, 0


class _Stream:
    """All work is done where it is asked for, so one stream waits for another at once."""

    def __init__(self, *options: Any, **more: Any) -> None:
        self.cuda_stream = 0

    def wait_stream(self, other: Any) -> None:
        pass

    def synchronize(self) -> None:
        pass


class _Autocast(torch.autocast):
    """`cuda` means what the CPU does in lower precision."""

    def __init__(self, device_type: str, *args: Any, **kwargs: Any) -> None:
        super().__init__("cpu" if device_type == "cuda" else device_type, *args, **kwargs)


@contextlib.contextmanager
def pretend_cuda() -> Iterator[Card]:
    """While this lasts there is a card, and torch.cuda speaks of it."""
    card, run, parameter = Card(), threading.Thread.run, torch.nn.Parameter.__new__

    def in_thread(self: threading.Thread) -> None:
        with card:
            run(self)

    def made(cls: Any, data: Any = None, requires_grad: bool = True) -> Any:
        return put(parameter(cls, data, requires_grad), is_there(data))

    def compiled(self: torch.nn.Module, *args: Any, **kwargs: Any) -> None:
        self._compiled_call_impl = self._call_impl

    def wait() -> None:
        card.waits.append("synchronize")

    streams = contextlib.nullcontext
    told = {
        "is_available": lambda: True,
        "device_count": lambda: 1,
        "current_device": lambda: 0,
        "get_device_name": lambda device=None: NAME,
        "get_device_capability": lambda device=None: (9, 0),
        "is_bf16_supported": lambda including_emulation=True: True,
        "is_current_stream_capturing": lambda: card.capturing is not None,
        "synchronize": lambda device=None: wait(),
        "empty_cache": lambda: None,
        "reset_peak_memory_stats": lambda device=None: None,
        "max_memory_allocated": lambda device=None: 2**30,
        "memory_allocated": lambda device=None: 2**30,
        "mem_get_info": lambda device=None: (2**37, 2**37),
        "Stream": _Stream,
        "stream": lambda stream: streams(stream),
        "current_stream": lambda device=None: _Stream(),
        "graph_pool_handle": lambda: (0, 0),
        "CUDAGraph": type("CUDAGraph", (Graph,), {"card": card}),
    }
    with contextlib.ExitStack() as stack:
        for name, value in told.items():
            stack.enter_context(mock.patch.object(torch.cuda, name, value))
        for owner, name, value in (
            (threading.Thread, "run", in_thread),
            (torch.nn.Parameter, "__new__", made),
            (torch.nn.Module, "compile", compiled),
            (torch, "autocast", _Autocast),
            (torch.cuda.graph, "default_capture_stream", None),
            (torch._C, "_host_emptyCache", lambda: None),
        ):
            stack.enter_context(mock.patch.object(owner, name, value, create=True))
        yield stack.enter_context(card)
