"""What changed in the answers from release to release, worked out and not typed.

At a release the answers of all models are kept as `docs/content/api/v1/answers/VERSION.json`; what
changed is the difference between two such files. Why stands in CHANGELOG.md, under the version's
heading *Recommendations*. Neither needs git or a network, so every build says the same.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Mapping
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from api_fields import BRIEF

Usual = Mapping[str, Mapping[str, Any]]
KEPT = Path("docs", "content", "api", "v1", "answers")
UNRELEASED = "Unreleased"
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")
_HEADING = re.compile(r"\[?(?P<version>[^\]\s]+)\]?(?:\s+\W*\s*(?P<date>\d{4}-\d\d-\d\d)\W*)?")


class ChangesError(ValueError):
    """The changelog and the answers that were kept disagree."""


def brief(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Returns an answer in few words: the fields that lists show and releases compare."""
    return {key: answer[key] for key in BRIEF}


def changes(now: Usual, root: Path) -> dict[str, Any]:
    """Returns what changed in each release, newest first, and since the newest."""
    said = changelog(root / "CHANGELOG.md")
    versions = [version for version in said if version != UNRELEASED]
    kept = {version: _kept(version, root) for version in versions}
    before = [*versions, None][1:]
    return {
        "unreleased": {
            "notes": said.get(UNRELEASED, {}).get("notes", []),
            **difference(kept[versions[0]] if versions else {}, now),
        },
        "versions": [
            {
                "version": version,
                **said[version],
                **difference(kept[older] if older else {}, kept[version]),
            }
            for version, older in zip(versions, before, strict=True)
        ],
    }


def difference(before: Usual, after: Usual) -> dict[str, Any]:
    """Returns the models that came and went and every figure that is another one now."""
    return {
        "added": sorted(set(after) - set(before)),
        "removed": sorted(set(before) - set(after)),
        "changed": [
            {"model": id, "field": field, "before": before[id].get(field), "after": value}
            for id in sorted(set(before) & set(after))
            for field, value in sorted(after[id].items())
            if before[id].get(field) != value
        ],
    }


def changelog(path: Path) -> dict[str, dict[str, Any]]:
    """Reads date and *Recommendations* of each version; a folder without a changelog has none."""
    if not path.is_file():
        return {}
    found: dict[str, dict[str, Any]] = {}
    for block in re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title, _, body = block.partition("\n")
        match = _HEADING.match(title.strip())
        version = match["version"] if match else title
        parts = re.split(r"^### ", body, flags=re.MULTILINE)[1:]
        texts = [part.partition("\n")[2] for part in parts if part.startswith("Recommendations")]
        found[version] = {"notes": _points("\n".join(texts))}
        if version == UNRELEASED:
            continue
        if not match or not match["date"] or not _VERSION.fullmatch(version):
            raise ChangesError(
                f"{path.name}: '## {title}': expected '## 1.2.3 - YYYY-MM-DD' or '## {UNRELEASED}'."
            )
        found[version]["date"] = match["date"]
    return found


def _points(text: str) -> list[str]:
    """Returns the points of a Markdown list, each as one line."""
    points = re.split(r"^[*-] ", text, flags=re.MULTILINE)[1:]
    return [" ".join(point.split()) for point in points]


def _kept(version: str, root: Path) -> Usual:
    path = root / KEPT / f"{version}.json"
    try:
        answers: Usual = json.loads(path.read_text(encoding="utf-8"))["answers"]
    except (OSError, ValueError, KeyError, TypeError):
        raise ChangesError(
            f"{KEPT.as_posix()}/{version}.json: expected the answers of release {version}, "
            f"which CHANGELOG.md names. Run: python docs/builder/api.py release {version}"
        ) from None
    return answers


def write_release(version: str, now: Usual, dumps: Callable[[object], str], root: Path) -> Path:
    """Keeps the answers of a release, once: what was released does not change any more."""
    if not _VERSION.fullmatch(version):
        raise ChangesError(f"release: expected a version such as 1.2.3, got '{version[:40]}'.")
    path = root / KEPT / f"{version}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = dumps({"version": version, "answers": now})
    try:
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError:
        raise ChangesError(f"{path.relative_to(root)}: these answers are kept already.") from None
    return path


def feed(changes: Mapping[str, Any], home: str) -> str:
    """Writes the releases as RSS 2.0; `home` is an address for those who want to read more."""
    root = ElementTree.Element("rss", version="2.0")
    channel = ElementTree.SubElement(root, "channel")
    _texts(
        channel,
        title="Sweetspot: changed answers",
        link=home,
        description="Which recommended settings changed from release to release, and why.",
        language="en",
    )
    for release in changes["versions"]:
        item = ElementTree.SubElement(channel, "item")
        day = datetime.datetime.fromisoformat(release["date"]).replace(tzinfo=datetime.UTC)
        _texts(
            item,
            title=f"Sweetspot {release['version']}",
            link=home,
            description=" ".join([*release["notes"], *told(release)]),
            pubDate=format_datetime(day, usegmt=True),
        )
        guid = ElementTree.SubElement(item, "guid", isPermaLink="false")
        guid.text = f"sweetspot-{release['version']}"
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def told(release: Mapping[str, Any]) -> list[str]:
    """Says in sentences what a release changed."""
    lines = [
        f"{one['model']}: {one['field']} {_shown(one['before'])} → {_shown(one['after'])}."
        for one in release["changed"]
    ]
    for key, word in (("added", "New"), ("removed", "Gone")):
        if release[key]:
            count = len(release[key])
            lines.append(f"{word}: {count} model{'' if count == 1 else 's'}.")
    return lines


def _shown(value: object) -> str:
    return "none" if value is None else str(value)


def _texts(parent: ElementTree.Element, **texts: str) -> None:
    for tag, text in texts.items():
        ElementTree.SubElement(parent, tag).text = text
