"""A picture rounded where it was decoded has the bytes of one that came as floats."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from render.errors import BadPicture
from render.images import to_uint8
from render.pixels import arrived, rounded


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_rounding_on_the_device_gives_the_bytes_of_diffusers_and_numpy(dtype):
    """All values between two levels of 255, and beyond both ends, in every precision."""
    values = torch.linspace(-0.01, 1.01, 3 * 256 * 256).reshape(3, 256, 256).to(dtype)
    there = values.cpu().permute(1, 2, 0).float().numpy()  # VaeImageProcessor.pt_to_numpy
    assert np.array_equal(arrived(rounded(values)), to_uint8(there))
    halves = (torch.arange(256).float() + 0.5) / 255
    ties = halves.expand(3, 16, 256).to(dtype)
    assert np.array_equal(arrived(rounded(ties)), to_uint8(ties.permute(1, 2, 0).float().numpy()))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda x: x.fill_(0.5),
        lambda x: x[0, 0, 0].fill_(float("nan")),
        lambda x: x[:, :2].fill_(float("inf")),
    ],
    ids=["blank", "NaN", "infinite"],
)
def test_what_is_no_picture_is_refused_in_the_same_words(spoil):
    values = torch.rand(3, 8, 8)
    spoil(values)
    with pytest.raises(BadPicture) as numpys:
        to_uint8(values.permute(1, 2, 0).numpy())
    with pytest.raises(BadPicture) as ours:
        arrived(rounded(values))
    assert str(ours.value) == str(numpys.value)
