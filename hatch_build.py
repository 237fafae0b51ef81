"""Build hook: compiles settings/ into recommender/catalogue.json, which the wheel carries."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CatalogueHook(BuildHookInterface[Any]):
    """Adds the catalogue from a temporary folder: no build leaves a copy in the checkout."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compiles the catalogue for a wheel; an editable install reads settings/ itself."""
        if version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root))
        try:
            from recommender._authoring.compile import write_catalogue
        finally:
            sys.path.remove(str(root))
        self._folder = tempfile.TemporaryDirectory(prefix="sweetspot-")
        target = Path(self._folder.name) / "catalogue.json"
        write_catalogue(root, target)
        build_data["force_include"][str(target)] = "recommender/catalogue.json"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Removes the temporary folder."""
        if version != "editable":
            self._folder.cleanup()
