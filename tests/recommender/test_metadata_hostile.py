"""Hostile pictures: one clear line, seconds and megabytes, nothing echoed raw."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from recommender import UnreadableError, read_settings
from tests.pace import within
from tests.recommender.strangers import (
    MAGIC,
    bomb,
    chunk,
    node,
    read,
    refusal,
    sampler,
    within_limits,
)

CHECKOUT = Path(__file__).parents[2]
TEXT = b"parameters\0a lake\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 1"
TOKEN = "hf_" + "FAKE" * 8 + "ab"
HEAD = MAGIC + chunk(b"IHDR", bytes(13))
GOOD, END = chunk(b"tEXt", TEXT), chunk(b"IEND", b"")


@pytest.fixture(autouse=True)
def limits() -> Iterator[None]:
    with within_limits():
        yield


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (
            chunk(b"zTXt", b"x\0\0" + bomb(256)),
            "PNG chunk zTXt at byte 33: compressed text that grows beyond 4,194,304 bytes; "
            "left out",
        ),
        (
            chunk(b"iTXt", b"x\0\1\0\0\0" + bomb(8)),
            "PNG chunk iTXt at byte 33: compressed text that grows beyond 4,194,304 bytes; "
            "left out",
        ),
        (
            chunk(b"tEXt", b"x\0y", damaged=True),
            "PNG chunk tEXt at byte 33: its checksum is wrong; left out",
        ),
        (
            chunk(b"zTXt", b"x\0\x09abc"),
            "PNG chunk zTXt at byte 33: an unknown compression method; left out",
        ),
        (
            chunk(b"zTXt", b"x\0\0abc"),
            "PNG chunk zTXt at byte 33: damaged compressed text; left out",
        ),
        (
            chunk(b"tEXt", b"no keyword"),
            "PNG chunk tEXt at byte 33: no keyword of 1 to 79 ASCII characters; left out",
        ),
        (
            chunk(b"tEXt", b"x\0" + b"y" * 2**22),
            "PNG chunk tEXt at byte 33: 4,194,306 bytes; at most 4,194,304 are read",
        ),
        (chunk(b"eXIf", b"rubbish!"), "EXIF: no TIFF header; not read"),
        (
            chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
            "XMP: it has a document type; not read",
        ),
    ],
)
def test_a_bad_chunk_is_named_and_does_not_lose_the_others(
    tmp_path: Path, bad: bytes, problem: str
) -> None:
    found = read(tmp_path, HEAD + bad + GOOD + END)
    assert found.settings["num_inference_steps"] == 20
    assert found.problems == (problem,)


@pytest.mark.parametrize(
    "content",
    [
        MAGIC + chunk(b"IHDR", struct.pack(">II5B", 65535, 65535, 8, 2, 0, 0, 0)) + GOOD + END,
        HEAD + chunk(b"IDAT", b"rubbish") + GOOD + END,
        HEAD + GOOD + END + b"rubbish behind the end",
        HEAD + chunk(b"zTXt", b"x\0\0" + bomb(5)) * 100 + GOOD + END,
        HEAD + chunk(b"eXIf", b"II*\0\x08\0\0\0\1\0i\x87\4\0\1\0\0\0\x08\0\0\0") + GOOD + END,
    ],
    ids=["65535 x 65535", "no pixels", "more behind", "a hundred bombs", "EXIF in a circle"],
)
def test_an_odd_but_readable_picture_is_read(tmp_path: Path, content: bytes) -> None:
    assert read(tmp_path, content).settings["num_inference_steps"] == 20


def test_what_stands_before_a_lying_length_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD + GOOD + b"\xff\xff\xff\xf0tEXt")
    assert found.problems == (
        f"PNG: broken chunk at byte {len(HEAD + GOOD)}; what follows it is not read",
    )


def test_a_million_chunks_are_not_walked(tmp_path: Path) -> None:
    line = refusal(tmp_path, HEAD + chunk(b"tIME", b"") * 1_000_000 + GOOD + END)
    assert line == "no settings: PNG: more than 100,000 chunks; the rest are not read."


def test_an_item_in_sixty_thousand_pieces_is_not_put_together(
    tmp_path: Path,
) -> None:
    infe = b"\2\0\0\0\0\1\0\0Exif\0"
    iinf = b"\0\0\0\0\0\1" + struct.pack(">I", 8 + len(infe)) + b"infe" + infe
    iloc = b"\0\0\0\0\x44\0\0\1\0\1\0\0" + struct.pack(">H", 60000) + bytes(8) * 60000
    boxes = b"".join(
        struct.pack(">I", 8 + len(body)) + name + body
        for name, body in ((b"iinf", iinf), (b"iloc", iloc))
    )
    ftyp = b"\0\0\0\x14ftypavif\0\0\0\0avif"
    line = refusal(tmp_path, ftyp + struct.pack(">I", 12 + len(boxes)) + b"meta\0\0\0\0" + boxes)
    assert line == "no settings: AVIF: a damaged meta box; not read."


@pytest.mark.parametrize("unit", [" ", "a", ":", ",", "a: b, ", 'a: "', "a: [", 'a: "\\', "\n"])
@pytest.mark.parametrize("place", ["alone", "before", "within"])
def test_64_kb_of_one_thing_cost_no_minutes(tmp_path: Path, unit: str, place: str) -> None:
    filler = unit * (65536 // len(unit))
    line = "Steps: 20, Sampler: Euler, Seed: 1"
    text = {"alone": filler, "before": f"{filler}\n{line}", "within": f"{line}, {filler}"}[place]
    content = HEAD + chunk(b"tEXt", b"parameters\0" + text.encode()) + END
    with within(2):
        if place == "alone":
            assert refusal(tmp_path, content).startswith("no settings: ")
        else:
            assert read(tmp_path, content).settings["num_inference_steps"] == 20


def test_a_pipe_a_device_and_a_folder_are_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    kinds = {"pipe.png": "a pipe", "zero.png": "a device", "": "a folder"}
    for name, kind in kinds.items():
        with pytest.raises(UnreadableError) as error:
            read_settings(tmp_path / name)
        line = f"{tmp_path / name}: expected a picture or a workflow, got {kind}."
        assert str(error.value) == line


def test_a_name_with_a_nul_is_refused() -> None:
    with pytest.raises(UnreadableError) as error:
        read_settings("a\0b.png")
    assert str(error.value) == "a\\x00b.png: no possible file name."


def test_a_sparse_file_of_8_gb_costs_nothing(tmp_path: Path) -> None:
    for name, head in (("x.png", HEAD), ("x.json", b"{")):
        with (tmp_path / name).open("wb") as stream:
            stream.write(head)
            stream.truncate(8 * 2**30)
        with pytest.raises(UnreadableError):
            read_settings(tmp_path / name)


@pytest.mark.parametrize("as_json", [False, True])
def test_escapes_and_tokens_never_reach_the_terminal(tmp_path: Path, as_json: bool) -> None:
    nasty = f"\x1b[2J\x07\u202e{TOKEN}\u200b"
    graph = {
        "1": sampler(sampler_name=nasty, seed=nasty, positive=["2", 0], model=["3", 0]),
        "2": node("CLIPTextEncode", text=nasty),
        "3": node("LoraLoader", lora_name=nasty, strength_model=nasty, model=["4", 0]),
        nasty: node(nasty, ckpt_name=nasty),
        "4": node("UNETLoader", unet_name=nasty),
    }
    path = tmp_path / f"{nasty}.json"
    path.write_text(json.dumps(graph), encoding="utf-8")
    line = f"Steps: {nasty}, Sampler: {nasty}, CFG scale: 7, Seed: 1, {nasty}: {nasty}"
    text = tmp_path / "x.txt"
    text.write_text(f"{nasty}\nNegative prompt: {nasty}\n{line}", encoding="utf-8")
    command = [sys.executable, "-m", "recommender", "read", str(path), str(text), str(tmp_path)]
    done = subprocess.run(
        command + ["--json"] * as_json,
        cwd=CHECKOUT,
        capture_output=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    assert done.returncode == 2
    shown = done.stdout + done.stderr
    assert TOKEN.encode() not in shown and b"FAKEFAKE" not in shown
    for character in ("\x1b", "\x07", "\u202e", "\u200b"):
        assert character.encode() not in shown
    assert shown.count(b"(a token, removed)") >= 5


def test_a_token_is_taken_out_of_what_the_library_returns_too(
    tmp_path: Path,
) -> None:
    graph = {"1": sampler(positive=["2", 0]), "2": node("CLIPTextEncode", text=f"a {TOKEN} b")}
    assert read(tmp_path, graph).prompt == "a (a token, removed) b"
