"""A checkout in miniature: one tiny model, one plan, no pictures yet."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from render.__main__ import main
from tests.render import tiny

PLAN = """\
title: A test
transfers: mechanism
models: [{model}]
settings: {{guidance_scale: 3.0, num_inference_steps: 2, width: 64, height: 64}}
prompts:
  castle: {{prompt: "a castle", seed: 1}}
  sea: {{prompt: "the sea", seed: 2}}
axes:
  guidance_scale: [1.0, 3.0]
"""


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    """A Stable Diffusion pipeline small enough to render in milliseconds."""
    return tiny.stable_diffusion(tmp_path_factory.mktemp("models") / "tiny-sd")


@pytest.fixture
def studio(tmp_path: Path, model: Path) -> SimpleNamespace:
    """Folders of a checkout: `.plan` is the plan's file, `.out` where its pictures go."""
    plan = tmp_path / "render" / "plans" / "test.yaml"
    plan.parent.mkdir(parents=True)
    plan.write_text(PLAN.format(model=model))
    return SimpleNamespace(
        plan=plan, out=tmp_path / "renders", folder=tmp_path / "renders" / "test"
    )


@pytest.fixture(scope="session")
def rendered(tmp_path_factory, model: Path) -> Path:
    """What `render run` makes of the plan, once for every test that begins after it."""
    root = tmp_path_factory.mktemp("rendered")
    plan = root / "test.yaml"
    plan.write_text(PLAN.format(model=model))
    assert main(["run", str(plan), "--out", str(root / "renders")]) == 0
    return root / "renders"


@pytest.fixture
def finished(studio: SimpleNamespace, rendered: Path) -> SimpleNamespace:
    """A studio whose pictures are all there."""
    shutil.copytree(rendered, studio.out)
    return studio


@pytest.fixture
def namesake(model, tmp_path: Path) -> Path:
    """Another model in a folder of the same name: its noise comes out the other way round."""
    import torch
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "elsewhere" / model.name
    shutil.copytree(model, folder)
    weights = next((folder / "unet").glob("*.safetensors"))
    tensors = load_file(weights)
    tensors["conv_out.weight"] = -tensors["conv_out.weight"]
    tensors["conv_out.bias"] = tensors["conv_out.bias"] + torch.ones(4)
    save_file(tensors, weights, {"format": "pt"})
    return folder
