"""Why the page on prompt weighting has no pictures: its figures, worked out again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import CLIPTextModel, CLIPTokenizer

from recommender import catalogue
from render import manifest
from render.__main__ import main
from render.models import REFERENCE
from tests.prove import PROVE

PLAN = """\
title: One phrase weighted
transfers: mechanism
models: [postcards]
settings: {num_inference_steps: 20, guidance_scale: 3.0, prompt_weighting: comfyui}
prompts:
  sunset: {prompt: "a meadow at sunset, pine trees, big clouds", weighted: big clouds}
  night: {prompt: "a snowfield by night, a full moon, pine trees", weighted: a full moon}
  day: {prompt: "a hot-air balloon, green hills by day, big clouds", weighted: a hot-air balloon}
axes:
  prompt_weight: [0.5, 1.0, 1.3]
  seed: [1, 2, 3, 4]
"""


def page() -> str:
    return " ".join(str(catalogue().settings["prompt_weighting"]["what_it_does"]).split())


def test_the_reference_models_text_vectors_average_to_almost_nothing() -> None:
    """What A1111's brackets restore is their mean; halving one phrase turns it over."""
    folder = REFERENCE / "postcards"
    tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer")
    encoder = CLIPTextModel.from_pretrained(folder / "text_encoder").eval()
    words = ("a meadow at sunset, pine trees,", "big clouds")
    counts = [len(tokenizer(part, add_special_tokens=False).input_ids) for part in words]
    asked = tokenizer(" ".join(words), padding="max_length", return_tensors="pt").input_ids
    with torch.no_grad():
        vectors = encoder(asked)[0]
    weights = torch.ones(asked.shape[1])
    weights[1 + counts[0] : 1 + sum(counts)] = 0.5
    factor = vectors.mean() / (vectors * weights[:, None]).mean()
    assert abs(vectors.mean()) < 0.001
    assert round(vectors.std().item(), 1) == 0.9
    assert "less than 0.001 beside a spread of 0.9" in page()
    assert f"multiplied every vector by −{-factor:.0f}." in page()


@pytest.mark.skipif(not PROVE, reason="renders 36 pictures, a minute; make prove does")
def test_comfyuis_way_moves_the_reference_models_pictures_by_what_the_page_says(
    tmp_path: Path,
) -> None:
    """Mean over three prompts and four seeds, against the same picture at weight 1."""
    file = tmp_path / "weights.yaml"
    file.write_text(PLAN)
    assert main(["run", str(file), "--out", str(tmp_path)]) == 0
    found: dict[tuple[str, int], dict[float, np.ndarray]] = {}
    for cell in manifest.read_cells(tmp_path / "weights").values():
        axes = cell["axes"]
        with Image.open(tmp_path / "weights" / cell["file"]) as picture:
            pixels = np.asarray(picture.convert("RGB"), dtype=float)
        found.setdefault((axes["prompt"], axes["seed"]), {})[axes["prompt_weight"]] = pixels
    low, high = (
        np.mean([np.abs(one[weight] - one[1.0]).mean() for one in found.values()])
        for weight in (0.5, 1.3)
    )
    assert len(found) == 12
    assert f"by {low:.1f} of 255 grey levels on average at 0.5, and by {high:.1f} at 1.3" in page()
