# ruff: noqa: PTH100, PTH103, PTH105, PTH108, PTH112, PTH113, PTH118, PTH119, PTH120, PTH123, PTH208
"""Finds and loads the catalogue with the standard library alone, and finds models in it by name.

In a checkout it is compiled when its files have changed and kept under .cache/; a wheel carries it.
Paths are plain text here: pathlib alone would take a third of the time a cold start has.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ._catalog_file import FORMAT, digest_of, dumps, folder_digest
from ._errors import AmbiguousModelError, CatalogueError, UnknownModelError
from ._names import (
    APART,
    counted_alike,
    goes_on,
    loose,
    parts,
    parts_without_storage,
    tokens,
    without_storage,
)  # fmt: skip

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_MOST_SUGGESTIONS = 3


class Catalogue(Mapping[str, Any]):
    """The catalogue as plain JSON data: version, digest, settings, models, schedulers, measured."""

    __slots__ = ("_data",)

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data

    def __getitem__(self, key: str) -> Any:
        return self._data[key]

    def __iter__(self) -> Any:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    @property
    def models(self) -> dict[str, dict[str, Any]]:
        """Model id → the model with its resolved claims."""
        models: dict[str, dict[str, Any]] = self._data["models"]
        return models

    @property
    def settings(self) -> dict[str, dict[str, Any]]:
        """Setting id → the setting."""
        settings: dict[str, dict[str, Any]] = self._data["settings"]
        return settings

    @property
    def schedulers(self) -> dict[str, dict[str, Any]]:
        """Scheduler id → the scheduler."""
        schedulers: dict[str, dict[str, Any]] = self._data["schedulers"]
        return schedulers

    @property
    def signatures(self) -> dict[str, dict[str, Any]]:
        """Family id → the rules that recognise its files."""
        signatures: dict[str, dict[str, Any]] = self._data["signatures"]
        return signatures

    def find(self, name: str) -> str:
        """Returns the id of the one model with this name, however it is spelt.

        An exact name wins; then the name without what only says how the weights are stored; then
        the one model whose name holds all these words, with their numbers in the same places, save
        for a hub id or another version: those are the whole name of something else. Raises
        UnknownModelError or AmbiguousModelError.
        """
        if name in self.models:
            return name
        names: dict[str, list[str]] = self._data["names"]
        for key in (loose(name), loose(without_storage(name))):
            ids = names.get(key, [])
            if len(ids) == 1:
                return ids[0]
            if ids:
                raise AmbiguousModelError(name, tuple(ids))
        wanted = parts_without_storage(name)
        holders = self._holding(wanted)
        if len(holders) == 1 and ("/" in name or self._goes_on(wanted, holders[0])):
            raise UnknownModelError(name, self._nearest(name) or holders)
        if len(holders) == 1:
            return holders[0]
        if holders:
            raise AmbiguousModelError(name, holders)
        raise UnknownModelError(name, self._nearest(name))

    def _holding(self, wanted: tuple[str, ...]) -> tuple[str, ...]:
        # Two letters or digits alone are in too many names to mean one.
        if not any(len(word) > 2 and word.isalpha() for word in wanted):
            return ()
        return tuple(id for id, model in self.models.items() if _holders(wanted, id, model))

    def _goes_on(self, wanted: tuple[str, ...], id: str) -> bool:
        """True where every name that holds these words is of another version; an id has no dots."""
        names = [name for name in _holders(wanted, id, self.models[id]) if name != id]
        return bool(names) and all(goes_on(wanted, name) for name in names)

    def _nearest(self, name: str) -> tuple[str, ...]:
        """Returns the ids spelt most like this name, else those whose whole name stands in it."""
        from difflib import get_close_matches

        names: dict[str, list[str]] = self._data["names"]
        near: list[str] = []
        short = without_storage(name.rsplit("/", 1)[-1])
        for key in get_close_matches(loose(short)[:80], names, n=9, cutoff=0.72):
            near += [id for id in names[key] if id not in near]
        if not near:
            wanted = tokens(short[:200])
            near = [
                id
                for id, model in self.models.items()
                if any(_tokens(one) <= wanted for one in _written_names(id, model))
            ]
        return tuple(near[:_MOST_SUGGESTIONS])


@lru_cache(maxsize=8192)
def _tokens(name: str) -> frozenset[str]:
    """Returns the words of a name that stands in the catalogue; a stranger's is never kept."""
    return tokens(name)


