"""A picture that shows nothing, or hides a NaN, is never kept."""

from __future__ import annotations

import numpy as np
import pytest

from render.errors import BadPicture
from render.images import decode, drift, encode, to_uint8
from render.reference.painting import paint
from render.reference.scenes import Scene


def picture() -> np.ndarray:
    """A soft gradient in three colours, 32 px."""
    ramp = np.linspace(0, 1, 32)
    return np.stack(np.broadcast_arrays(ramp[:, None], ramp[None, :], 0.5), axis=-1)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize(("count", "share"), [(3, "0.1%"), (3072, "100.0%")])
def test_nan_and_infinity_are_refused_with_their_share(value, count, share):
    pixels = picture().reshape(-1)
    pixels[:count] = value
    with pytest.raises(BadPicture) as raised:
        to_uint8(pixels.reshape(32, 32, 3))
    assert str(raised.value) == f"{share} of the decoded picture is NaN or infinite"


@pytest.mark.parametrize("grey", [0.0, 0.5, 1.0])
def test_a_blank_picture_is_refused(grey):
    with pytest.raises(BadPicture, match="the decoded picture is blank"):
        to_uint8(np.full((16, 16, 3), grey))


def test_a_dark_picture_with_something_in_it_is_kept():
    pixels = np.zeros((16, 16, 3))
    pixels[8, 8] = 0.05
    assert to_uint8(pixels).max() == 13


def test_the_same_pixels_give_the_same_bytes():
    assert encode(to_uint8(picture())) == encode(to_uint8(picture()))


def test_encoding_costs_little_of_the_picture():
    """A scene of the reference models' world survives WebP within three grey levels on average."""
    pixels = np.asarray(paint(Scene.sample(0)))
    _, mean = drift(pixels, decode(encode(pixels)))
    assert mean < 3


def test_drift_is_the_largest_and_the_mean_difference():
    a = np.zeros((2, 2, 3), np.uint8)
    b = a.copy()
    b[0, 0, 0] = 12
    assert drift(a, b) == (12, 1.0)
