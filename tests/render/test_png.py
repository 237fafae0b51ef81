"""A source picture that is cut off or changed is named before any model is loaded."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from render.__main__ import main
from render.images import png_problem

CUT = "expected a whole PNG picture, whose bytes can be decoded"


def picture(mode: str = "RGB", size: tuple[int, int] = (13, 9)) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_what_pillow_writes_is_whole(mode):
    assert png_problem(picture(mode)) is None


def test_a_picture_cut_off_anywhere_is_not_whole():
    content = picture()
    for length in range(content.index(b"IEND")):
        assert png_problem(content[:length]) == CUT


def test_a_changed_byte_of_a_picture_is_noticed():
    content = picture()
    for at in range(16, content.index(b"IEND") - 4):
        assert png_problem(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]) is not None


def test_a_picture_of_too_many_pixels_is_refused_by_its_head():
    """Before anything is unpacked."""
    assert png_problem(picture(size=(8193, 1))) == (
        "expected a PNG picture of at most 8192 pixels a side"
    )


def test_a_picture_of_another_kind_is_no_png():
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, "WEBP")
    assert png_problem(buffer.getvalue()) == CUT


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
