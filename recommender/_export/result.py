"""What an export is, and the one error it raises on purpose."""

from __future__ import annotations

from dataclasses import dataclass

from .._errors import SweetspotError


class ExportError(SweetspotError, ValueError):
    """This recommendation cannot be put into this tool; the message says why and what can."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A recommendation as one tool takes it.

    `content` is exactly what to paste, `form` says what it is: json, text or command. `notes` name,
    a line each, everything that could not be expressed, or was converted or moved into a range.
    """

    tool: str
    form: str
    content: str
    notes: tuple[str, ...]
