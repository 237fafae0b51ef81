"""What a file says: `ReadSettings`, and the draft that a tool's reader fills in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .values import clean, number, shown, size, whole

_WHOLE = frozenset(
    ("num_inference_steps", "seed", "width", "height", "clip_skip", "num_frames", "hires_steps",
     "refiner_steps", "batch_size", "motion_bucket_id")
)  # fmt: skip
_TEXT = frozenset(
    ("negative_prompt", "scheduler", "schedule_type", "vae", "hires_upscaler", "prediction_type",
     "precision")
)  # fmt: skip
_FIRST = (
    "num_inference_steps", "guidance_scale", "true_cfg_scale", "scheduler", "schedule_type",
    "shift", "strength", "seed", "width", "height", "num_frames", "negative_prompt",
)  # fmt: skip
_MOST_OTHERS = 200
_MOST_LORAS = 100
_MOST_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class Lora:
    """An adapter that was loaded: its name, its weight and its hash where they are recorded."""

    name: str
    weight: float | None = None
    hash: str | None = None


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """The settings recorded in one file.

    `settings` maps canonical ids to typed values: whole numbers, numbers or text. `clip_skip` is
    counted as most tools count it, 1 being the last layer. `guidance` says what `guidance_scale`
    is: "cfg", or "distilled" (then true CFG stands under `true_cfg_scale`). `other` keeps what has
    no canonical id, as text. `problems` says, a line each, what could not be read or disagrees.
    """

    file: str
    tool: str
    where: str
    prompt: str
    settings: Mapping[str, Any]
    guidance: str | None
    model: str | None
    model_hash: str | None
    loras: tuple[Lora, ...]
    sampler: str | None
    other: Mapping[str, str]
    problems: tuple[str, ...]

    @property
    def negative_prompt(self) -> str:
        """The negative prompt, empty where none is recorded."""
        return str(self.settings.get("negative_prompt", ""))

    def to_dict(self) -> dict[str, Any]:
        """Returns everything as plain JSON data."""
        found: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        found["settings"] = dict(self.settings)
        found["other"] = dict(self.other)
        found["loras"] = [
            {"name": one.name, "weight": one.weight, "hash": one.hash} for one in self.loras
        ]
        found["problems"] = list(self.problems)
        return found


@dataclass(slots=True)
class Draft:
    """One record while it is being read. Values that are not what they should be are named."""

    tool: str
    where: str = ""
    prompt: str = ""
    model: str | None = None
    model_hash: str | None = None
    sampler: str | None = None
    schedule: str | None = None
    guidance: str | None = None
    flow: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    loras: list[Lora] = field(default_factory=list)
    other: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def put(self, id: str, value: Any, key: str = "") -> None:
        """Keeps a setting, typed by its id; nothing is kept of a value of the wrong type."""
        if value is None or value == "":
            return
        if id in _TEXT:
            if isinstance(value, str):
                self.settings[id] = clean(value)
            else:
                self.problem(key or id, "text", value)
            return
        typed = whole(value) if id in _WHOLE else number(value)
        if typed is None:
            self.problem(key or id, "a whole number" if id in _WHOLE else "a number", value)
        else:
            self.settings[id] = typed

    def put_size(self, value: Any, key: str) -> None:
        """Keeps width and height from one text such as '512x768'."""
        if value is None or value == "":
            return
        found = size(value)
        if found is None:
            self.problem(key, "width x height", value)
        else:
            self.settings["width"], self.settings["height"] = found

    def put_guidance(self, cfg: Any, distilled: Any, keys: tuple[str, str] = ("", "")) -> None:
        """Keeps guidance under the names diffusers gives it: a distilled scale takes the first."""
        if distilled is None or distilled == "":
            self.put("guidance_scale", cfg, keys[0])
            self.guidance = "cfg" if "guidance_scale" in self.settings else None
            return
        self.put("guidance_scale", distilled, keys[1])
        self.put("true_cfg_scale", cfg, keys[0])
        self.guidance = "distilled"
        self.flow = True

    def name_model(self, name: Any, hash: Any = None) -> None:
        """Keeps the model's name and hash where they are text."""
        if isinstance(name, str) and name:
            self.model = clean(name)[:500]
        if isinstance(hash, str) and hash:
            self.model_hash = clean(hash)[:200]

    def lora(self, name: Any, weight: Any = None, hash: Any = None) -> None:
        """Keeps one adapter; a weight that is no number is named."""
        if not isinstance(name, str) or not name or name == "None":
            return
        if len(self.loras) == _MOST_LORAS:
            self.note(f"more than {_MOST_LORAS} LoRAs; the rest are left out")
        if len(self.loras) > _MOST_LORAS:
            return
        typed = number(weight)
        if weight is not None and typed is None:
            self.problem(f"LoRA '{shown(name)}'", "a number as its weight", weight)
        text = clean(hash)[:200] if isinstance(hash, str) and hash else None
        self.loras.append(Lora(clean(name)[:500], typed, text))

    def keep(self, key: str, value: Any) -> None:
        """Keeps what has no canonical id, as text."""
        if value is None or value == "" or len(self.other) >= _MOST_OTHERS:
            return
        self.other.setdefault(shown(key, 80), clean(str(value)[:2000]))

    def sorted_settings(self) -> dict[str, Any]:
        """Returns the settings, those asked for most first and the rest as they were read."""
        return {
            name: self.settings[name]
            for name in dict.fromkeys((*_FIRST, *self.settings))
            if name in self.settings
        }

    def problem(self, key: str, expected: str, got: Any) -> None:
        """Notes a value that is not what it should be."""
        self.note(f"{shown(key)}: expected {expected}, got {_of(got)}")

    def note(self, text: str) -> None:
        """Notes something in words; a flood is cut."""
        if len(self.problems) < _MOST_PROBLEMS and text not in self.problems:
            self.problems.append(text)


def _of(value: Any) -> str:
    if isinstance(value, str):
        return f"'{shown(value)}'"
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "an object"
    return shown(value)
