"""NaN, infinity and noise are told from pictures before the decoder makes something of them."""

from __future__ import annotations

import pytest
import torch

from render.__main__ import main
from render.latents import NOISE, Seen, neighbours
from render.pipelines import Studio
from render.plan import load_plan
from render.run import run

TEN = "axes:\n  seed: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n"


def is_noise(given: list[torch.Tensor]) -> bool:
    """What a picture decoded from these latents would be told to be."""
    seen = Seen()
    seen.latents(given)
    return seen.judged() == {"noise": True}


def spoiled(tensor: torch.Tensor, value: float, share: float) -> torch.Tensor:
    """A copy with this share of its numbers replaced, one at least."""
    flat = tensor.clone().reshape(-1)
    flat[: max(1, round(share * flat.numel()))] = value
    return flat.reshape(tensor.shape)


@pytest.fixture
def ten(studio):
    """Ten cells, by their seeds."""
    text = studio.plan.read_text().replace("axes:\n  guidance_scale: [1.0, 3.0]\n", TEN)
    studio.plan.write_text(text.replace('  sea: {prompt: "the sea", seed: 2}\n', ""))
    return studio


@pytest.mark.parametrize("share", [0.001, 1.0])
@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("latents", "the final latents hold NaN or infinite values."),
        ("decoder", "the decoder gave NaN or infinite values."),
    ],
)
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_ten_of_ten_spoiled_cells_fail_by_name(
    ten, capsys, monkeypatch, share, place, words, value
):
    """An infinity after the decoder would else be clamped to white, and NaN cast to black."""
    load = Studio.__init__

    def broken(self, *arguments, **options):
        load(self, *arguments, **options)
        if place == "latents":
            step = type(self.pipe.scheduler).step

            def last(scheduler, *a, **o):
                (latents, *rest) = step(scheduler, *a, **{**o, "return_dict": False})
                return (spoiled(latents, value, share), *rest)

            monkeypatch.setattr(type(self.pipe.scheduler), "step", last)
        else:
            decode = self.pipe.vae.decode
            self.pipe.vae.decode = lambda *a, **o: tuple(
                spoiled(picture, value, share) for picture in decode(*a, **o)
            )

    monkeypatch.setattr(Studio, "__init__", broken)
    assert main(["run", str(ten.plan), "--out", str(ten.out)]) == 1
    said = capsys.readouterr()
    assert "rendered 0, reused 0, failed 10" in said.out
    for seed in range(10):
        assert f"test: tiny-sd at prompt = castle, seed = {seed}: {words}" in said.err
    assert list(ten.folder.glob("*.webp")) == []


def test_noise_has_no_neighbours_alike_and_a_gradient_has():
    generator = torch.Generator().manual_seed(0)
    for _ in range(50):
        noise = torch.randn(1, 4, 16, 16, generator=generator)
        assert abs(neighbours(noise)) < NOISE
        assert is_noise([noise])
    ramp = torch.linspace(-1, 1, 16)
    picture = (ramp[:, None] * ramp).expand(1, 4, 16, 16)
    assert neighbours(picture) > 0.8
    assert not is_noise([picture])
    # Half noise, as after half the steps, is still told from noise alone.
    assert not is_noise([noise + 2 * picture])


def test_latents_too_few_to_tell_are_no_noise():
    assert not is_noise([torch.randn(1, 4, 8, 8)])


def test_a_picture_that_is_still_noise_fails_by_name_unless_its_plan_shows_failures(ten):
    """One step that begins where the noise should have ended takes none of it away."""
    text = ten.plan.read_text().replace("[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]", "[0]")
    text = text.replace("width: 64, height: 64", "width: 128, height: 128")
    text = text.replace("num_inference_steps: 2", "num_inference_steps: 1, scheduler: ddim")
    model = text.split("models: [", 1)[1].split("]", 1)[0]
    ten.plan.write_text(text.replace(model, "postcards"))
    summary = run([load_plan(str(ten.plan))], ten.out, device="cpu", width=1)
    assert summary.failed == [
        "test: postcards at prompt = castle, seed = 0: the final latents are still noise: "
        "no two neighbours are alike."
    ]
    ten.plan.write_text(ten.plan.read_text() + "may_be_noise: true\n")
    summary = run([load_plan(str(ten.plan))], ten.out, device="cpu", width=1)
    assert (summary.rendered, summary.failed) == (1, [])
