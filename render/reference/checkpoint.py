"""Training state on disk: written whole or not at all, so a kill at any time loses minutes only."""

from __future__ import annotations

import json
import os
from pathlib import Path

import torch


def save(path: Path, **state) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def load(path: Path) -> dict | None:
    """The last saved state, or None. Only plain tensors and numbers are read, never code."""
    return torch.load(path, map_location="cpu", weights_only=True) if path.exists() else None


def amend(config: Path, **values) -> None:
    """Sets values of a stored configuration, and drops the folder it was loaded from."""
    stored = {**json.loads(config.read_text("utf-8")), **values}
    stored.pop("_name_or_path", None)
    config.write_text(json.dumps(stored, indent=2, sort_keys=True) + "\n", "utf-8")
