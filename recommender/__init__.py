"""Settings for diffusion models, with evidence: `recommend("flux-schnell").steps == 4`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._catalog import Catalogue, catalogue
    from ._errors import (
        AmbiguousModelError,
        CatalogueError,
        SweetspotError,
        UnknownModelError,
        UnreadableError,
    )
    from ._identify import Identification, identify
    from ._metadata import ReadSettings, read_settings
    from ._recommend import Recommendation, recommend

__all__ = [
    "AmbiguousModelError",
    "Catalogue",
    "CatalogueError",
    "Identification",
    "ReadSettings",
    "Recommendation",
    "SweetspotError",
    "UnknownModelError",
    "UnreadableError",
    "catalogue",
    "identify",
    "read_settings",
    "recommend",
]

_HOME = {
    "Catalogue": "_catalog",
    "Identification": "_identify",
    "ReadSettings": "_metadata",
    "Recommendation": "_recommend",
    "catalogue": "_catalog",
    "identify": "_identify",
    "read_settings": "_metadata",
    "recommend": "_recommend",
}


def __getattr__(name: str) -> Any:
    # Imported on first use (PEP 562): who only mentions this library pays nothing for it.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f".{_HOME.get(name, '_errors')}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
