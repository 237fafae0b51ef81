"""Whatever a file holds, it is read or refused in one line; a few seconds of trying."""

from __future__ import annotations

import json
import random
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from recommender import UnreadableError, read_settings
from recommender._errors import is_hidden
from recommender._metadata.a1111 import split
from recommender._metadata.values import number, size, whole

PICTURES = [
    path for path in (Path(__file__).parent / "pictures").iterdir()
    if path.suffix in (".png", ".jpg", ".webp", ".avif", ".json")
]  # fmt: skip
MAGICS = (
    b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"\0\0\0\x14ftypavif", b"{",
    b"\x89PNG\r\n\x1a\n\0\0\0\x30eXIf", b"\xff\xd8\xff\xe1\0\x40Exif\0\0MM\0*",
)  # fmt: skip
quick = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def read_or_refused(path: Path) -> None:
    """Reads a file; anything but settings or one clear line fails the test."""
    try:
        found = read_settings(path)
    except UnreadableError as error:
        line = str(error)
        assert line.startswith(f"{path}: ")
    else:
        line = "".join(found.problems)
        json.dumps(found.to_dict(), allow_nan=False)
    assert not any(is_hidden(character) for character in line)


@quick
@given(magic=some.sampled_from(MAGICS), body=some.binary(max_size=400))
def test_any_bytes_behind_any_beginning(tmp_path: Path, magic: bytes, body: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(magic + body)
    read_or_refused(path)


@quick
@given(seed=some.integers(0, 2**32))
def test_a_real_file_with_bytes_changed_lost_or_repeated(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(chance.choice(sorted(PICTURES)).read_bytes())
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                del data[at : at + chance.randint(1, 40)]
            case 2:
                data[at:at] = data[at : at + chance.randint(1, 400)]
            case 3:
                data[at : at + 4] = chance.choice([b"\0" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff"])
        if not data:
            return
    path = tmp_path / "x"
    path.write_bytes(data)
    read_or_refused(path)


names = some.sampled_from(
    ["steps", "cfg", "sampler_name", "model", "positive", "negative", "latent_image", "text",
     "sigmas", "sampler", "guider", "noise", "noise_seed", "guidance", "value", "samples",
     "width", "height", "lora_name", "conditioning", "clip", "pixels", "denoise", ""]
)  # fmt: skip
kinds = some.sampled_from(
    ["KSampler", "SamplerCustomAdvanced", "BasicGuider", "LoraLoader", "Reroute", "SaveImage",
     "ConditioningZeroOut", "ComfySwitchNode", "ModelSamplingFlux", "VAEEncode"]
)  # fmt: skip
links = some.tuples(some.sampled_from("0123456789"), some.integers(-1, 3)).map(list)
scalars = some.one_of(some.none(), some.booleans(), some.integers(), some.floats(), some.text())
junk: Any = some.recursive(
    some.one_of(scalars, links),
    lambda inner: some.one_of(some.lists(inner, max_size=3), some.dictionaries(names, inner)),
    max_leaves=5,
)
inputs = some.dictionaries(names, some.one_of(links, links, links, scalars, junk), max_size=8)
api_nodes = some.fixed_dictionaries({"class_type": kinds, "inputs": inputs})
editor_nodes = some.fixed_dictionaries(
    {"id": some.integers(0, 9), "type": some.one_of(kinds, some.just("g"))},
    optional={
        "mode": some.sampled_from([0, 2, 4]),
        "widgets_values": junk,
        "inputs": some.lists(
            some.fixed_dictionaries({"name": names, "link": some.integers(0, 9)}) | junk,
            max_size=4,
        ),
        "properties": junk,
    },
)
editor_links = some.lists(
    some.tuples(*(some.integers(-20, 9) for _ in range(5)), some.just("*")).map(list), max_size=12
)


@quick
@given(graph=some.dictionaries(some.sampled_from("0123456789"), api_nodes | junk, min_size=1))
def test_any_graph(tmp_path: Path, graph: Any) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(graph), encoding="utf-8")
    read_or_refused(path)


@quick
@given(
    nodes=some.lists(editor_nodes, max_size=8),
    outer=editor_links,
    inner=some.lists(editor_nodes, max_size=4),
    inside=editor_links,
    more=junk,
)
def test_any_editor_s_file(
    tmp_path: Path, nodes: Any, outer: Any, inner: Any, inside: Any, more: Any
) -> None:
    definition = {"id": "g", "nodes": inner, "links": inside, "inputs": more}
    file = {"nodes": nodes, "links": outer, "definitions": {"subgraphs": [definition]}}
    path = tmp_path / "x.json"
    path.write_text(json.dumps(file), encoding="utf-8")
    read_or_refused(path)


@quick
@given(
    some.lists(
        some.tuples(
            some.text(string.ascii_letters, min_size=1, max_size=20),
            some.text(min_size=1, max_size=60).filter(lambda text: text.strip() == text),
        ),
        max_size=8,
    )
)
def test_what_a1111_quotes_is_read_back(pairs: list[tuple[str, str]]) -> None:
    """Values with a comma, a colon or a line break are written as JSON, as the tool does."""
    special = set(',:\n"[{\\')
    line = ", ".join(
        f"{key}: {json.dumps(value, ensure_ascii=False) if special & {*value} else value}"
        for key, value in pairs
    )
    assert split(line) == pairs


@pytest.mark.parametrize(
    "text", ["２０", "2_0", "nan", "inf", "1e999", " 20", "0x14", "٣", "", "--1", "1e", "1.2.3"]
)
def test_numbers_are_ascii_and_finite(text: str) -> None:
    assert whole(text) is number(text) is None
    assert size(f"{text}x512") is None or text == " 20"


@quick
@given(some.integers(-(10**20) + 1, 10**20 - 1))
def test_every_seed_comes_back_exactly(seed: int) -> None:
    assert whole(str(seed)) == whole(seed) == seed
