"""One file: its texts, the record believed most, and what others in it say differently."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, BinaryIO

from .._errors import UnreadableError
from . import avif, comfyui, jpeg, png, webp
from .draft import Draft, ReadSettings
from .files import LONGEST_TEXT, Texts, begins_weights, open_regular
from .samplers import settle
from .tools import Record, records
from .values import Unclear, clean, decode, shown

Reader = Callable[[BinaryIO, int, Texts], None]
_COMPARED = ("num_inference_steps", "guidance_scale", "scheduler", "seed", "width", "height",
             "strength")  # fmt: skip


def read_settings(path: str | os.PathLike[str]) -> ReadSettings:
    """Returns the settings that a tool recorded in a picture, a workflow or a text beside it.

    Reads PNG, WebP, JPEG and AVIF, ComfyUI's .json files, and plain text. Raises UnreadableError,
    in one line with file and cause, where the file cannot be read or holds no settings.
    """
    name = os.fspath(path)
    if not isinstance(name, str):
        name = os.fsdecode(name)
    stream, size = open_regular(name)
    texts = Texts()
    with stream:
        try:
            kind = _collect(stream, size, texts, name)
        except OSError as error:
            raise UnreadableError(f"{_file(name)}: {error.strerror or 'unreadable'}.") from None
    drafts = _drafts(texts)
    if not drafts:
        raise UnreadableError(_nothing(name, kind, texts))
    return _result(name, drafts, texts.problems)


def _collect(stream: BinaryIO, size: int, texts: Texts, name: str) -> str:
    head = stream.read(16)
    for test, kind, read in _KINDS:
        if test(head):
            read(stream, size, texts)
            return kind
    if not head:
        raise UnreadableError(f"{_file(name)}: the file is empty.")
    if begins_weights(head):
        raise UnreadableError(
            f"{_file(name)}: expected a picture or a workflow, got a file of weights. "
            "What it is: sweetspot identify."
        )
    stream.seek(0)
    data = stream.read(LONGEST_TEXT + 1)
    if b"\0" in data or len(data) > LONGEST_TEXT:
        raise UnreadableError(
            f"{_file(name)}: expected a PNG, WebP, JPEG or AVIF picture or a workflow "
            f"of at most {LONGEST_TEXT:,} bytes, got something else."
        )
    texts.add("the file", "file", decode(data.removeprefix(b"\xef\xbb\xbf")))
    return "file"


_KINDS: tuple[tuple[Callable[[bytes], bool], str, Reader], ...] = (
    (lambda head: head.startswith(png.MAGIC), "PNG", png.read),
    (lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP", "WebP", webp.read),
    (lambda head: head.startswith(b"\xff\xd8\xff"), "JPEG", jpeg.read),
    (lambda head: head[4:8] == b"ftyp" and head[8:12] in avif.BRANDS, "AVIF", avif.read),
)


def _drafts(texts: Texts) -> list[Draft]:
    """Reads every record; one that cannot be read is named, and the others are still read."""
    drafts: list[Draft] = []
    for record in records(texts.found):
        if record.parse is comfyui.parse_workflow and any(d.tool == "ComfyUI" for d in drafts):
            continue  # the editor's copy of a graph that was read; its seed may be the next one
        try:
            drafts.append(_draft(record))
        except Unclear as error:
            texts.problem(f"{shown(record.text.where)}: {error}")
        except RecursionError:
            texts.problem(f"{shown(record.text.where)}: nested too deeply")
    return drafts


def _draft(record: Record) -> Draft:
    draft = record.parse(record.text.text)
    draft.where = shown(record.text.where)
    if not draft.settings:
        wrong = [problem for problem in draft.problems if "expected" in problem]
        raise Unclear("; ".join(wrong[:3]) or "no setting in it that has a name here")
    if "\ufffd" in draft.prompt + str(draft.settings.get("negative_prompt", "")):
        draft.note("prompt: broken characters in it, shown as U+FFFD")
    settle(draft)
    return draft


def _result(name: str, drafts: list[Draft], problems: list[str]) -> ReadSettings:
    first, *others = drafts
    found = [*first.problems]
    for other in others:
        found += _differences(first, other)
    return ReadSettings(
        file=clean(name),
        tool=first.tool,
        where=first.where,
        prompt=first.prompt,
        settings=first.sorted_settings(),
        guidance=first.guidance,
        model=first.model,
        model_hash=first.model_hash,
        loras=tuple(first.loras),
        sampler=first.sampler,
        other=first.other,
        problems=(*found, *problems),
    )


def _differences(first: Draft, other: Draft) -> list[str]:
    names = [name for name in _COMPARED if name in first.settings and name in other.settings]
    if first.guidance != other.guidance and "guidance_scale" in names:
        names.remove("guidance_scale")
    if first.tool != other.tool and "scheduler" in names:
        names.remove("scheduler")  # two tools call one sampler by two names
    found = []
    for name in names:
        one, two = first.settings[name], other.settings[name]
        if not _same(one, two):
            found.append(
                f"{name}: {shown(one)} in {first.where}, {shown(two)} in {other.where}; "
                "the first is taken"
            )
    if first.prompt and other.prompt and _words(first.prompt) != _words(other.prompt):
        found.append(f"prompt: another one in {other.where}; the one in {first.where} is taken")
    return found


def _same(one: Any, two: Any) -> bool:
    if isinstance(one, float) or isinstance(two, float):
        return bool(abs(one - two) <= 1e-4 * max(1, abs(one)))
    return bool(one == two)


def _words(text: str) -> list[str]:
    return text.split()


def _nothing(name: str, kind: str, texts: Texts) -> str:
    """Returns the one line that says why nothing came of a file."""
    if texts.problems:
        more = f" ({len(texts.problems) - 1} more)" if len(texts.problems) > 1 else ""
        return f"{_file(name)}: no settings: {texts.problems[0]}{more}."
    if kind == "file":
        return f"{_file(name)}: no settings: neither a workflow nor a tool's text."
    if texts.found:
        keys = ", ".join(shown(text.where, 40) for text in texts.found[:3])
        return f"{_file(name)}: no settings: no known tool's text, only {keys}."
    return f"{_file(name)}: no settings: a {kind} without text. Sites and editors often remove it."


def _file(name: str) -> str:
    return shown(name, 300)
