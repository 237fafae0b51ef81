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
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from recommender import SweetspotError
from recommender.authoring import axis_values, did_you_mean, read_plan, read_prompts, visible

from .errors import RenderError
from .models import (
    HUB_FILE,
    ModelSource,
    find_model,
    is_called,
    weights_identity,
)
from .rules import expect_apart, id_problem, plan_problems
from .schedulers import flags_of, refused_flags, scheduler_of, step_problems
from .settings import SCHEDULER, cell_problems, guest_settings, shaped
from .weighting import weighted

ROOT = Path(__file__).parents[1]
PLANS = ROOT / "render" / "plans"
PROMPTS = ROOT / "render" / "prompts"
RENDERS = ROOT / "docs" / "content" / "renders"

# Raise it when the renderer itself changes what a picture shows: every picture is then made anew.
EPOCH = 1
MAX_CELLS = 20_000
# Keys of a prompt that name a PNG file beside the plan.
IMAGES = frozenset(("source_image", "mask_image", "control_image"))


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
    prompts: str | None = None  # the set of render/prompts/ that took the place of its own

    @property
    def title(self) -> str:
        return self.data["title"]

    @property
    def axes(self) -> dict[str, list[Any]]:
        """Every axis with all its values, ranges written out."""
        return {name: axis_values(axis) for name, axis in self.data["axes"].items()}

    def sources(self) -> dict[str, bytes]:
        """The pictures that cells start from or follow, by name: PNG files beside the plan."""
        prompts = self.data["prompts"].values()
        names = {prompt[key] for prompt in prompts for key in IMAGES & prompt.keys()}
        return {name: self.source(name) for name in sorted(names)}

    def source(self, name: str, key: str = "source_image") -> bytes:
        """Returns a PNG file beside the plan, for the key of a prompt that names it."""
        # Here, as most plans have no picture, and Pillow would slow the start of all.
        from .images import png_problem

        content = self._beside(name, key)
        if problem := png_problem(content):
            raise RenderError(f"{self.id}: {key}: {problem}, got '{visible(name)}'.")
        return content

    def _beside(self, name: str, key: str) -> bytes:
        path = self.folder / name
        if Path(name).name != name or not path.is_file():
            raise RenderError(
                f"{self.id}: {key}: expected a file beside the plan, got '{visible(name)}'."
            )
        return path.read_bytes()

    def cells(self) -> list[Cell]:
        """Every cell, model by model, so that each model is loaded once."""
        cells, problems = [], {}
        for model, axes, prompt in list(self._places()):
            try:
                cells.append(self._cell(model, axes, prompt))
            except RenderError as error:
                where = f"{Cell(model, axes, {}, {}).name}: "
                for line in str(error).splitlines():  # said of the first cell that has it
                    problems.setdefault(line.replace(where, "", 1), line)
        if not (cells or problems):
            problems["none"] = f"{self.id}: exclude: expected a cell that is left, got none."
        if problems:
            raise RenderError("\n".join(problems.values()))
        return cells

    def _places(self) -> Iterator[tuple[ModelSource, dict[str, Any], dict[str, Any]]]:
        """Counts before anything is made: a plan of a million cells is refused within a second."""
        axes, prompts = self.axes, self.data["prompts"]
        whole = len(self.models) * len(prompts) * math.prod(map(len, axes.values()))
        if whole > 50 * MAX_CELLS:
            raise RenderError(f"{self.id}: expected at most {MAX_CELLS} cells, got {whole}.")
        found = 0
        for model in self.models:
            for key, prompt in prompts.items():
                for values in itertools.product(*axes.values()):
                    place = {"prompt": key, **dict(zip(axes, values, strict=True))}
                    if not self._is_excluded({**place, "model": model.name}):
                        found += 1
                        yield model, place, prompt
        if found > MAX_CELLS:
            raise RenderError(f"{self.id}: expected at most {MAX_CELLS} cells, got {found}.")

    def _is_excluded(self, place: dict[str, Any]) -> bool:
        """True where a rule names this value, or lists it, for every key that it has."""
        return any(
            all(
                key in place and place[key] in (one if isinstance(one, list) else [one])
                for key, one in rule.items()
            )
            for rule in self.data.get("exclude", [])
        )

    def is_host(self, model: ModelSource) -> bool:
        """True for the models that the plan was written for."""
        return any(is_called(model, name) for name in self.data["models"])

    def _cell(self, model: ModelSource, place: dict[str, Any], prompt: dict[str, Any]) -> Cell:
        settings = {
            "negative_prompt": "",
            **self.data.get("settings", {}),
            **({} if self.is_host(model) else guest_settings(model)),
            **prompt,
            **self.data.get("overrides", {}).get(model.name, {}),
            **{k: v for k, v in place.items() if k != "prompt"},
        }
        settings = {key: value for key, value in settings.items() if value is not None}
        added = {key: self.data[key] for key in ("loras", "controlnet") if key in self.data}
        spec = scheduler_of(model, settings.get("scheduler"), flags_of(settings))
        wrong = [
            *cell_problems({**settings, **added}),
            *refused_flags(spec, settings),
            *step_problems(spec, settings),
        ]
        if wrong:
            where = Cell(model, place, settings, {}).name
            raise RenderError("\n".join(f"{self.id}: {where}: {one}" for one in wrong))
        settings = shaped(weighted(settings))
        recipe = {
            "epoch": EPOCH,
            "model": model.identity,
            "pipeline": model.pipeline_class,
            "scheduler": spec,
            "settings": {k: v for k, v in sorted(settings.items()) if k not in SCHEDULER | IMAGES},
            **{
                key: hashlib.sha256(self.source(settings[key], key)).hexdigest()
                for key in sorted(IMAGES & settings.keys())
            },
            **self._adapters(),
        }
        return Cell(model, place, {"model": model.name, **settings}, recipe)

    def _adapters(self) -> dict[str, Any]:
        """What a recipe says of the weights beside the model's own, and of a lossless file."""
        told: dict[str, Any] = {}
        if "loras" in self.data:
            told["loras"] = [
                {"weights": self._identity(lora["file"]), "scale": lora.get("scale", 1.0)}
                for lora in self.data["loras"]
            ]
        if "controlnet" in self.data:
            try:
                told["controlnet"] = weights_identity(self.data["controlnet"])
            except RenderError as error:
                raise RenderError(f"{self.id}: controlnet: {error}") from None
        if "difference" in self.data:
            told["encoding"] = "lossless"  # a lossy file would add its own difference
        return told

    def _identity(self, file: str) -> str:
        """A LoRA by its bytes, or by the revision that stands for them."""
        if HUB_FILE.fullmatch(file):
            return file
        return hashlib.sha256(self._beside(file, "loras")).hexdigest()


