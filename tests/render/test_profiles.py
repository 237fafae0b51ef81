"""Profiles: what is compiled is near what is exact, and never passes for it."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch

from render.__main__ import main
from render.errors import RenderError
from render.models import find_model
from render.pipelines import Studio
from render.profiles import PROFILES, expect
from tests.prove import PROVE
from tests.render import tiny
from tests.render.test_engine import draw, mixed

BUILDERS = [tiny.stable_diffusion, tiny.flux]


def test_an_unknown_profile_is_refused_by_name():
    with pytest.raises(RenderError) as raised:
        expect("faster", "cpu")
    assert str(raised.value) == "--profile: expected exact, fast, graphs, got 'faster'."


def test_graphs_on_a_cpu_are_refused_before_anything_is_loaded(model, capsys, studio):
    """In the error's one form, from the command line as well."""
    told = (
        "--profile graphs: expected an NVIDIA GPU, got cpu. "
        "Leave it out: exact makes the same pictures."
    )
    with pytest.raises(RenderError) as raised:
        Studio(find_model(str(model)), "cpu", profile="graphs")
    assert str(raised.value) == told
    options = ["--device", "cpu", "--profile", "graphs", "--out", str(studio.out)]
    assert main(["run", str(studio.plan), *options]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == told


def test_only_a_profile_that_is_not_exact_is_told(model):
    told = {name: Studio(find_model(str(model)), "cpu", profile=name) for name in PROFILES[:2]}
    assert "profile" not in told["exact"].environment()
    assert told["fast"].environment()["profile"] == "fast"


@pytest.mark.skipif(
    not PROVE or shutil.which("g++") is None, reason="compiles for minutes: make prove, and g++"
)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__)
def test_compiled_pictures_lie_within_one_grey_level_and_keep_their_bits(build, tmp_path):
    """Mates, order and padding leave a compiled picture's bits alone as well."""
    torch.set_num_threads(1)
    model = find_model(str(build(tmp_path / "model")))
    cells = mixed(model)[:4]
    exact = draw(Studio(model, "cpu", width=4), cells)
    studio = Studio(model, "cpu", width=4, profile="fast")
    fast = draw(studio, cells)
    assert max(np.abs(fast[k].astype(int) - exact[k]).max() for k in exact) <= 1
    for some in (cells[::-1], cells[1:2]):
        assert all(np.array_equal(x, fast[k]) for k, x in draw(studio, some).items())
