"""What decides which kernels a GPU runs beside shapes: switches, and the stream of a thread."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import torch


def settle(device: str) -> None:
    """Sets what the whole process must have for a picture to be made the same way twice.

    `benchmark` chooses a convolution's algorithm by timing it, so by chance; TF32, which cuDNN has
    on by default, makes float32 something else. Nothing is done on a CPU.
    """
    if device != "cuda":
        return
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False


def told(device: str) -> dict[str, str]:
    """What a picture's environment says of that: as it is now, whoever set it."""
    if device != "cuda":
        return {}
    cudnn = torch.backends.cudnn
    switches = {
        f"cudnn {cudnn.version()}": True,
        "benchmark": cudnn.benchmark,
        "deterministic": cudnn.deterministic,
        "tf32": _tf32(),
    }
    return {"kernels": ", ".join(name for name, on in switches.items() if on)}


def _tf32() -> bool:
    try:
        return torch.backends.cudnn.allow_tf32 or torch.backends.cuda.matmul.allow_tf32
    except RuntimeError:  # asked in the old words of what was set in the new ones: partly on
        return True


class Quiet:
    """Held while a CUDA graph is recorded: no cell has the turn, nothing is fetched from the GPU.

    PyTorch asks for it: what another thread does there meanwhile may spoil the recording.
    """

    def __init__(self, turn: threading.Lock) -> None:
        self._turn, self._news, self._fetching = turn, threading.Condition(), 0

    def beside(self, task: Callable[..., Any]) -> Callable[..., Any]:
        """`task` for a pool: it waits for the end of a recording, which waits for its end."""

        def run(*arguments: Any) -> Any:
            with self._news:
                self._fetching += 1
            try:
                return task(*arguments)
            finally:
                with self._news:
                    self._fetching -= 1
                    self._news.notify_all()

        return run

    def __enter__(self) -> None:
        # In this order: who fetches may want the turn before its end, who has it never fetches.
        with contextlib.ExitStack() as held:
            held.enter_context(self._news)
            self._news.wait_for(lambda: not self._fetching)
            held.enter_context(self._turn)
            self._held = held.pop_all()

    def __exit__(self, *error: object) -> None:
        self._held.close()


def on_this_stream(task: Callable[..., Any], *arguments: Any, **named: Any) -> Callable[[], Any]:
    """This task for another thread, on the CUDA stream, and so the GPU, of this one.

    A new thread begins on the first GPU's default stream, and nothing orders two streams.
    """
    if not torch.cuda.is_initialized():
        return partial(task, *arguments, **named)
    stream = torch.cuda.current_stream()

    def run() -> Any:
        with torch.cuda.stream(stream):
            return task(*arguments, **named)

    return run


def in_this_mode(task: Callable[..., Any]) -> Callable[..., Any]:
    """`task` for another thread, with gradients and inference mode as they are in this one."""
    grad, inference = torch.is_grad_enabled(), torch.is_inference_mode_enabled()

    def run(*arguments: Any, **named: Any) -> Any:
        with torch.inference_mode(inference), torch.set_grad_enabled(grad):
            return task(*arguments, **named)

    return run
