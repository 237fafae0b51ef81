"""Writes files and folders around the headers of this folder, or judges tensors without a file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from recommender import Identification
from recommender._catalog import Catalogue
from recommender._identify._header import Header, Tensor
from recommender._identify._identify import judge
from tests.recommender.headers import build


def written(path: Path, shapes: build.Shapes, metadata: dict[str, str] | None = None) -> Path:
    """Writes a model file with holes for its weights."""
    path.parent.mkdir(parents=True, exist_ok=True)
    front, size = build.safetensors(build.stored(shapes, "bf16"), metadata)
    path.write_bytes(front)
    os.truncate(path, size)
    return path


def network(name: str, file: str = "native") -> build.Shapes:
    """Returns the names and shapes of a network."""
    return build.load(file)[name]


def config(path: Path, **values: Any) -> None:
    """Writes a config of a diffusers folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))


def judged(known: Catalogue, tensors: build.Tensors, name: str) -> Identification:
    """Identifies tensors as if they had been read from a file of this name."""
    header = Header("safetensors", {key: Tensor(*one) for key, one in tensors.items()})
    return judge(known, name, header)