def _holders(wanted: tuple[str, ...], id: str, model: dict[str, Any]) -> list[str]:
    """Returns the names of a model that hold all these words, and their numbers in their places."""
    words = frozenset(wanted) - {APART}
    return [
        name
        for name in _written_names(id, model)
        if words <= _tokens(name) and counted_alike(wanted, parts(name))
    ]


def _written_names(id: str, model: dict[str, Any]) -> list[str]:
    names = [id, model["name"], *model.get("aliases", [])]
    return [*names, model["hub_id"]] if "hub_id" in model else names


def catalogue(root: str | os.PathLike[str] | None = None, *, fresh: bool = False) -> Catalogue:
    """Returns the catalogue of this checkout or wheel, read once; `root` names another checkout.

    `fresh` looks at the files again, as a server that shows edits must. Raises CatalogueError where
    there is no catalogue, or where its files do not pass `recommender check`.
    """
    chosen = root or os.environ.get("SWEETSPOT_ROOT")
    if fresh:
        _loaded.cache_clear()
    return _loaded(os.fspath(chosen) if chosen else None)


@lru_cache(maxsize=4)
def _loaded(root: str | None) -> Catalogue:
    if root is None:
        beside = checkout()
        if beside is not None:
            return _of_checkout(beside)
        return _of_wheel(os.path.join(_PACKAGE, "catalogue.json"))
    if not os.path.isdir(os.path.join(root, "settings")):
        raise CatalogueError(f"{root}: expected a folder with settings/ in it, got none.")
    return _of_checkout(root)


def checkout() -> str | None:
    """Returns the checkout this package runs from, or None when it was installed from a wheel."""
    beside = os.path.dirname(_PACKAGE)
    # A stranger's site-packages may hold a `settings`, but no pyproject.toml.
    marks = (os.path.join(beside, "settings"), os.path.join(beside, "pyproject.toml"))
    return beside if os.path.isdir(marks[0]) and os.path.isfile(marks[1]) else None


def _of_wheel(path: str) -> Catalogue:
    data = _read(path) or _of_archive(path)
    if data is None:
        raise CatalogueError(
            f"{path}: the catalogue is missing or damaged. Install sweetspot again."
        )
    return Catalogue(data)


def _of_checkout(root: str) -> Catalogue:
    digest = digest_of(root)
    folder = os.path.join(root, ".cache", "sweetspot")
    # The compiler is an input too: a checkout whose code changed must not read an old cache.
    code = folder_digest(_PACKAGE)
    path = os.path.join(folder, f"catalogue-{digest[:16]}-{code[:8]}.json")
    cached = _read(path)
    if cached is not None and cached.get("digest") == digest:
        return Catalogue(cached)
    data = _compiled(root)
    _keep(data, folder, path)
    return Catalogue(data)


def _compiled(root: str) -> dict[str, Any]:
    from pathlib import Path

    try:
        from ._authoring.compile import compile_catalogue
    except ModuleNotFoundError as error:
        raise CatalogueError(
            f"The catalogue must be compiled, and {error.name} is not installed. "
            "Run: pip install pydantic pyyaml"
        ) from None
    return compile_catalogue(Path(root))


def _read(path: str) -> dict[str, Any] | None:
    """Returns a catalogue file, or None where it is missing, cut short or of another format."""
    try:
        with open(path, encoding="utf-8") as stream:
            data = json.load(stream)
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) and data.get("version") == FORMAT else None


def _of_archive(path: str) -> dict[str, Any] | None:
    """Returns the catalogue of a package that is imported from a zip, which has no files."""
    loader: Any = globals().get("__loader__")
    try:
        data = json.loads(loader.get_data(path)) if hasattr(loader, "get_data") else None
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) and data.get("version") == FORMAT else None


def _keep(data: dict[str, Any], folder: str, path: str) -> None:
    """Writes the cache whole or not at all; a folder that cannot be written costs only time."""
    from tempfile import NamedTemporaryFile

    try:
        os.makedirs(folder, exist_ok=True)
        with NamedTemporaryFile("w", encoding="utf-8", dir=folder, delete=False) as stream:
            try:
                stream.write(dumps(data))
                stream.flush()
                os.fsync(stream.fileno())
                os.replace(stream.name, path)
            except BaseException:
                os.unlink(stream.name)
                raise
        for name in os.listdir(folder):
            if name.startswith("catalogue-") and name != os.path.basename(path):
                os.unlink(os.path.join(folder, name))
    except OSError:
        return
