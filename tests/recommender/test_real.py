"""What the real catalogue answers, and that its reference page is true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recommender import AmbiguousModelError, catalogue, recommend
from recommender._authoring.check import check_root
from recommender._authoring.cross import WITHOUT_A_PAGE
from recommender._authoring.schema import Claim, Model, Source
from recommender._authoring.schema_scheduler import Scheduler
from recommender._authoring.schema_setting import (
    Band,
    Choice,
    Conversion,
    Partner,
    Setting,
    Tool,
    Worked,
)
from recommender._authoring.schema_signature import Adapter, Layout, Part, Signature, Variant
from recommender._names import loose

if TYPE_CHECKING:
    from conftest import Tree

CHECKOUT = Path(__file__).parents[2]
REFERENCE = (CHECKOUT / "settings/README.md").read_text("utf-8")


def test_every_file_of_this_repository_is_sound() -> None:
    assert [str(problem) for problem in check_root(CHECKOUT).problems] == []


@pytest.mark.parametrize(
    "name",
    [
        "flux-schnell",
        "FLUX.1 [schnell]",
        "black-forest-labs/FLUX.1-schnell",
        "flux_schnell.safetensors",
        "flux-1-schnell",
    ],
)
def test_flux_schnell_takes_4_steps_by_any_name(name: str) -> None:
    found = recommend(name)
    assert (found.model, found.steps, found.low, found.high) == ("flux-1-schnell", 4, 1, 4)
    assert (found.guidance, found.rule, found.basis) == ("off", "few-step-author", "author")


@pytest.mark.parametrize(
    ("name", "steps", "low"), [("animagine-xl-3.1", 28, 28), ("sdxl-inpainting", 20, 15)]
)
def test_a_models_card_weighs_beside_what_a_host_and_a_signature_default_to(
    name: str, steps: int, low: int
) -> None:
    found = recommend(name)
    assert (found.steps, found.low, found.high, found.basis) == (steps, low, 50, "author")


@pytest.mark.parametrize("name", ["sd15", "sdxl", "FLUX.1-dev", "flux dev"])
def test_the_known_base_models_take_20_to_30_steps_with_their_authors_50_as_the_high_end(
    name: str,
) -> None:
    found = recommend(name)
    assert found.steps is not None and 20 <= found.steps <= 30
    assert found.high == 50


def test_flux_alone_is_ambiguous() -> None:
    with pytest.raises(AmbiguousModelError) as caught:
        recommend("flux")
    assert {"flux-1-dev", "flux-1-schnell"} <= set(caught.value.candidates)


def test_every_model_is_found_by_each_of_its_names() -> None:
    known = catalogue()
    for id, model in known.models.items():
        for name in (id, model["name"], *model.get("aliases", [])):
            assert known.find(name) == id
        if "hub_id" in model:
            assert known.find(model["hub_id"]) == id


def test_every_answer_lies_in_its_range_and_names_its_sources() -> None:
    known = catalogue()
    for id in known.models:
        found = recommend(id)
        if found.steps is None:
            assert found.rule == "no-claim"
            continue
        assert (found.low or found.steps) <= found.steps <= (found.high or found.steps)
        assert found.sources or found.basis == "measured"


def examples() -> list[tuple[str, str]]:
    """Returns the YAML examples of settings/README.md with the file name each begins with."""
    found = re.findall(r"```yaml\n# (\S+)\n(.*?)```", REFERENCE, flags=re.DOTALL)
    assert len(found) == 5
    return found


@pytest.mark.parametrize(("file", "text"), examples())
def test_the_examples_of_the_reference_are_sound_files(tree: Tree, file: str, text: str) -> None:
    for id in ("clip_skip", "negative_prompt"):
        if file != f"settings/{id}.yaml":
            path = tree.root / f"settings/{id}.yaml"
            source = (tree.root / "settings/guidance_scale.yaml").read_text("utf-8")
            source = source.replace("Guidance scale", id).replace("guidance-scale", id)
            # No sentence may stand on two pages.
            source = source.replace("How closely the prompt is followed", f"What {id} says here")
            source = source.replace("It weighs the prompt", f"It is {id} alone")
            path.write_text(source.replace("[cfg]", "[]"), "utf-8")
    (tree.root / file).parent.mkdir(parents=True, exist_ok=True)
    (tree.root / file).write_text(text, "utf-8")
    if "\nspacings:" in text:
        # The tree's own sampler is of the same class, and then must say which spacing it has.
        sampler = tree.root / "settings/schedulers/heun.yaml"
        sampler.write_text(sampler.read_text("utf-8") + "spacing: linspace\n", "utf-8")
    if "\nschedule: uniform" in text:
        schedule = tree.root / "settings/schedules/uniform.yaml"
        schedule.parent.mkdir()
        schedule.write_text("name: Uniform\nnames: {comfyui: normal}\n", "utf-8")
    if "base: " in text:
        base = (tree.root / "settings/models/other/other-one.yaml").read_text("utf-8")
        base = base.replace("Other [one]", "Base").replace("hub_id: house/Other.ONE-v2\n", "")
        (tree.root / file).with_name("example-base.yaml").write_text(base, "utf-8")
    assert [str(problem) for problem in check_root(tree.root).problems] == []


def test_the_reference_names_every_key_and_every_setting_without_a_page() -> None:
    signatures = (Signature, Part, Layout, Variant, Adapter)
    settings = (Setting, Band, Choice, Partner, Tool, Conversion, Worked)
    for schema in (*settings, Model, Scheduler, Source, Claim, *signatures):
        for name, field in schema.model_fields.items():
            assert re.search(rf"\b{field.alias or name}\b", REFERENCE), f"{schema}: {name}"
    for name in WITHOUT_A_PAGE:
        assert f"`{name}`" in REFERENCE


def test_a_setting_that_has_a_page_is_not_listed_as_having_none() -> None:
    assert not set(WITHOUT_A_PAGE) & set(catalogue().settings)


def test_claims_name_samplers_that_the_table_knows() -> None:
    """A name the table lacks would count as any class, so the ones in use are watched."""
    known = catalogue()
    unknown = {
        claim["scheduler"]
        for model in known.models.values()
        for claim in model["claims"].get("num_inference_steps", [])
        if "scheduler" in claim and loose(claim["scheduler"]) not in known["calls"]
    }
    assert unknown <= {
        "EDMDPMSolverMultistepScheduler",
        "FlowUniPCMultistepScheduler",
        "IDDPM",
        "SASolverScheduler",
        "midpoint",
    }
