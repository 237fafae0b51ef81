"""The small guide with hostile text in every field.

`check` refuses much of it in a file, so it is put where a damaged build would put it: into the
compiled catalogue. The pages must be harmless whoever wrote them.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from small import FIXTURE, build_guide

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
# Fields that the schema holds to a pattern, ids that others refer to, and what the compiler adds.
SAFE = {
    "evidence",
    "call",
    "same_as",
    "file",
    "family",
    "task",
    "inherited",
    "slug",
    "group",
    "type",
    "plan",
    "axis",
    "setting",
    "source",
    "repo",
    "path",
    "commit",
    "url",
    "date",
    "kind",
    "modality",
    "distillation",
    "hub_id",
    "base",
    "prediction",
    "calls_per_step",
    "valid_for",
}
MANIFEST_SAFE = {"file", "id", "sha256", "axes", "recipe", "environment", "model", "digest", "plan"}


def poison(value: Any, safe: set[str]) -> Any:
    """Replaces every free text by the hostile one."""
    if isinstance(value, dict):
        return {k: v if k in safe else poison(v, safe) for k, v in value.items()}
    if isinstance(value, list):
        return [poison(item, safe) for item in value]
    return HOSTILE if isinstance(value, str) else value


def build_hostile_guide(project: Path, clean_renders: Path) -> Path:
    """Builds the small guide with every free text replaced and returns its site."""
    knowledge, renders = project / "knowledge", project / "pictures"
    shutil.copytree(FIXTURE, knowledge)
    catalogue(knowledge)
    (cached,) = (knowledge / ".cache" / "sweetspot").glob("catalogue-*.json")
    data = json.loads(cached.read_text(encoding="utf-8"))
    for kind in ("settings", "models", "schedulers"):
        for known in data[kind].values():
            known.update(poison(known, SAFE))
    choice = {"value": HOSTILE, "text": HOSTILE, "evidence": ["pipeline"]}
    data["settings"]["guidance_scale"]["choices"] = [choice]
    cached.write_text(_catalog.dumps(data), encoding="utf-8")
    shutil.copytree(clean_renders, renders)
    for path in renders.glob("*/manifest.json"):
        manifest = poison(json.loads(path.read_text(encoding="utf-8")), MANIFEST_SAFE)
        path.write_text(json.dumps(manifest), encoding="utf-8")
    return build_guide(project / "build", knowledge, renders)
