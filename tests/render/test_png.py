"""A source picture that is cut off or changed is named before any model is loaded."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from render import png
from render.__main__ import main
from render.png import png_problem

CUT = "expected a whole PNG picture, whose bytes can be decoded"


def picture(mode: str = "RGB", size: tuple[int, int] = (13, 9)) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, "PNG")
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def written(width: int, height: int, lines: bytes, *, laced: int = 0) -> bytes:
    """A grey picture of 8 bits whose filtered lines are these."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, laced)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return png.SIGNATURE + body


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_what_pillow_writes_is_whole(mode):
    assert png_problem(picture(mode)) is None


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (13, 9)])
def test_an_interlaced_picture_is_whole(size):
    """Adam7, written here as Pillow reads it."""
    width, height = size
    pixels = np.random.default_rng(1).integers(0, 256, (height, width), np.uint8)
    parts = [pixels[y::down, x::across] for x, y, across, down in png._PASSES]
    lines = b"".join(b"\0" + line.tobytes() for part in parts if part.size for line in part)
    content = written(width, height, lines, laced=1)
    with Image.open(io.BytesIO(content)) as image:
        assert np.array_equal(np.asarray(image), pixels)
    assert png_problem(content) is None
    assert png_problem(written(width, height, lines[:-1], laced=1)) == CUT


def test_a_picture_cut_off_anywhere_is_not_whole():
    content = picture()
    for length in range(33, len(content)):
        assert png_problem(content[:length]) == CUT
    for length in range(33):
        assert png_problem(content[:length]) == "expected a PNG picture"


def test_a_changed_byte_of_a_picture_is_noticed():
    content = picture()
    for at in range(16, len(content)):
        assert png_problem(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]) is not None


def test_a_picture_that_unpacks_to_more_than_it_says_is_refused_early():
    """A bomb of 100 MB in 100 kB: one piece is unpacked, and no more."""
    assert png_problem(written(2, 2, bytes(100_000_000))) == CUT
    assert png_problem(written(9000, 1, bytes(9001))) == (
        "expected a PNG picture of at most 8192 pixels a side"
    )


@pytest.mark.parametrize("key", ["source_image", "mask_image"])
def test_a_plan_with_a_truncated_picture_is_refused_before_it_starts(studio, key, capsys):
    folder = studio.plan.parent
    (folder / "whole.png").write_bytes(picture(size=(64, 64)))
    (folder / "cut.png").write_bytes(picture(size=(64, 64))[:4000])
    images = {"source_image": "whole.png", "mask_image": "whole.png", key: "cut.png"}
    named = ", ".join(f"{name}: {file}" for name, file in images.items())
    text = studio.plan.read_text().replace("seed: 1}", f"seed: 1, {named}}}")
    studio.plan.write_text(text)
    for command in ("plan", "check", "run"):
        assert main([command, str(studio.plan), "--out", str(studio.out)]) == 2
        assert capsys.readouterr().err == f"test: {key}: {CUT}, got 'cut.png'.\n"
