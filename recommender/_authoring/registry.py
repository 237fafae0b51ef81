"""Which file is described by which class. A new kind of file is one more row of KINDS."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from pydantic import BaseModel

from .schema import Model
from .schema_curve import Curve
from .schema_measured import Measurement, Pairs, Quality
from .schema_render import Manifest, Plan
from .schema_scheduler import Schedule, Scheduler
from .schema_setting import Setting
from .schema_signature import Signature
from .schema_time import Time
from .yaml_text import MAX_BYTES

_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileKind:
    """A place in the repository and the schema of the files there; `*` is one path part."""

    name: str
    pattern: str
    schema: type[BaseModel]
    max_bytes: int = MAX_BYTES

    def matches(self, parts: tuple[str, ...]) -> bool:
        """True when these parts, relative to a root, lie where the pattern says."""
        return len(parts) == self.pattern.count("/") + 1 and PurePath(*parts).match(self.pattern)


KINDS = (
    FileKind("setting", "settings/*.yaml", Setting),
    FileKind("model", "settings/models/*/*.yaml", Model),
    FileKind("scheduler", "settings/schedulers/*.yaml", Scheduler),
    FileKind("schedule", "settings/schedules/*.yaml", Schedule),
    FileKind("signature", "settings/signatures/*.yaml", Signature),
    # Of two patterns that fit one file the first holds.
    FileKind("quality", "settings/measured/*/quality.json", Quality, _MEGABYTE),
    FileKind("quality", "settings/measured/*/quality-*.json", Quality, _MEGABYTE),
    FileKind("pairs", "settings/measured/*/pairs.json", Pairs, _MEGABYTE),
    FileKind("time", "settings/measured/*/time-*.json", Time, _MEGABYTE),
    FileKind("measurement", "settings/measured/*/*.json", Measurement, _MEGABYTE),
    FileKind("plan", "render/plans/*.yaml", Plan),
    FileKind("manifest", "docs/content/renders/*/manifest.json", Manifest, 8 * _MEGABYTE),
    FileKind("curve", "docs/content/curves/*.json", Curve, 8 * _MEGABYTE),
)


def locate(path: Path) -> tuple[Path, FileKind] | None:
    """Returns the root of the checkout this file belongs to and its kind, judged by its place."""
    parts = path.parts
    # The deepest place first: a family of models may itself be called 'settings'.
    for kind in sorted(KINDS, key=lambda kind: -kind.pattern.count("/")):
        depth = kind.pattern.count("/") + 1
        if len(parts) > depth and kind.matches(parts[-depth:]):
            return Path(*parts[:-depth]), kind
    return None


def places() -> str:
    """Returns where files may stand, for a message."""
    return ", ".join(kind.pattern.replace("*", "<id>") for kind in KINDS)


def json_schemas() -> dict[str, dict[str, Any]]:
    """Returns file kind → the JSON Schema that editors check such a file with."""
    return {
        kind.name: {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **kind.schema.model_json_schema(by_alias=True),
        }
        for kind in KINDS
    }