def digest(recipe: dict[str, Any]) -> str:
    """Sixteen hexadecimal digits that name a recipe."""
    text = json.dumps(recipe, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def plan_ids(folder: Path = PLANS) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.yaml"))


def load_plans(names: Iterable[str], models: list[str] | None = None, **options: Any) -> list[Plan]:
    """Reads and checks the plans of one run, as `load_plan` does; says what is wrong with all."""
    plans, problems = [], []
    for name in names:
        try:
            plans.append(load_plan(name, models, **options))
        except SweetspotError as error:
            problems.append(str(error))
    if problems:
        raise RenderError("\n".join(dict.fromkeys(problems)))
    expect_apart(plans)
    return plans


def load_plan(
    name: str,
    models: list[str] | None = None,
    folder: Path = PLANS,
    *,
    prompts: str | None = None,
    fake: float | None = None,
) -> Plan:
    """Reads and checks a plan, by id or by its file; `models` replaces the models it names.

    `prompts` names a set of render/prompts/ that replaces the plan's own: ours speak of landscapes,
    which is all that our models know. With `fake`, the seconds that each picture takes, a backend
    without models renders it.
    """
    path = Path(name) if name.endswith(".yaml") else folder / f"{name}.yaml"
    if not name.endswith(".yaml") and name not in plan_ids(folder):
        raise RenderError(
            f"{visible(name) or 'PLAN'}: expected a plan of render/plans/ or a file *.yaml, got "
            f"none of that name.{did_you_mean(name, plan_ids(folder))}"
        )
    if problem := id_problem(path):
        raise RenderError(problem)
    data = read_plan(path)
    if problems := plan_problems(data, models or []):
        where = visible(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path, 300)
        raise RenderError("\n".join(f"{where}: {problem}" for problem in problems))
    if prompts is not None:
        data = {**data, "prompts": prompt_set(prompts, data, path.stem)}
    named = tuple(replace(find_model(m), fake=fake) for m in models or data["models"])
    return Plan(path.stem, data, path.parent, named, prompts)


def prompt_set(name: str, data: dict[str, Any], plan: str) -> dict[str, Any]:
    """Returns the prompts of a set; a plan whose own prompts bring a picture keeps those."""
    known = plan_ids(PROMPTS)
    if name not in known:
        raise RenderError(
            f"--prompts: expected a set of render/prompts/ ({', '.join(known)}), got "
            f"'{visible(name)}'.{did_you_mean(name, known)}"
        )
    own = {key for prompt in data["prompts"].values() for key in prompt}
    if bound := sorted(own & (IMAGES | {"weighted"})):
        raise RenderError(
            f"{plan}: --prompts: expected a plan whose prompts stand alone, got one with "
            f"{bound[0]}. Leave --prompts out for it."
        )
    return read_prompts(PROMPTS / f"{name}.yaml")
