"""One authoring file, as the checks across several files see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import yaml_text


@dataclass(frozen=True, slots=True)
class Entry:
    """One authoring file that could be parsed."""

    kind: str
    id: str
    family: str
    file: str
    document: yaml_text.Document
    sound: bool

    @property
    def data(self) -> dict[str, Any]:
        """The file's keys as they were written."""
        return self.document.data if isinstance(self.document.data, dict) else {}
