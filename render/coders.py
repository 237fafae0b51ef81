"""Encoders that remember what they were asked, and decoders that fall back on tiles."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from torch.utils._pytree import tree_leaves

from .counters import Counters
from .kernels import in_this_mode, on_this_stream
from .latents import Seen
from .memory import Memory, out_of_memory

DEVICES = ("cpu", "cuda")


class Coders:
    """Stands in for text and image encoders and for decoders.

    A decoder stays at batch 1, in its cell: that fills a GPU already. Where memory is too short
    and `may_tile` says so, it decodes in tiles from then on. On a GPU one thread decodes for all:
    PyTorch keeps cuDNN's plans for each thread, and a new cell's would build all of them again.
    """

    def __init__(self, counters: Counters, may_tile: Callable[[], bool]) -> None:
        self._counters, self._may_tile = counters, may_tile
        self._memory, self._tiled = Memory(), False
        self._here = threading.local()
        self._desk = ThreadPoolExecutor(1)

    def conditions(self) -> dict[str, Any]:
        """What here decides what a picture shows, asked in its cell's thread; for `arrived`."""
        told: dict[str, Any] = {"vae": "tiled"} if self._tiled else {}
        seen = vars(self._here).get("seen")
        return {**told, "seen": seen} if seen else told

    def begin(self) -> None:
        """Another cell comes in this thread."""
        self._here.seen = Seen()

    def encode(self, real: Callable[..., Any], counter: str, /, *args: Any, **kwargs: Any) -> Any:
        """The same input is encoded once."""
        answer, known = self._memory.ask(real, args, kwargs)
        counter = "cache_hits" if known else counter
        setattr(self._counters, counter, getattr(self._counters, counter) + 1)
        return answer

    def decode(self, real: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Decodes; what is NaN on either side is noted, before black or white hides it."""
        self._counters.decodes += 1
        seen = self._here.seen
        seen.add((args, kwargs), "the final latents hold")
        seen.latents((args, kwargs))
        answer = self._decoded(real, args, kwargs)
        seen.add(answer, "the decoder gave")
        return answer

    def _decoded(self, real: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        try:
            return self._at_desk(real, args, kwargs)
        except Exception as error:
            if self._tiled or not self._may_tile() or not out_of_memory(error):
                raise
        real.__self__.enable_tiling()
        self._tiled = True
        return self._at_desk(real, args, kwargs)

    def _at_desk(self, real: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """On a GPU always in the same thread; here where that would change what is computed."""
        tensors = (x for x in tree_leaves((args, kwargs)) if isinstance(x, torch.Tensor))
        if not any(x.is_cuda for x in tensors) or any(map(torch.is_autocast_enabled, DEVICES)):
            return real(*args, **kwargs)
        task = on_this_stream(in_this_mode(real), *args, **kwargs)
        return self._desk.submit(task).result()


def arrived(conditions: dict[str, Any]) -> dict[str, Any]:
    """A picture's conditions once it is there: BadPicture for NaN on either side of its decoder.

    `noise` is True where the latents that the cell decoded first, its pipeline's own, were it.
    """
    told = {key: value for key, value in conditions.items() if key != "seen"}
    return {**told, **conditions["seen"].judged()} if "seen" in conditions else told
