"""A live diffusers pipeline is recognised, gets its scheduler, and runs with what it is given."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("diffusers")

import torch
from diffusers import (
    DiffusionPipeline,
    FluxImg2ImgPipeline,
    StableDiffusionImg2ImgPipeline,
    UNet2DConditionModel,
)

from recommender import AmbiguousModelError, SettingsWarning, UnreadableError, recommend
from tests.recommender.headers import build
from tests.render import tiny

if TYPE_CHECKING:
    from PIL.Image import Image

CHECKOUT = Path(__file__).parents[2]


pytestmark = pytest.mark.usefixtures("of_this_checkout")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two tiny pipelines of real classes, in folders whose names say nothing."""
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("pipelines")
    return {"sd": tiny.stable_diffusion(root / "a"), "flux": tiny.flux(root / "b")}


def loaded(folder: Path, name: str | None = None, of: Any = DiffusionPipeline) -> Any:
    """Loads a pipeline, as if from the hub if it has a name."""
    pipe = of.from_pretrained(folder)
    pipe.set_progress_bar_config(disable=True)
    if name is not None:
        pipe.register_to_config(_name_or_path=name)
    return pipe


def picture() -> Image:
    """Returns a grey picture of 64 pixels."""
    from PIL import Image

    return Image.new("RGB", (64, 64), "grey")


def test_the_hub_id_it_was_loaded_from_names_the_model(folders: dict[str, Path]) -> None:
    pipe = loaded(folders["flux"], "black-forest-labs/FLUX.1-schnell")
    found = recommend(pipe)
    assert (found.model, found.steps) == ("flux-1-schnell", 4)
    assert found.why[1].startswith("The FluxPipeline is FLUX.1 family")
    assert found.why[1].endswith("told by its name: FLUX.1 [schnell].")


