"""Turns a plan into cells, and each cell into a recipe whose digest names its picture.

The recipe holds everything that decides what the picture shows: the model's bytes, pipeline and
scheduler with their configuration, prompts, settings, seed, size. It alone says whether a picture
is missing or stale, so a commit is complete on every machine. What may change the last bits
(device, precision, library versions) is the *environment*: recorded with the picture, never a
reason to render it again by itself. Neither torch nor Pillow is imported here.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from recommender import catalogue, recommend
from recommender.authoring import did_you_mean, read_plan, visible

from .errors import RenderError
from .models import ModelSource, find_model

ROOT = Path(__file__).parents[1]
PLANS = ROOT / "render" / "plans"
RENDERS = ROOT / "docs" / "content" / "renders"

# Raise it when the renderer itself changes what a picture shows: every picture is then made anew.
EPOCH = 1
MAX_CELLS = 20_000

# The settings a plan may hold or vary: what the pipelines take under these names.
SETTINGS = frozenset(
    (
        *("num_inference_steps", "guidance_scale", "scheduler", "seed", "strength"),
        *("prompt", "negative_prompt", "width", "height"),
        *("eta", "guidance_rescale", "clip_skip"),
    )
)


@dataclass(frozen=True)
class Cell:
    """One picture to make: its place in the plan, its settings, and the recipe behind them."""

    model: ModelSource
    axes: dict[str, Any]
    settings: dict[str, Any]
    recipe: dict[str, Any] = field(repr=False)

    @property
    def id(self) -> str:
        return digest(self.recipe)

    @property
    def name(self) -> str:
        """How messages call the cell: its model and its place on the axes."""
        place = ", ".join(f"{key} = {value}" for key, value in self.axes.items())
        return f"{self.model.name} at {place}"


@dataclass(frozen=True)
class Plan:
    """A plan as written, with the models it is rendered with."""

    id: str
    data: dict[str, Any]
    folder: Path  # where its source images lie
    models: tuple[ModelSource, ...]

    @property
    def title(self) -> str:
        return self.data["title"]

    def sources(self) -> dict[str, bytes]:
        """The pictures that image-to-image starts from, by name: PNG files beside the plan."""
        names = {p["source_image"] for p in self.data["prompts"].values() if "source_image" in p}
        return {name: self._source(name) for name in sorted(names)}

    def _source(self, name: str) -> bytes:
        path = self.folder / name
        if Path(name).name != name or not path.is_file():
            raise RenderError(
                f"{self.id}: source_image: expected a file beside the plan, got '{visible(name)}'."
            )
        content = path.read_bytes()
        if content[:8] != b"\x89PNG\r\n\x1a\n" or content[12:16] != b"IHDR":
            raise RenderError(
                f"{self.id}: source_image: expected a PNG picture, got '{visible(name)}'."
            )
        return content

    def cells(self) -> list[Cell]:
        """Every cell, model by model, so that each model is loaded once."""
        found = [cell for model in self.models for cell in self._of(model)]
        if len(found) > MAX_CELLS:
            raise RenderError(f"{self.id}: expected at most {MAX_CELLS} cells, got {len(found)}.")
        return found

    def _of(self, model: ModelSource) -> list[Cell]:
        axes = self.data["axes"]
        cells = []
        for key, prompt in self.data["prompts"].items():
            for values in itertools.product(*axes.values()):
                place = {"prompt": key, **dict(zip(axes, values, strict=True))}
                if any(
                    rule.items() <= {**place, "model": model.name}.items()
                    for rule in self._excluded
                ):
                    continue
                cells.append(self._cell(model, place, prompt))
        return cells

    def _is_host(self, model: ModelSource) -> bool:
        """True for the models that the plan was written for."""
        return model.name in self.data["models"] or str(model.folder) in self.data["models"]

    @property
    def _excluded(self) -> list[dict[str, Any]]:
        return self.data.get("exclude", [])

    def _cell(self, model: ModelSource, place: dict[str, Any], prompt: dict[str, Any]) -> Cell:
        settings = {
            "negative_prompt": "",
            **self.data.get("settings", {}),
            **({} if self._is_host(model) else guest_settings(model)),
            **{k: v for k, v in prompt.items() if k != "source_image"},
            **self.data.get("overrides", {}).get(model.name, {}),
            **{k: v for k, v in place.items() if k != "prompt"},
        }
        settings = {key: value for key, value in settings.items() if value is not None}
        recipe = {
            "epoch": EPOCH,
            "model": model.identity,
            "pipeline": model.pipeline_class,
            "scheduler": scheduler_of(model, settings.get("scheduler")),
            "settings": {k: v for k, v in sorted(settings.items()) if k != "scheduler"},
        }
        if "source_image" in prompt:
            source = self._source(prompt["source_image"])
            recipe["source_image"] = hashlib.sha256(source).hexdigest()
            settings["source_image"] = prompt["source_image"]
        return Cell(model, place, {"model": model.name, **settings}, recipe)


def guest_settings(model: ModelSource) -> dict[str, Any]:
    """What replaces a plan's own settings for a model it was not written for.

    A plan's size and guidance suit the model it names. A guest runs at what the recommender says of
    it; what nobody knows is left to the pipeline's default (None drops the key).
    """
    own: dict[str, Any] = {"width": None, "height": None, "guidance_scale": None}
    try:
        answer = recommend(model.repo or model.name)
    except LookupError:
        return own
    own.update(
        {k: v for k, v in answer.settings.items() if k in SETTINGS and k != "negative_prompt"}
    )
    own.pop("scheduler", None)  # the pipeline brings the one it was published with
    size = catalogue().models[answer.model].get("native_resolution")
    return {**own, "width": size[0], "height": size[1]} if size else own


def scheduler_of(model: ModelSource, name: str | None) -> dict[str, Any] | None:
    """Class and configuration of a cell's scheduler; None for a hub model's own, pinned with it.

    `name` is an id of settings/schedulers/ or a diffusers class. The configuration is the model's
    stored one, never another scheduler's: those carry their own class's defaults along.
    """
    own = model.scheduler
    if name is None:
        return None if own is None else {"class": own[0], "config": own[1]}
    known = catalogue().schedulers
    if name in known:
        if "class" not in known[name]:
            raise RenderError(
                f"scheduler: expected a sampler that diffusers has, got '{name}'. "
                "Other tools alone have it."
            )
        wanted, flags = known[name]["class"], known[name].get("flags", {})
    elif name.endswith("Scheduler") and name.isidentifier():
        wanted, flags = name, {}
    else:
        hint = did_you_mean(name, list(known))
        raise RenderError(f"scheduler: expected an id of settings/schedulers/, got '{name}'.{hint}")
    return {"class": wanted, "config": {**(own[1] if own else {}), **flags}}


def digest(recipe: dict[str, Any]) -> str:
    """Sixteen hexadecimal digits that name a recipe."""
    text = json.dumps(recipe, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def plan_ids(folder: Path = PLANS) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.yaml"))


def load_plan(
    name: str,
    models: list[str] | None = None,
    folder: Path = PLANS,
    *,
    fake: float | None = None,
) -> Plan:
    """Reads and checks a plan, by id or by its file; `models` replaces the models it names.

    With `fake`, the seconds that each picture takes, a backend without models renders it.
    """
    path = Path(name) if name.endswith(".yaml") else folder / f"{name}.yaml"
    if not name.endswith(".yaml") and name not in plan_ids(folder):
        raise RenderError(
            f"No plan called '{visible(name)}'.{did_you_mean(name, plan_ids(folder))}"
        )
    data = read_plan(path)
    _check_settings(path, data)
    named = tuple(replace(find_model(m), fake=fake) for m in models or data["models"])
    return Plan(path.stem, data, path.parent, named)


def _check_settings(path: Path, data: dict[str, Any]) -> None:
    """Refuses settings that no pipeline takes and values outside a setting's range."""
    used = [
        *data.get("settings", {}).items(),
        *((key, value) for key, values in data["axes"].items() for value in values),
        *(pair for override in data.get("overrides", {}).values() for pair in override.items()),
    ]
    known = catalogue().settings
    problems = []
    for key, value in used:
        if key not in SETTINGS:
            problems.append(
                f"{key}: expected a setting the renderer knows.{did_you_mean(key, [*SETTINGS])}"
            )
            continue
        limits = known.get(key, {}).get("range", {})
        low, high = limits.get("min"), limits.get("max")
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number and ((low is not None and value < low) or (high is not None and value > high)):
            problems.append(f"{key}: expected {low} to {high or 'any'}, got {value}.")
    if problems:
        where = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        raise RenderError("\n".join(f"{where}: {problem}" for problem in dict.fromkeys(problems)))
