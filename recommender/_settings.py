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
_Name = tuple[str | None, str, str, str | None]  # tool, name as written, setting, when


@dataclass(frozen=True, slots=True)
class SettingMatch:
    """One owner of a name: the setting, and the tool that calls it so.

    `tool` is None where the name is the setting's own: its id, title or an alias of no tool.
    `name` is the name as it is written there; `page` is the path of the setting's page. `when` says
    in which case the tool means this setting, where its name stands for several.
    """

    setting: str
    title: str
    tool: str | None
    name: str
    page: str
    when: str | None = None


def find_setting(name: str) -> tuple[SettingMatch, ...]:
    """Returns every setting that goes by this name, in any spelling: `find_setting("CFG Scale")`.

    The setting whose own name it is comes first, then each tool's in the order of the pages. Of a
    name with a dot, the part behind the last one is a name too, and a class or node before it:
    `KSampler.steps` is found as `steps` and as `KSampler`, and an unknown `pipe.steps` too. Nothing
    is found for an unknown name; no error is raised. Names come from the files under settings/.
    """
    known = catalogue()
    own: dict[str, SettingMatch] = {}
    others: dict[tuple[str, str], SettingMatch] = {}
    index = _index(known["digest"])
    entries = index.get(loose(name), []) or index.get(loose(name.rpartition(".")[2]), [])
    pairs = {(tool, id) for tool, _, id, _ in entries}
    several = {tool for tool, id in pairs if any(t == tool and i != id for t, i in pairs)}
    for tool, written, id, when in entries:
        setting = known.settings[id]
        page = f"settings/{setting['slug']}/"
        told = when if tool in several else None
        match = SettingMatch(id, setting["title"], tool, written, page, told)
        if tool is None:
            own.setdefault(id, match)
        else:
            others.setdefault((id, tool), match)
    return (*own.values(), *others.values())


def nearest_names(name: str) -> tuple[str, ...]:
    """Returns up to three known names that are spelt most like this one."""
    from difflib import get_close_matches

    known: dict[str, str] = {}
    for _, written, _, _ in _all_names(catalogue()):
        known.setdefault(loose(written), written)
    near = get_close_matches(loose(name)[:80], known, n=_MOST_SUGGESTIONS, cutoff=0.75)
    return tuple(known[key] for key in near)


def command(name: str, as_json: bool) -> int:
    """Prints what a name means, in words or as JSON, and returns 0, or 2 where nobody knows it."""
    import sys

    found = find_setting(name)
    if not found:
        near = nearest_names(name)
        hint = f" Did you mean {_either(near)}?" if near else ""
        print(f"No setting called '{visible(name)}'.{hint}", file=sys.stderr)
        return 2
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
def _index(digest: str) -> dict[str, list[_Name]]:
    """Returns loose name → who is called so; made once for each catalogue."""
    found: dict[str, list[_Name]] = {}
    for entry in _all_names(catalogue()):
        for key in _keys(entry[1]):
            found.setdefault(key, []).append(entry)
    return found


def _all_names(known: Catalogue) -> Iterator[_Name]:
    """Yields every name with its tool, None for none, and its setting; ids before aliases."""
    for id, setting in known.settings.items():
        for name in (id, setting["title"], *setting["aliases"]):
            yield None, name, id, None
    for id, setting in known.settings.items():
        for tool in setting.get("tools", []):
            for name in (tool["name"], *tool.get("also", [])):
                yield tool["tool"], name, id, tool.get("when")


def _keys(written: str) -> set[str]:
    """Returns the loose names by which a written one is found, none for a name of signs alone."""
    owner, _, last = written.rpartition(".")
    # A class or node, as in KSampler.steps; `vae.enable_tiling` is no name of a VAE.
    whole = {loose(owner)} if owner[:1].isupper() else set()
    return {loose(written), loose(last), *whole} - {""}


def _owner(id: str, setting: dict[str, Any], found: tuple[SettingMatch, ...]) -> dict[str, Any]:
    return {
        "setting": id,
        "title": setting["title"],
        "called_so_by": [m.tool for m in found if m.setting == id and m.tool is not None],
        "when": {m.tool: m.when for m in found if m.setting == id and m.when is not None},
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

    callers = [match for match in found if match.setting == id and match.tool]
    lines = [f"{setting['title']} ({id})"]
    if always := [str(match.tool) for match in callers if not match.when]:
        lines += wrap(f"called so by {', '.join(always)}", _WIDTH)
    for match in callers:
        if match.when:
            lines += wrap(f"called so by {match.tool} {match.when}", _WIDTH)
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
