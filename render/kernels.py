"""What decides which kernels a GPU runs beside shapes: switches, and the stream of a thread."""

from __future__ import annotations

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


def on_this_stream(task: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    """`task(*arguments)` for another thread, on the CUDA stream, and so the GPU, of this one.

    A new thread begins on the first GPU's default stream, and nothing orders two streams.
    """
    if not torch.cuda.is_initialized():
        return partial(task, *arguments)
    stream = torch.cuda.current_stream()

    def run() -> Any:
        with torch.cuda.stream(stream):
            return task(*arguments)

    return run
