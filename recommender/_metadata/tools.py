"""Which tool wrote a text: by its key first, then by what stands in it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from . import a1111, comfyui, drawthings, fooocus, invokeai, mflux, novelai, swarmui, sweetspot
from .draft import Draft
from .files import Text

_MOST_RECORDS = 12


class Record(NamedTuple):
    """A text that a tool's reader may understand; the lowest rank is believed first."""

    rank: int
    text: Text
    parse: Callable[[str], Draft]


# PNG keys that only one tool writes, and how much what stands there is believed.
_KEYS: dict[str, tuple[int, Callable[[str], Draft]]] = {
    "invokeai_metadata": (0, invokeai.parse),
    "sd-metadata": (0, invokeai.parse_old),
    "Dream": (1, invokeai.parse_dream),
    "dream": (1, invokeai.parse_dream),
    "prompt": (1, comfyui.parse),
    "workflow": (2, comfyui.parse_workflow),
}
# What a JSON object of a tool holds, most telling first.
_MARKS: tuple[tuple[tuple[str, ...], Callable[[str], Draft]], ...] = (
    (('"sweetspot"', '"recipe"'), sweetspot.parse),
    (('"sui_image_params"',), swarmui.parse),
    (('"mflux_version"',), mflux.parse),
    (('"class_type"',), comfyui.parse),
    (('"nodes"', '"links"'), comfyui.parse_workflow),
    (('"base_model"', '"performance"'), fooocus.parse),
    (('"metadata_scheme"',), fooocus.parse),
    (('"c"', '"uc"'), drawthings.parse),
    (('"model_weights"', '"image"'), invokeai.parse_old),
    (('"generation_mode"',), invokeai.parse),
    (('"positive_prompt"', '"cfg_scale"'), invokeai.parse),
)


def records(texts: list[Text]) -> list[Record]:
    """Returns the texts that a reader may understand, the most trusted first."""
    beside = {text.key: text.text for text in texts}
    found = []
    for text in texts:
        record = _record(text, beside)
        if record is not None:
            found.append(record)
    # Of what stands twice, the first is believed, as the order within a rank is kept.
    return sorted(found, key=lambda record: record.rank)[:_MOST_RECORDS]


def _record(text: Text, beside: dict[str, str]) -> Record | None:
    if text.key == "Comment" and beside.get("Software") == "NovelAI":
        return Record(0, text, partial(novelai.parse, beside=beside))
    if text.key in _KEYS:
        rank, parse = _KEYS[text.key]
        if parse is not comfyui.parse and parse is not comfyui.parse_workflow:
            return Record(rank, text, parse)
        if text.text.lstrip()[:1] == "{":
            return Record(rank, text, parse)
    return _by_content(text)


def _by_content(text: Text) -> Record | None:
    body = text.text.strip()
    # ComfyUI writes 'prompt:{…}' and 'workflow:{…}' into EXIF.
    name, colon, rest = body[:20].partition(":")
    if colon and rest.lstrip()[:1] == "{" and name.lower() in ("prompt", "workflow"):
        rank, parse = _KEYS[name.lower()]
        return Record(rank, text._replace(text=body.partition(":")[2]), parse)
    if body[:1] == "{":
        for marks, parse in _MARKS:
            if all(mark in body for mark in marks):
                # XMP holds only a part of what mflux writes into EXIF.
                rank = 2 if parse is comfyui.parse_workflow or text.key == "mflux" else 1
                return Record(rank, text, parse)
        # A prompt may begin with a brace too: A1111 reads {a|b} as a choice.
        if text.key == "parameters" and not a1111.looks_like(body):
            return Record(4, text, swarmui.parse)
    if a1111.looks_like(body):
        return Record(3, text._replace(text=body), a1111.parse)
    return None
