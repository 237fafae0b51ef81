"""The page's own arithmetic: with whole networks it draws what diffusers draws."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from live_precision import digests, in_single_precision, last_bits
from live_site import ASSETS, KNOWN
from playwright.sync_api import Browser

from tests.prove import PROVE

# Of the length of the latents. One call of the network is 8e-7 off (onnxruntime in Python as much,
# torch 2 to 4e-7). Where strong guidance magnifies that (8e-6 in diffusers itself for a last bit of
# the noise), a run may be off by a few times as much.
BAR, BITS = 1e-5, 3
STATED = json.loads((ASSETS / "models" / "browser.json").read_text(encoding="utf-8"))


@pytest.mark.skipif(not PROVE, reason="traces four networks, a minute of computing: make prove")
def test_in_single_precision_the_page_draws_what_diffusers_draws(
    chromium: Browser, tmp_path: Path
) -> None:
    """By its own worker, from prompts, seeds and step counts that no plan renders."""
    found = in_single_precision(chromium, tmp_path)
    for known, off, bit in zip(KNOWN, found, last_bits(), strict=True):
        assert off < max(BAR, BITS * bit), known["settings"]


def test_the_distance_that_the_page_states_is_that_of_its_models() -> None:
    """After new weights it is measured again, by live_precision.py."""
    assert STATED["models"] == digests(), "python -m render check names the command"
    assert STATED["runs"] == len(KNOWN) and STATED["latents_median"] < BAR
    assert STATED["latents_worst"] < max(BAR, BITS * STATED["last_bit_worst"])
