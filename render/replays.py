"""CUDA graphs: the kernels of a batch recorded once, and launched together from then on.

Launching a kernel takes a CPU some 5 µs, which small networks wait for. A graph over the same
kernels computes the same bits, and that is seen, not assumed: it is recorded with other numbers in
its inputs, and its first replay must give the eager answer to the last bit, or it is dropped.

Nothing else of the engine uses the GPU while a graph is recorded: `quiet` sees to it.
"""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._pytree import tree_flatten, tree_unflatten

from .rows import Call, evaluated, is_compiled, other, same_bits

KEPT = 4  # graphs; each keeps its inputs, its answer and a share of the pool


@dataclass(eq=False)
class _Graph:
    """A recorded batch: what it reads, what it writes."""

    graph: Any
    inputs: list[Any]
    outputs: list[Any]
    spec: Any

    def replay(self, leaves: list[Any]) -> Any:
        """The answer to these arguments, in memory of its own: the next replay overwrites it."""
        for inner, leaf in zip(self.inputs, leaves, strict=True):
            if isinstance(inner, torch.Tensor):
                inner.copy_(leaf)
        self.graph.replay()
        own = [x.clone() if isinstance(x, torch.Tensor) else x for x in self.outputs]
        return tree_unflatten(own, self.spec)


class Replays:
    """Answers batches by their graphs, and without one what cannot be recorded.

    `quiet` is held while a graph is recorded; `refused` says in words what has none, and why.
    """

    def __init__(self, quiet: contextlib.AbstractContextManager[Any], most: int = KEPT) -> None:
        self._quiet, self._most = quiet, most
        self._graphs: OrderedDict[Any, _Graph] = OrderedDict()
        self._without: set[Any] = set()  # kinds of calls that are not tried again
        self._pool: Any = None
        self._side: Any = None
        self._stopped = False
        self.refused: dict[str, None] = {}

    def answer(self, call: Call, leaves: list[Any]) -> tuple[Any, bool]:
        """The answer to a whole batch of calls like this one, and whether a graph gave it."""
        if self._stopped:
            self.forget()
        key = (call.kind, *map(_form, leaves))
        if key in self._graphs:
            self._graphs.move_to_end(key)
            return self._graphs[key].replay(leaves), True
        answer = evaluated(call, leaves)
        if not self._stopped and call.kind not in self._without:
            self._record(key, call, leaves, answer)
        return answer, False

    def stop(self, reason: str) -> bool:
        """No graph from now on; False where that was so before. Any thread may ask."""
        stopped, self._stopped = self._stopped, True
        if not stopped:
            self.refused[reason] = None
        return not stopped

    def forget(self) -> None:
        """Drops all graphs: their memory, and the addresses of weights that they know."""
        for one in self._graphs.values():
            one.graph.reset()
        self._graphs.clear()
        self._pool = None

    def _record(self, key: Any, call: Call, leaves: list[Any], answer: Any) -> None:
        reason = _unfit(call, leaves)
        try:
            if not reason:
                with self._quiet:
                    graph = self._captured(call, leaves)
                if same_bits(graph.replay(leaves), answer):
                    self._graphs[key] = graph
                    if len(self._graphs) > self._most:
                        self._graphs.popitem(last=False)[1].graph.reset()
                    return
                graph.graph.reset()
                reason = "its replay gave other bits"
        except Exception as error:
            self._clean_up()
            reason = " ".join(str(error).split())[:200].removesuffix(".") or type(error).__name__
        self._without.add(call.kind)
        self.refused[f"{_name(call)} has no CUDA graph: {reason}"] = None

    def _captured(self, call: Call, leaves: list[Any]) -> _Graph:
        """Records a batch over other numbers, so that one the graph does not read would show.

        All on one stream of its own, once before: cuBLAS has a workspace for each thread and
        stream, and cuDNN and attention choose their kernels at a first call.
        """
        inputs = [_static(leaf) for leaf in leaves]
        self._pool = self._pool or torch.cuda.graph_pool_handle()
        self._side = self._side or torch.cuda.Stream()
        graph, now = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
        self._side.wait_stream(now)
        # `graph` does not put the stream back where its capture fails; this does.
        with torch.cuda.stream(self._side):
            evaluated(call, inputs)
            # thread_local: what a stranger's thread does with the GPU must not spoil it.
            with torch.cuda.graph(
                graph, pool=self._pool, stream=self._side, capture_error_mode="thread_local"
            ):
                answer = evaluated(call, inputs)
        now.wait_stream(self._side)
        return _Graph(graph, inputs, *tree_flatten(answer))

    def _clean_up(self) -> None:
        """After a failed capture PyTorch 2.11 still believes in it: pytorch/pytorch#180395.

        The allocator would keep the pool, and the device's generator refuse to draw.
        """
        pool, self._pool = self._pool, None
        with contextlib.suppress(Exception):
            device = torch.cuda.current_device()
            torch._C._cuda_endAllocateToPool(device, pool)
            torch._C._cuda_releasePool(device, pool)
        with contextlib.suppress(Exception):
            own = torch.cuda.default_generators[torch.cuda.current_device()]
            fresh = torch.Generator(own.device).manual_seed(own.initial_seed())
            own.graphsafe_set_state(fresh)


def _form(leaf: Any) -> Any:
    """What of an argument a graph holds fast: a tensor's form, any other value itself."""
    if isinstance(leaf, torch.Tensor):
        return leaf.shape, leaf.stride(), leaf.dtype, leaf.device
    return type(leaf), leaf


def _static(leaf: Any) -> Any:
    """A place for an argument that outlives the batch, holding other numbers."""
    made = other(leaf)
    return made.clone() if made is leaf and isinstance(leaf, torch.Tensor) else made


def _unfit(call: Call, leaves: list[Any]) -> str:
    """Why a call is not recorded at all: what runs on the CPU beside it is not repeated."""
    if not all(leaf.is_cuda for leaf in leaves if isinstance(leaf, torch.Tensor)):
        return "an argument lies on the CPU"
    if is_compiled(call.real):
        return "it is compiled"
    model = getattr(call.real, "__self__", None)
    if not isinstance(model, torch.nn.Module):
        return "something stands in for its forward"
    return "a part of it has hooks" if any(map(_hooked, model.modules())) else ""


def _hooked(part: torch.nn.Module) -> bool:
    """True where PyTorch, accelerate or diffusers does something beside a part's own kernels."""
    registry = getattr(part, "_diffusers_hook", None)  # pipelines leave empty ones behind
    told = hasattr(part, "_hf_hook") or bool(registry and registry.hooks)
    return told or bool(part._forward_hooks or part._forward_pre_hooks)


def _name(call: Call) -> str:
    return type(getattr(call.real, "__self__", call.real)).__name__
