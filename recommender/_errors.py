"""What can go wrong, in one tree.

SweetspotError
├── UnknownModelError      no model has this name; carries the nearest names
├── AmbiguousModelError    several models have this name; carries them as candidates
├── CatalogueError         the catalogue cannot be read or compiled; carries the problems
├── OptionError            an option has a value that it cannot have here
├── ExportError            a tool is unknown, or does not run the model (drawn in _export/result.py)
└── UnreadableError        a file from outside cannot be read, or holds nothing we know
"""

from __future__ import annotations

# Characters that move, hide or reorder text on a terminal although they are not controls.
_INVISIBLE = frozenset(
    (
        *(0x00AD, 0x061C, 0x180E, 0xFEFF, 0x2028, 0x2029),
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
    )
)


def is_hidden(character: str) -> bool:
    """True for control, surrogate, bidirectional and zero-width characters."""
    code = ord(character)
    if 0x20 <= code < 0x7F:
        return False
    return (
        code < 0xA0
        or code in _INVISIBLE
        or 0xD800 <= code <= 0xDFFF
        or 0xFFF9 <= code <= 0xFFFB
        or 0xE0000 <= code <= 0xE007F
    )


def visible(text: object, limit: int = 80) -> str:
    """Returns text from outside as it may be shown: escaped, on one line, not too long."""
    shown = str(text)
    if len(shown) > limit:
        shown = shown[: limit - 1] + "…"
    if shown.isprintable():  # nothing that is hidden is
        return shown
    return "".join(
        character.encode("unicode_escape").decode("ascii") if is_hidden(character) else character
        for character in shown
    )


class SweetspotError(Exception):
    """The root of every error this library raises on purpose."""


class UnknownModelError(SweetspotError, LookupError):
    """No model in the catalogue has this name."""

    def __init__(self, name: str, nearest: tuple[str, ...] = ()) -> None:
        self.name = name
        self.nearest = nearest
        message = f"No model called '{visible(name)}'."
        if nearest:
            message += f" Did you mean {_either(nearest)}?"
        super().__init__(message)

    def __reduce__(self) -> tuple[type[UnknownModelError], tuple[str, tuple[str, ...]]]:
        return type(self), (self.name, self.nearest)


class AmbiguousModelError(SweetspotError, LookupError):
    """Several models in the catalogue answer to this name; `candidates` lists their ids."""

    def __init__(self, name: str, candidates: tuple[str, ...], said: str = "") -> None:
        self.name = name
        self.candidates = candidates
        listed = ", ".join(candidates)
        super().__init__(
            said or f"'{visible(name)}' fits {len(candidates)} models: {listed}. Name one."
        )

    def __reduce__(self) -> tuple[type[AmbiguousModelError], tuple[str, tuple[str, ...], str]]:
        return type(self), (self.name, self.candidates, str(self))


class CatalogueError(SweetspotError):
    """The catalogue is missing, damaged, or its files do not pass `check`."""


class OptionError(SweetspotError, ValueError):
    """An option of a question has a value that it cannot have, or not for this model."""


class UnreadableError(SweetspotError, ValueError):
    """A file from outside cannot be read, or nothing we know stands in it."""


class SettingsWarning(UserWarning):
    """A pipeline is asked for something that costs far more, or gives far less, than it could."""


def _either(names: tuple[str, ...]) -> str:
    quoted = [f"'{name}'" for name in names]
    if len(quoted) == 1:
        return quoted[0]
    return ", ".join(quoted[:-1]) + " or " + quoted[-1]
