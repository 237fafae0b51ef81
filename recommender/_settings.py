"""A setting by any name that any tool gives it. Standard library alone, reads the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ._catalog import Catalogue, catalogue
from ._errors import visible
from ._names import loose

_MOST_SUGGESTIONS = 3
_WIDTH = 78


@dataclass(frozen=True, slots=True)
class SettingMatch:
    """One owner of a name: the setting, and the tool that calls it so.

    `tool` is None where the name is the setting's own: its id, title or an alias of no tool.
    `name` is the name as it is written there; `page` is the path of the setting's page.
    """

    setting: str
    title: str
    tool: str | None
    name: str
    page: str


def find_setting(name: str) -> tuple[SettingMatch, ...]:
    """Returns every setting that goes by this name, in any spelling: `find_setting("CFG Scale")`.

    The setting whose own name it is comes first, then each tool's in the order of the pages. Of a
    name with a dot, the part behind the last one is a name too: `KSampler.steps` is found as
    `steps`. Nothing is found for an unknown name; no error is raised. Names come from the files
    under settings/.
    """
    known = catalogue()
    own: dict[str, SettingMatch] = {}
    others: dict[tuple[str, str], SettingMatch] = {}
    for tool, written, id in _index(known["digest"]).get(loose(name), []) if name else []:
        setting = known.settings[id]
        match = SettingMatch(id, setting["title"], tool, written, f"settings/{setting['slug']}/")
        if tool is None:
            own.setdefault(id, match)
        else:
            others.setdefault((id, tool), match)
    return (*own.values(), *others.values())


def nearest_names(name: str) -> tuple[str, ...]:
    """Returns up to three known names that are spelt most like this one."""
    from difflib import get_close_matches

    known: dict[str, str] = {}
    for _, written, _ in _all_names(catalogue()):
        known.setdefault(loose(written), written)
    near = get_close_matches(loose(name)[:80], known, n=_MOST_SUGGESTIONS, cutoff=0.75)
    return tuple(known[key] for key in near)


def command(name: str, as_json: bool) -> int:
    """Prints what a name means, in words or as JSON, and returns 0, or 1 where nobody knows it."""
    import sys

    found = find_setting(name)
    if not found:
        near = nearest_names(name)
        hint = f" Did you mean {_either(near)}?" if near else ""
        print(f"No setting called '{visible(name)}'.{hint}", file=sys.stderr)
        return 1
    settings = catalogue().settings
    ids = list(dict.fromkeys(match.setting for match in found))
    if as_json:
        import json

        told = {"name": name, "owners": [_owner(id, settings[id], found) for id in ids]}
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return 0
    lines: list[str] = []
    if len(ids) > 1:
        lines += [f"'{visible(name)}' means {len(ids)} settings:", ""]
    for id in ids:
        lines += [*_lines(settings[id], id, found, short=len(ids) > 1), ""]
    print("\n".join(lines[:-1]))
    return 0


@lru_cache(maxsize=1)
def _index(digest: str) -> dict[str, list[tuple[str | None, str, str]]]:
    """Returns loose name → tool, name as written, setting; made once for each catalogue."""
    found: dict[str, list[tuple[str | None, str, str]]] = {}
    for entry in _all_names(catalogue()):
        for key in _keys(entry[1]):
            found.setdefault(key, []).append(entry)
    return found


def _all_names(known: Catalogue) -> Iterator[tuple[str | None, str, str]]:
    """Yields every name with its tool, None for none, and its setting; ids before aliases."""
    for id, setting in known.settings.items():
        for name in (id, setting["title"], *setting["aliases"]):
            yield None, name, id
    for id, setting in known.settings.items():
        for tool in setting.get("tools", []):
            for name in (tool["name"], *tool.get("also", [])):
                yield tool["tool"], name, id


def _keys(written: str) -> set[str]:
    """Returns the loose names by which a written one is found, none for a name of signs alone."""
    return {loose(written), loose(written.rsplit(".", 1)[-1])} - {""}


def _owner(id: str, setting: dict[str, Any], found: tuple[SettingMatch, ...]) -> dict[str, Any]:
    return {
        "setting": id,
        "title": setting["title"],
        "called_so_by": [m.tool for m in found if m.setting == id and m.tool is not None],
        "own_name": any(m.setting == id and m.tool is None for m in found),
        "summary": " ".join(setting["summary"].split()),
        "range": setting.get("range"),
        "aliases": setting["aliases"],
        "tools": [
            {key: tool[key] for key in ("tool", "name", "also", "min", "max", "default", "note")
             if key in tool}
            for tool in setting.get("tools", [])
        ],
        "page": f"settings/{setting['slug']}/",
    }  # fmt: skip


def _lines(
    setting: dict[str, Any], id: str, found: tuple[SettingMatch, ...], *, short: bool
) -> list[str]:
    """Returns a setting in words; `short` leaves out its other names and tools."""
    from textwrap import wrap

    callers = [match.tool for match in found if match.setting == id and match.tool]
    lines = [f"{setting['title']} ({id})"]
    if callers:
        lines += wrap(f"called so by {', '.join(callers)}", _WIDTH)
    lines += wrap(" ".join(setting["summary"].split()), _WIDTH)
    if "range" in setting:
        lines.append(f"range    {_span(setting['range'])}")
    if not short:
        lines += wrap(
            f"aliases  {', '.join(setting['aliases'])}", _WIDTH, subsequent_indent=" " * 9
        )
        lines += _tool_lines(setting.get("tools", []))
    return [*lines, f"page     settings/{setting['slug']}/"]


def _tool_lines(tools: list[dict[str, Any]]) -> list[str]:
    if not tools:
        return []
    width = max(len(tool["tool"]) for tool in tools)
    names = max(len(tool["name"]) for tool in tools)
    lines = ["tools"]
    for tool in tools:
        told = [_span(tool)] if "min" in tool or "max" in tool else []
        if "default" in tool and tool["default"] != "":
            told.append(f"default {tool['default']}")
        row = f"  {tool['tool']:<{width}}  {tool['name']:<{names}}  {', '.join(told)}"
        lines.append(row.rstrip())
    return lines


def _span(limits: dict[str, Any]) -> str:
    low, high = (_number(limits.get(end)) for end in ("min", "max"))
    if not low:
        return f"up to {high}"
    return f"{low} to {high}" if high else f"from {low}"


def _number(value: float | None) -> str:
    """Writes a number as people write it: 4294967295 and not 4.29e+09, 3 for 3.0."""
    return "" if value is None else str(int(value)) if value == int(value) else str(value)


def _either(names: tuple[str, ...]) -> str:
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]
