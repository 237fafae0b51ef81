"""Training state on disk: written whole or not at all, so a kill at any time loses minutes only."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from .dataset import CACHE


def path(name: str) -> Path:
    return CACHE / f"{name}.checkpoint.pt"


def save(name: str, **state) -> None:
    target = path(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    with partial.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, target)


def load(name: str) -> dict | None:
    """The last saved state, or None. Only plain tensors and numbers are read, never code."""
    target = path(name)
    return torch.load(target, map_location="cpu", weights_only=True) if target.exists() else None
