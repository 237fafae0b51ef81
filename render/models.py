"""Finds a model by name: a reference model of this repository, any diffusers folder, or the hub.

Nothing here imports torch. What a picture's recipe needs to know of a model (its content, its
pipeline class, its own scheduler configuration) is read from the folder's small JSON files.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from recommender import Recommendation, UnreadableError, authoring, recommend
from recommender.authoring import visible

from .errors import RenderError

REFERENCE = Path(__file__).parent / "reference"
_HUB = re.compile(r"(?P<repo>[A-Za-z0-9][\w.-]*/[\w.-]+)@(?P<revision>[0-9a-f]{40})")
HUB_FILE = re.compile(_HUB.pattern + r"/(?P<file>[\w./-]+\.safetensors)")
_WORD = re.compile(r"\w+")
_HUB_WITHOUT_REVISION = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+(@.*)?")


@dataclass(frozen=True)
class ModelSource:
    """Where a model comes from: a folder, or the hub; downloaded, a hub model has both."""

    name: str
    folder: Path | None = None
    repo: str | None = None
    revision: str | None = None
    fake: float | None = None  # seconds per picture of the fake backend, which takes its place

    @property
    def identity(self) -> dict[str, Any]:
        """What a recipe says of the model: its bytes, or the revision that stands for them."""
        if self.fake is not None:
            return {"name": self.name, "backend": "fake"}
        if self.repo is not None:
            return {"repo": self.repo, "revision": self.revision}
        assert self.folder is not None
        return {"name": self.name, "digest": folder_digest(self.folder)}

    @property
    def pipeline_class(self) -> str | None:
        """The pipeline class the folder names; unknown for a hub model until it is downloaded."""
        return (
            None if self.folder is None else _read(self.folder / "model_index.json")["_class_name"]
        )

    @property
    def scheduler(self) -> tuple[str, dict[str, Any]] | None:
        """Class and configuration of the model's own scheduler, as stored with it."""
        if self.folder is None:
            return None
        config = _read(self.folder / "scheduler" / "scheduler_config.json")
        kept = {k: v for k, v in config.items() if not k.startswith("_")}
        return config["_class_name"], kept

    @property
    def parameters_m(self) -> float | None:
        """Millions of parameters of the denoiser, from the weights' header."""
        if self.folder is None:
            return None
        for part in ("unet", "transformer"):
            for path in sorted((self.folder / part).glob("*.safetensors")):
                return round(_count(path) / 1e6, 1)
        return None

    @property
    def trained_size(self) -> int | None:
        """The side, in pixels, of the pictures the model was made for, where its folder says so."""
        for part in ("unet", "transformer"):
            path = None if self.folder is None else self.folder / part / "config.json"
            if path is not None and path.is_file():
                return _read(path).get("sample_size", 0) * 8 or None
        return None


def find_model(name: str) -> ModelSource:
    """Returns the source of a model: a reference model's name, a folder, or `REPO@<40 hex>`."""
    if (folder := REFERENCE / name).is_dir() and "/" not in name:
        return ModelSource(name, folder=_complete(folder))
    if (folder := Path(name)).is_dir():
        return ModelSource(folder.resolve().name, folder=_complete(folder.resolve()))
    if match := _HUB.fullmatch(name):
        return ModelSource(match["repo"], repo=match["repo"], revision=match["revision"])
    if _HUB_WITHOUT_REVISION.fullmatch(name):
        raise RenderError(
            f"{name}: expected a revision after the hub id, got none that names a commit. "
            f"Write {name.split('@')[0]}@<40 hexadecimal digits>, so that pictures can be re-made."
        )
    known = (
        ", ".join(sorted(p.parent.name for p in REFERENCE.glob("*/model_index.json"))) or "none yet"
    )
    raise RenderError(
        f"{name}: expected a reference model ({known}), a diffusers folder, or a hub id with its "
        "revision. Nothing of that name exists."
    )


