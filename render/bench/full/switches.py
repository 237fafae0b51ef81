"""Ways to compute one network, switched on and off in place: the weights are there once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch

from ...kernels import settle
from ...profiles import prepare


class Compiled:
    """A pipeline's compiled blocks: made at their first use, dormant outside of `on`.

    Compiling is lazy and per shape, so the first batch inside pays for it.
    """

    def __init__(self, pipe: Any, **how: Any) -> None:
        self._pipe, self._how = pipe, how
        self._calls: list[tuple[torch.nn.Module, Any]] = []

    @contextlib.contextmanager
    def on(self) -> Iterator[None]:
        """Calls of the blocks go to what was compiled, until the end."""
        if not self._calls:
            prepare(self._pipe, "fast", **self._how)
            models = [m for m in self._pipe.components.values() if isinstance(m, torch.nn.Module)]
            parts = (part for model in models for part in model.modules())
            self._calls = [(p, p._compiled_call_impl) for p in parts if p._compiled_call_impl]
        try:
            for part, compiled in self._calls:
                part._compiled_call_impl = compiled
            yield
        finally:
            for part, _ in self._calls:
                part._compiled_call_impl = None


@contextlib.contextmanager
def settled(device: str) -> Iterator[None]:
    """Kernels as a run has them; outside of it they are chosen as PyTorch does by itself."""
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    before = cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32, matmul.allow_tf32
    settle(device)
    try:
        yield
    finally:
        cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32, matmul.allow_tf32 = before


@contextlib.contextmanager
def channels_last(model: torch.nn.Module) -> Iterator[None]:
    """A convolution's channels stand beside each other in memory, as the card's units read them."""
    model.to(memory_format=torch.channels_last)
    try:
        yield
    finally:
        model.to(memory_format=torch.contiguous_format)


@contextlib.contextmanager
def cudnn_attention() -> Iterator[None]:
    """Attention by cuDNN's kernels, where it has one; on a CPU nothing changes."""
    flash = torch.backends.cuda.flash_sdp_enabled()
    cudnn = torch.backends.cuda.cudnn_sdp_enabled()
    torch.backends.cuda.enable_flash_sdp(False)
    torch.backends.cuda.enable_cudnn_sdp(True)
    try:
        yield
    finally:
        torch.backends.cuda.enable_flash_sdp(flash)
        torch.backends.cuda.enable_cudnn_sdp(cudnn)


@contextlib.contextmanager
def flash_attention() -> Iterator[None]:
    """Attention by PyTorch's flash kernels and not by cuDNN's."""
    cudnn = torch.backends.cuda.cudnn_sdp_enabled()
    torch.backends.cuda.enable_cudnn_sdp(False)
    try:
        yield
    finally:
        torch.backends.cuda.enable_cudnn_sdp(cudnn)


def of(pipe: Any, denoiser: torch.nn.Module) -> dict[str, Callable[[], Any]]:
    """Techniques by name, each a switch that is on while its context lasts."""
    found: dict[str, Callable[[], Any]] = {
        "cuDNN attention": cudnn_attention,
        "flash attention": flash_attention,
        "channels_last decoder": partial(channels_last, pipe.vae),
    }
    if any(isinstance(part, torch.nn.Conv2d) for part in denoiser.modules()):
        found["channels_last"] = partial(channels_last, denoiser)
    return found


@contextlib.contextmanager
def all_of(switches: list[Callable[[], Any]]) -> Iterator[None]:
    """Several at once."""
    with contextlib.ExitStack() as stack:
        for switch in switches:
            stack.enter_context(switch())
        yield
