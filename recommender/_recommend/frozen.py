"""A dict that cannot be changed, so that one answer can be handed to every caller."""

from __future__ import annotations

from typing import Any, NoReturn


class Frozen(dict[str, Any]):
    """Plain data for JSON, equality and `dict(...)`; whoever writes into it gets a TypeError."""

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("An answer cannot be changed. Change a copy: dict(found.settings).")

    __setitem__ = _refuse
    __delitem__ = _refuse
    __ior__ = _refuse
    clear = _refuse
    pop = _refuse
    popitem = _refuse
    setdefault = _refuse
    update = _refuse

    def __reduce__(self) -> tuple[type[Frozen], tuple[dict[str, Any]]]:
        return Frozen, (dict(self),)


def frozen(value: Any) -> Any:
    """Returns data with every dict in it frozen and every list a tuple."""
    if isinstance(value, dict):
        return Frozen({key: frozen(item) for key, item in value.items()})
    return tuple(frozen(item) for item in value) if isinstance(value, list | tuple) else value


def plain(value: Any) -> Any:
    """Returns the same data in dicts and lists of its own, as JSON has them."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value