def answer_of(model: ModelSource) -> Recommendation | None:
    """What the recommender says of a model; None of one that nobody knows."""
    try:
        return recommend(model.repo or model.name)
    except (LookupError, UnreadableError):  # the latter where a folder of that name lies here
        return None


def has_judge(model: ModelSource) -> bool:
    """Whether our judge can say anything of a model: those trained on our scenes alone."""
    return model.folder is not None and model.folder.parent == REFERENCE


def name_of(name: str) -> str:
    """What a model that is asked for so is called, found or not."""
    match = _HUB.fullmatch(name)
    return match["repo"] if match else Path(name).resolve().name


def is_called(model: ModelSource, name: str) -> bool:
    """True for the very model that a plan asks for by this name, not one that is named alike."""
    if model.repo is not None:
        return name == f"{model.repo}@{model.revision}"
    places = (REFERENCE / name, Path(name))
    return model.folder is not None and model.folder.resolve() in {p.resolve() for p in places}


def weights_identity(name: str) -> str:
    """What a recipe says of an adapter, such as a ControlNet: its bytes, or its revision."""
    if (folder := Path(name)).is_dir():
        return folder_digest(folder.resolve())
    if _HUB.fullmatch(name):
        return name
    raise RenderError(f"{name}: expected a diffusers folder, or REPO@<40 hexadecimal digits>.")


def _complete(folder: Path) -> Path:
    for needed in ("model_index.json", "scheduler/scheduler_config.json"):
        if not (folder / needed).is_file():
            raise RenderError(
                f"{folder}: expected a diffusers pipeline folder, got one without {needed}."
            )
    if problem := _index_problem(folder, _json(folder / "model_index.json")):
        raise RenderError(f"{folder}: {problem}")
    return folder


def _index_problem(folder: Path, index: dict[str, Any]) -> str | None:
    """Why nothing of a folder may be loaded, seen before any library is: own code, or pickles."""
    if isinstance(index.get("_class_name"), list):
        return (
            f"expected a pipeline class of diffusers, got {visible(index['_class_name'])}: code of "
            "its own, which is never run."
        )
    for name, value in index.items():
        told = (name, value[0]) if isinstance(value, list) and value else ()
        if not told or not all(isinstance(w, str) and _WORD.fullmatch(w) for w in told):
            continue
        part = folder / name
        if (part / f"{value[0]}.py").is_file():
            return (
                f"expected a pipeline without code of its own, got {name}/{value[0]}.py, which is "
                "never run."
            )
        pickles = sorted(path.name for path in part.glob("*model*.bin"))
        if pickles and not any(part.glob("*.safetensors")):
            return (
                f"expected weights as safetensors, got {name}/{visible(pickles[0])}. A pickle may "
                "hold any code: convert it."
            )
    return None


@cache
def folder_digest(folder: Path) -> str:
    """One digest over every configuration and weight file of the folder, names included."""
    return authoring.folder_digest(str(folder))


@cache
def _read(path: Path) -> dict[str, Any]:
    data = _json(path)
    if not isinstance(data.get("_class_name"), str):
        got = visible(data["_class_name"]) if "_class_name" in data else "none"
        raise RenderError(f"{path}: expected the name of a class as _class_name, got {got}.")
    return data


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RenderError(f"{path}: expected JSON, got something unreadable ({error}).") from None
    if not isinstance(data, dict):
        raise RenderError(f"{path}: expected an object of JSON, got {visible(data)}.")
    return data


def _count(path: Path) -> int:
    """Parameters in a safetensors file, from its header alone."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        if size > 100_000_000:
            raise RenderError(
                f"{path}: expected a safetensors header, got a length of {size} bytes."
            )
        header = json.loads(file.read(size))
    total = 0
    for name, tensor in header.items():
        if name != "__metadata__":
            count = 1
            for side in tensor["shape"]:
                count *= side
            total += count
    return total
