"""Where something was timed: the device, its load, the versions of what ran."""

from __future__ import annotations

import platform
from typing import Any


def machine(device: str) -> dict[str, Any]:
    """Where this was measured."""
    import os

    import diffusers
    import torch

    name = torch.cuda.get_device_name() if device == "cuda" else platform.processor()
    return {
        "device": f"{device} ({name or platform.machine()})",
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "torch": torch.__version__,
        "diffusers": diffusers.__version__,
        "python": platform.python_version(),
    }
