"""What a page needs to draw pictures in the reader's browser: which, with what, how many bytes.

The models' manifest says what they can do (`python -m render export` writes it); the copied runtime
says whether this build can draw at all. Everything a script needs is decided here.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from figures import Figure
from rows import Row, row
from vendor import FOLDER, Vendored

MODELS = Path(__file__).resolve().parents[1] / "content" / "assets" / "models"
MANIFEST = "assets/models/manifest.json"
PACKAGE = "onnxruntime-web"
RUNTIMES = {
    "wasm": ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm.gz"),
    "webgpu": ("ort.jspi.bundle.min.mjs", "ort-wasm-simd-threaded.jspi.wasm.gz"),
}
# Settings that name a scheduler's table together; all others are fields of their own.
OF_SCHEDULER = ("scheduler", "schedule_type", "timestep_spacing", "eta")
STEPS = "num_inference_steps"
FIELDS = (STEPS, "guidance_scale", "seed", "negative_prompt", "width", "height")
GUIDANCE_MOST = 20
# What most pictures leave as it is, with what that is. A page's form has the fields of its setting.
BESIDE: dict[str, float] = {
    "guidance_rescale": 0,
    "guidance_start": 0,
    "guidance_end": 1,
    "variation_seed": 0,
    "variation_strength": 0,
}
GROUPS = (
    ("guidance_rescale",),
    ("guidance_start", "guidance_end"),
    ("variation_seed", "variation_strength"),
)
SHARES = frozenset((*BESIDE, "strength")) - {"variation_seed"}  # from 0 to 1, in steps of
SHARE = 0.05
SOURCE = "source_image"  # no field: a page's pictures all start from one
# Where a page's setting goes by other names in plans, and in a form.
AXES = {"guidance_interval": ("guidance_end", "guidance_start")}
HELD_AS = {**dict.fromkeys(OF_SCHEDULER, ("scheduler",)), "aspect_ratio": ("width", "height")}
AXES_DRAWN = (*OF_SCHEDULER, *FIELDS, *BESIDE, "aspect_ratio", "strength")

SIZED = (SOURCE, "width", "height")
HELD = frozenset((*FIELDS, *BESIDE, *SIZED, "strength", "prompt", "model", "scheduler"))

Cell = Mapping[str, Any]


@dataclass(frozen=True)
class Kit:
    """The exported models, and the runtimes by what they compute with where this build has them."""

    manifest: Mapping[str, Any]
    runtime: Mapping[str, Any] | None

    def megabytes(self, model: str, source: str | None = None) -> str:
        """Returns what a reader downloads at most for a first picture of a model, in MB."""
        shared = [self.manifest["decoder"], self.manifest["vocabulary"]]
        if source:
            own = self.manifest["models"][model]["defaults"]["scheduler"]
            starts = self.manifest["schedulers"][own]["starts"]
            shared += [starts, self.manifest["sources"][source]]
        runtimes = [[*one.values()] for one in (self.runtime or {}).values()]
        largest = max(runtimes, key=_bytes, default=[])
        return _mega([*self._own(model), *shared, *largest])

    def more(self, model: str) -> str:
        """Returns what a model adds to that where another one was drawn with before, in MB."""
        return _mega(self._own(model))

    def _own(self, model: str) -> list[Mapping[str, Any]]:
        parts = self.manifest["models"][model]
        return [
            parts["unet"],
            parts["text_encoder"],
            self.manifest["schedulers"][parts["defaults"]["scheduler"]],
        ]

    def sides(self) -> list[int]:
        """Lists the widths and heights that the models can draw, in pixels."""
        size = self.manifest["size"]
        return list(range(size["low"], size["high"] + 1, size["multiple"]))


def _bytes(files: Iterable[Mapping[str, Any]]) -> int:
    return sum(file["bytes"] for file in files)


def _mega(files: Iterable[Mapping[str, Any]]) -> str:
    return f"{_bytes(files) / 1e6:.1f}"


@dataclass(frozen=True)
class Live:
    """One place where pictures are drawn: rendered ones first, and the settings of each."""

    kit: Kit
    plan: str
    axis: str
    rows: tuple[Row, ...]
    start: int
    sets: tuple[Mapping[str, Any] | None, ...]
    settings: Mapping[str, Any]
    main: str  # whose settings the form holds where two models draw side by side

    @property
    def fixed(self) -> dict[str, Any]:
        """What a form does not ask: the picture that all of them start from, and its size."""
        return {k: v for k, v in self.settings.items() if SOURCE in self.settings and k in SIZED}

    @property
    def numeric(self) -> bool:
        """True where a slider chooses between the pictures, false where a list does."""
        return all(isinstance(stop.value, int | float) for stop in self.rows[0].stops)


def load_kit(vendored: Vendored, models: Path = MODELS) -> Kit | None:
    """Reads what was exported; None where nothing was."""
    path = models / "manifest.json"
    if not path.is_file():
        return None
    return Kit(json.loads(path.read_text(encoding="utf-8")), runtime(vendored))


def runtime(vendored: Vendored) -> dict[str, Any] | None:
    """Describes the runtimes' files as the models' are described; None where they are missing."""
    if PACKAGE not in vendored.versions:
        return None
    return {
        name: {
            part: _described(address, vendored.files[address])
            for part, address in zip(("script", "wasm"), _addresses(files), strict=True)
        }
        for name, files in RUNTIMES.items()
    }


def _addresses(files: Iterable[str]) -> list[str]:
    return [f"{FOLDER}/{PACKAGE}/{file}" for file in files]


@functools.cache
def _described(address: str, path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    told = {"file": address, **_digest(content)}
    # A host may send a packed file as it is, or let the browser unpack it on arrival.
    return told | (
        {"inflated": _digest(gzip.decompress(content))} if address.endswith(".gz") else {}
    )


def _digest(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def live_of(
    setting_id: str,
    figures: Sequence[Figure],
    manifests: Mapping[str, Mapping[str, Any]],
    kit: Kit | None,
) -> Live | None:
    """Returns the live picture of a setting's page, or None where it can draw nothing.

    It starts from the first figure whose plan varies the setting with a model that was exported.
    """
    if kit is None:
        return None
    for figure in figures:
        manifest = manifests[figure.plan]
        for axis in AXES.get(setting_id, (setting_id,)):
            made = live_on(figure.plan, axis, manifest, kit, manifest["models"])
            if made:
                return made
    return None


def live_on(
    plan: str, axis: str, manifest: Mapping[str, Any], kit: Kit, models: Iterable[str]
) -> Live | None:
    """Returns the live picture of a plan along an axis, or None where it can draw nothing of it."""
    if axis not in AXES_DRAWN:
        return None
    names = [name for name in models if name in kit.manifest["models"]]
    lines = [line for name in names if (line := _line(manifest["cells"], axis, name))]
    # The first model's pictures, and those of others that follow the same values.
    lines = [line for line in lines if _values(line, axis) == _values(lines[0], axis)]
    sets = [_set(axis, cell["settings"], kit) for cell in lines[0]] if lines else []
    if sum(one is not None for one in sets) < 2:
        return None
    start = _start(axis, lines[0], sets, kit)
    settings = fields(lines[0][start]["settings"], kit)
    assert settings is not None  # `_start` takes none that cannot be drawn
    together = next((group for group in GROUPS if axis in group), ())
    settings = {**{key: BESIDE[key] for key in together}, **settings}
    rows = [row(plan, manifest, line, {"axis": axis, "values": []}) for line in lines]
    return Live(kit, plan, axis, tuple(rows), start, tuple(sets), settings, settings["model"])


def _line(cells: Sequence[Cell], axis: str, model: str) -> list[Cell]:
    """Returns a model's cells of its first prompt that differ along an axis alone.

    Where other axes vary too, the middle of each stands for all.
    """
    line = [c for c in cells if axis in c["axes"] and c["settings"]["model"] == model]
    line = [c for c in line if c["settings"]["prompt"] == line[0]["settings"]["prompt"]]
    others = dict.fromkeys(key for cell in line for key in cell["axes"])
    for key in (key for key in others if key not in (axis, "model", "prompt")):
        values = list(dict.fromkeys(c["axes"].get(key) for c in line))
        line = [c for c in line if c["axes"].get(key) == values[len(values) // 2]]
    if all(isinstance(value, int | float) for value in _values(line, axis)):
        line.sort(key=lambda cell: cell["axes"][axis])
    return line


def _values(line: Sequence[Cell], axis: str) -> list[Any]:
    return [cell["axes"][axis] for cell in line]


def _start(axis: str, cells: Sequence[Cell], sets: Sequence[Any], kit: Kit) -> int:
    """Returns the stop to begin with: the nearest to the model's own, or the middle of the line."""
    can = [index for index, one in enumerate(sets) if one is not None]
    model = kit.manifest["models"][cells[0]["settings"]["model"]]
    native = dict.fromkeys(("width", "height"), kit.manifest["size"]["native"])
    own = {"aspect_ratio": "1:1", **native, **model["defaults"]}.get(axis)
    values = {i: cells[i]["axes"][axis] for i in can}
    if isinstance(own, int | float) and all(isinstance(v, int | float) for v in values.values()):
        return min(can, key=lambda i: abs(values[i] - own))
    return next((i for i in can if values[i] == own), can[len(can) // 2])


def _set(axis: str, settings: Mapping[str, Any], kit: Kit) -> dict[str, Any] | None:
    """Returns what a form must hold for a rendered picture of a line, beside the rest of it."""
    whole = fields(settings, kit)
    return None if whole is None else {name: whole[name] for name in HELD_AS.get(axis, (axis,))}


def fields(settings: Mapping[str, Any], kit: Kit) -> dict[str, Any] | None:
    """Returns a form's values for a rendered picture, or None where it cannot be drawn live."""
    model = kit.manifest["models"][settings["model"]]
    scheduler = table(settings, kit.manifest, settings["model"])
    native = kit.manifest["size"]["native"]
    source = kit.manifest.get("sources", {}).get(settings.get(SOURCE), {})
    whole = {
        "prompt": "",
        "negative_prompt": "",
        "seed": 0,
        **{side: source.get(side, native) for side in ("width", "height")},
        **model["defaults"],
        **{key: value for key, value in settings.items() if key not in OF_SCHEDULER},
        "scheduler": scheduler,
    }
    fits = (
        whole.keys() <= HELD
        and scheduler in model["schedulers"]
        and all(_is_share(whole[key]) for key in SHARES & whole.keys())
        and _enters(whole, kit)
        and whole["num_inference_steps"] in kit.manifest["schedulers"][scheduler]["steps"]
        and 0 <= whole["guidance_scale"] <= GUIDANCE_MOST
        and {whole["width"], whole["height"]} <= set(kit.sides())
    )
    return whole if fits else None


def _is_share(value: float) -> bool:
    """True for what a range from 0 to 1 can hold."""
    return 0 <= value <= 1 and abs(value / SHARE - round(value / SHARE)) < 1e-9


def _enters(whole: Mapping[str, Any], kit: Kit) -> bool:
    """True where a run starts from noise, or enters one that its sampler can be entered in."""
    if SOURCE not in whole and "strength" not in whole:
        return True
    # The renderer blends noises only where there is nothing else, and diffusers rescales none here.
    alone = not BESIDE.keys() & whole.keys() and "strength" in whole
    known = whole.get(SOURCE) in kit.manifest.get("sources", {})
    starts = "starts" in kit.manifest["schedulers"].get(whole["scheduler"], {})
    return alone and known and starts and int(whole[STEPS] * whole["strength"]) >= 1


def table(settings: Mapping[str, Any], manifest: Mapping[str, Any], model: str) -> str | None:
    """Returns the id of the table that draws these settings, or None where there is none."""
    wanted = {key: settings[key] for key in OF_SCHEDULER if settings.get(key)}
    if not wanted:
        return str(manifest["models"][model]["defaults"]["scheduler"])
    tables = manifest["schedulers"].items()
    return next((id for id, one in tables if wanted in one["settings"]), None)
