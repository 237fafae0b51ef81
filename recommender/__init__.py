"""Settings for diffusion models, with evidence: `recommend("flux-schnell").steps == 4`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._catalog import Catalogue, catalogue
    from ._convert import steps_run
    from ._errors import (
        AmbiguousModelError,
        CatalogueError,
        OptionError,
        SettingsWarning,
        SweetspotError,
        UnknownModelError,
        UnreadableError,
    )
    from ._export import TOOLS, Exported, ExportError, export
    from ._guard import guard
    from ._identify import Identification, identify
    from ._lint import Finding, lint
    from ._metadata import ReadSettings, read_settings
    from ._recommend.answer import Recommendation
    from ._recommend.recommend import recommend
    from ._settings import SettingMatch, find_setting

__all__ = [
    "TOOLS",
    "AmbiguousModelError",
    "Catalogue",
    "CatalogueError",
    "ExportError",
    "Exported",
    "Finding",
    "Identification",
    "OptionError",
    "ReadSettings",
    "Recommendation",
    "SettingMatch",
    "SettingsWarning",
    "SweetspotError",
    "UnknownModelError",
    "UnreadableError",
    "catalogue",
    "export",
    "find_setting",
    "guard",
    "identify",
    "lint",
    "read_settings",
    "recommend",
    "steps_run",
]

_HOME = {
    "TOOLS": "_export",
    "Catalogue": "_catalog",
    "ExportError": "_export",
    "Exported": "_export",
    "Finding": "_lint",
    "Identification": "_identify",
    "ReadSettings": "_metadata",
    "Recommendation": "_recommend.answer",
    "SettingMatch": "_settings",
    "catalogue": "_catalog",
    "export": "_export",
    "find_setting": "_settings",
    "guard": "_guard",
    "identify": "_identify",
    "lint": "_lint",
    "read_settings": "_metadata",
    "recommend": "_recommend.recommend",
    "steps_run": "_convert",
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
