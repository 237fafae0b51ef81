"""The small guide with hostile text in every field.

`check` refuses much of it in a file, so it is put where a damaged build would put it: into the
compiled catalogue. The pages must be harmless whoever wrote them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from small import CURVES, FIXTURE, build_guide

from recommender import _catalog, catalogue

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "[x](javascript:alert(1))",
    "![x](javascript:alert(1))",
    "<javascript:alert(1)>",
    "{: onclick=alert(1) }",
    "{ onclick=alert(1) }",
    "{{7*7}} {% raw %} ${7*7}",
    "</title></style></textarea></div><h1>x</h1>",
    "<!-- ",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    '--8<-- "mkdocs.yml"',
    "| a | b |",
)
HOSTILE = "evil " + " ".join(PAYLOADS)
# Fields that the schema holds to a pattern or a list of words, ids that others refer to, and what
# the compiler adds. Everything else is free text, and a test asks that all of it is poisoned.
SAFE = {
    "evidence", "call", "same_as", "file", "family", "task", "inherited", "slug", "group", "type",
    "plan", "curve", "beside", "axis", "setting", "source", "repo", "commit", "date", "kind",
    "modality", "distillation", "hub_id", "base", "prediction", "calls_per_step", "valid_for",
    "frame_rule", "released", "convention", "schedule", "spacing", "variant_of", "from", "native",
    "sweep", "weights", "judge", "hits", "models",
}  # fmt: skip
# An address is more than text: it must not become a link that runs.
ADDRESS = "javascript:alert(1)"
MANIFEST_SAFE = {
    "file", "id", "sha256", "axes", "recipe", "environment", "model", "digest", "plan", "kind",
}  # fmt: skip
KINDS = ("settings", "models", "schedulers", "schedules", "measured")
QUALITY = Path(__file__).parents[2] / "settings" / "measured" / "postcards-turbo" / "quality.json"
MEASURED_MODEL = "flux-1-schnell"


def poison(value: Any, safe: set[str]) -> Any:
    """Replaces every free text by the hostile one, and every address by one that would run."""
    if isinstance(value, dict):
        return {k: v if k in safe else _poisoned(k, v, safe) for k, v in value.items()}
    if isinstance(value, list):
        return [poison(item, safe) for item in value]
    return HOSTILE if isinstance(value, str) else value


def _poisoned(key: str, value: Any, safe: set[str]) -> Any:
    return ADDRESS if key == "url" and value else poison(value, safe)


def patch_catalogue(knowledge: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Changes the compiled catalogue of a tree behind its back, as a damaged build would."""
    catalogue(knowledge)
    (cached,) = (knowledge / ".cache" / "sweetspot").glob("catalogue-*.json")
    data = json.loads(cached.read_text(encoding="utf-8"))
    change(data)
    cached.write_text(_catalog.dumps(data), encoding="utf-8")


def measure(data: dict[str, Any]) -> None:
    """Puts a real measurement into a catalogue, for a model of the fixture."""
    quality = json.loads(QUALITY.read_text(encoding="utf-8"))
    data["measured"] = {MEASURED_MODEL: {"quality": quality}}


def poison_catalogue(data: dict[str, Any]) -> None:
    """Replaces every free text of everything a page may show."""
    measure(data)
    for kind in KINDS:
        data[kind] = {id: poison(one, SAFE) for id, one in data[kind].items()}


def poisoned_files(source: Path, target: Path, safe: set[str]) -> Path:
    """Copies a folder of pictures or figures with every text of its JSON files replaced."""
    shutil.copytree(source, target)
    for path in target.rglob("*.json"):
        path.write_text(json.dumps(poison(json.loads(path.read_text("utf-8")), safe)), "utf-8")
    return target


def build_hostile_guide(project: Path, clean_renders: Path) -> Path:
    """Builds the small guide with every free text replaced and returns its site."""
    knowledge = project / "knowledge"
    shutil.copytree(FIXTURE, knowledge)
    patch_catalogue(knowledge, poison_catalogue)
    renders = poisoned_files(clean_renders, project / "pictures", MANIFEST_SAFE)
    curves = poisoned_files(CURVES, project / "curves", {"kind"})
    return build_guide(project / "build", knowledge, renders, curves)