def test_so_does_the_name_of_the_folder(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "stable-diffusion-v1-5"
    folder.symlink_to(folders["sd"])
    assert recommend(loaded(folder)).model == "stable-diffusion-v1-5"


def test_a_name_of_another_family_than_its_class_is_not_believed(folders: dict[str, Path]) -> None:
    with pytest.raises(AmbiguousModelError) as caught:
        recommend(loaded(folders["sd"], "black-forest-labs/FLUX.1-schnell"))
    assert {"stable-diffusion-v1-5", "stable-diffusion-v1-4"} <= set(caught.value.candidates)


def test_an_undecided_pipeline_carries_its_candidates_and_can_be_named(
    folders: dict[str, Path],
) -> None:
    pipe = loaded(folders["flux"])
    with pytest.raises(AmbiguousModelError) as caught:
        recommend(pipe)
    assert "flux-1-schnell" in caught.value.candidates
    assert "4 if FLUX.1 [schnell]" in str(caught.value)
    assert str(caught.value).endswith("Say which with known_as=MODEL.")
    assert recommend(pipe, known_as="flux-schnell").model == "flux-1-schnell"
    with pytest.raises(UnreadableError, match="which its class or its tensors contradict"):
        recommend(pipe, known_as="sdxl")


def test_the_sizes_of_its_network_tell_the_model_where_nothing_else_does() -> None:
    """A network of full size on the meta device has every shape and no weight."""
    from diffusers import FluxFillPipeline, FluxTransformer2DModel

    with torch.device("meta"):
        network = FluxTransformer2DModel(in_channels=384, out_channels=64, guidance_embeds=True)
    names = ("scheduler", "vae", "text_encoder", "tokenizer", "text_encoder_2", "tokenizer_2")
    pipe = FluxFillPipeline(transformer=network, **dict.fromkeys(names))
    assert recommend(pipe).model == "flux-1-fill-dev"
    assert build.load("native")["flux-1-fill"]  # the same network as a file is read elsewhere


def test_it_runs_with_what_it_is_given(folders: dict[str, Path]) -> None:
    """pipe(prompt, **recommend(pipe).apply(pipe)), at a small size to be quick."""
    pipe = loaded(folders["flux"], "black-forest-labs/FLUX.1-schnell")
    given = recommend(pipe).apply(pipe)
    assert given == {
        "num_inference_steps": 4,
        "guidance_scale": 0.0,
        "width": 1024,
        "height": 1024,
        "max_sequence_length": 256,
    }
    given |= {"width": 32, "height": 32, "max_sequence_length": 16}
    assert pipe("a b", output_type="np", **given).images.shape == (1, 32, 32, 3)


def test_the_scheduler_is_set_with_the_pipelines_own_config(folders: dict[str, Path]) -> None:
    pipe = loaded(folders["sd"])
    before = pipe.scheduler
    found = recommend(pipe, known_as="sd1.5", scheduler="DPM++ 2M Karras", goal="draft")
    given = found.apply(pipe)
    assert type(pipe.scheduler).__name__ == "DPMSolverMultistepScheduler"
    assert pipe.scheduler.config.use_karras_sigmas is True
    assert pipe.scheduler.config.beta_schedule == before.config.beta_schedule == "scaled_linear"
    assert not {"scheduler", "use_karras_sigmas"} & set(given)
    given |= {"width": 64, "height": 64, "num_inference_steps": 2}
    assert pipe("a b", output_type="np", **given).images.shape == (1, 64, 64, 3)
    again = pipe.scheduler
    found.apply(pipe)
    assert pipe.scheduler is again


def test_a_multistep_scheduler_on_a_flow_model_gets_flow_levels(folders: dict[str, Path]) -> None:
    pipe = loaded(folders["flux"])
    recommend(pipe, known_as="flux-schnell", scheduler="UniPCMultistepScheduler").apply(pipe)
    config = pipe.scheduler.config
    assert (config.use_flow_sigmas, config.prediction_type) == (True, "flow_prediction")


def test_a_single_step_starts_from_noise(folders: dict[str, Path]) -> None:
    """As stored, leading spacing would start the one step at t = 0."""
    pipe = loaded(folders["sd"])
    pipe.scheduler = type(pipe.scheduler).from_config(
        pipe.scheduler.config, timestep_spacing="leading"
    )
    found = recommend("sd-turbo")
    assert (found.steps, found.scheduler) == (1, "EulerAncestralDiscreteScheduler")
    assert found.apply(pipe)["num_inference_steps"] == 1
    pipe.scheduler.set_timesteps(1)
    assert pipe.scheduler.timesteps.tolist() == [999]


def test_a_scheduler_that_diffusers_lacks_stays_with_a_warning(folders: dict[str, Path]) -> None:
    pipe = loaded(folders["sd"])
    before = pipe.scheduler
    with pytest.warns(SettingsWarning, match="MadeUpScheduler is not in this version of diffusers"):
        recommend(pipe, known_as="sd1.5", scheduler="MadeUpScheduler").apply(pipe)
    assert pipe.scheduler is before


def steps_run(pipe: Any, **given: Any) -> int:
    """Returns how many denoising steps a call really takes."""
    seen: list[int] = []

    def note(pipe: Any, step: int, at: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        seen.append(step)
        return tensors

    pipe("a b", image=picture(), output_type="np", callback_on_step_end=note, **given)
    return len(seen)


@pytest.mark.parametrize("strength", [0.3, 0.55, 0.9, 1.0])
@pytest.mark.parametrize(
    ("name", "of", "model"),
    [
        ("sd", StableDiffusionImg2ImgPipeline, "stable-diffusion-v1-5"),
        ("flux", FluxImg2ImgPipeline, "flux-1-schnell"),
    ],
)
def test_from_a_picture_the_effective_steps_are_what_runs(
    folders: dict[str, Path], name: str, of: Any, model: str, strength: float
) -> None:
    """Pipelines of flow models round the other way, and both are counted as they do."""
    pipe = loaded(folders[name], of=of)
    found = recommend(pipe, known_as=model, strength=strength, scheduler="Euler", goal="draft")
    given = found.apply(pipe)
    assert given["strength"] == strength and "width" not in given
    if name == "flux":
        given |= {"max_sequence_length": 16, "width": 64, "height": 64}
    assert steps_run(pipe, **given) == found.effective_steps


def test_what_is_no_pipeline_is_refused() -> None:
    for thing in (4, object(), DiffusionPipeline, UNet2DConditionModel):
        with pytest.raises(TypeError, match="a path or a diffusers pipeline, got "):
            recommend(thing)


def test_recommend_imports_nothing_of_a_pipelines_package(folders: dict[str, Path]) -> None:
    """Whatever looks like a pipeline will do: its own modules are asked, none is imported."""

    class Scheduler:
        def __init__(self) -> None:
            self.config = {"shift": 3.0}

    class Pipe:
        def __init__(self) -> None:
            self.config = {"_name_or_path": "Tongyi-MAI/Z-Image-Turbo"}
            self.scheduler = Scheduler()

        def __call__(self, prompt: str, num_inference_steps: int = 50) -> None: ...

    before = set(sys.modules)
    pipe = Pipe()
    with pytest.warns(SettingsWarning):
        assert recommend(pipe).apply(pipe) == {"num_inference_steps": 8}
    assert not [name for name in set(sys.modules) - before if not name.startswith("recommender")]
