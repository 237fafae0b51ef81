"""From a tool's words to the catalogue's sampler, its class and its flags, and back."""

from __future__ import annotations

from typing import Any

import pytest

from recommender import _samplers, catalogue

KNOWN = catalogue()
EULER, MULTISTEP = "EulerDiscreteScheduler", "DPMSolverMultistepScheduler"


@pytest.mark.parametrize(
    ("tool", "sampler", "schedule", "flow", "id", "made"),
    [
        ("comfyui", "dpmpp_2m", "karras", False, "dpmpp-2m-karras", "karras"),
        ("a1111", "DPM++ 2M", "Karras", False, "dpmpp-2m-karras", "karras"),
        ("a1111", "DPM++ 2M Karras", None, False, "dpmpp-2m-karras", "karras"),
        ("invokeai", "dpmpp_2m_k", None, False, "dpmpp-2m-karras", "karras"),
        ("draw_things", "DPM++ 2M Karras", None, False, "dpmpp-2m-karras", "karras"),
        ("comfyui", "euler", "normal", False, "euler", "uniform"),
        ("comfyui", "euler", "sgm_uniform", False, "euler-trailing", "sgm_uniform"),
        ("comfyui", "euler", "simple", True, "flow-match-euler", "simple"),
        ("forge", "Euler", "Simple", True, "flow-match-euler", "simple"),
        ("comfyui", "heun", "beta", False, "heun", "beta"),
        ("fooocus", "dpmpp_2m_sde_gpu", "karras", False, "dpmpp-2m-sde-karras", "karras"),
        ("swarmui", "dpmpp_2m_sde", "exponential", False, "dpmpp-2m-sde-exponential",
         "exponential"),
        ("novelai", "k_euler_ancestral", "native", False, "euler-ancestral", "uniform"),
        ("stable_diffusion_cpp", "ddim_trailing", "simple", False, "ddim-trailing", "simple"),
        ("mflux", "linear", None, True, "flow-match-euler", "simple"),
    ],
)  # fmt: skip
def test_a_tool_s_words_lead_to_the_sampler_and_its_schedule(
    tool: str, sampler: str, schedule: str | None, flow: bool, id: str, made: str
) -> None:
    found = _samplers.read(KNOWN, tool, sampler, schedule, flow=flow)
    assert found is not None
    assert (found.id, found.schedule, found.exact) == (id, made, True)


def test_a_schedule_without_a_sampler_of_its_own_is_added_as_flags() -> None:
    found = _samplers.read(KNOWN, "comfyui", "heun", "exponential")
    assert found is not None
    assert (found.diffusers, found.flags) == (
        "HeunDiscreteScheduler",
        {"use_exponential_sigmas": True},
    )


def test_a_schedule_that_the_class_cannot_make_is_not_exact() -> None:
    """The class of Euler ancestral has no Karras flag, so diffusers cannot do what is asked."""
    found = _samplers.read(KNOWN, "comfyui", "euler_ancestral", "karras")
    assert found == ("euler-ancestral", "karras", "EulerAncestralDiscreteScheduler",
                     {"timestep_spacing": "linspace"}, False)  # fmt: skip


def test_a_sampler_that_only_tools_have_has_no_class() -> None:
    found = _samplers.read(KNOWN, "comfyui", "res_multistep", "simple")
    assert found == ("res-multistep", "simple", None, {}, False)


@pytest.mark.parametrize("word", ["euler_deluxe", "", "EULER DISCRETE"])
def test_a_name_that_the_tool_does_not_have_is_nothing(word: str) -> None:
    assert _samplers.read(KNOWN, "comfyui", word) is None


@pytest.mark.parametrize(
    ("diffusers", "flags", "id", "schedule", "exact"),
    [
        (MULTISTEP, {}, "dpmpp-2m", "sgm_uniform", True),
        (MULTISTEP, {"use_karras_sigmas": True}, "dpmpp-2m-karras", "karras", True),
        (MULTISTEP, {"algorithm_type": "sde-dpmsolver++"}, "dpmpp-2m-sde", "sgm_uniform", True),
        (MULTISTEP, {"use_flow_sigmas": True, "prediction_type": "flow_prediction"},
         "flow-dpmpp-2m", "simple", True),
        (MULTISTEP, {"use_lu_lambdas": True}, "dpmpp-2m", "lu_lambdas", True),
        (EULER, {}, "euler", "uniform", True),
        (EULER, {"timestep_spacing": "trailing"}, "euler-trailing", "sgm_uniform", True),
        (EULER, {"timestep_spacing": "leading", "steps_offset": 1, "use_karras_sigmas": False},
         "euler", "ddim_uniform", False),
        ("DDIMScheduler", {"timestep_spacing": "leading", "steps_offset": 1}, "ddim",
         "ddim_uniform", True),
        ("DDIMScheduler", {"timestep_spacing": "trailing"}, "ddim-trailing", "simple", True),
        ("FlowMatchEulerDiscreteScheduler", {"shift": 3.0}, "flow-match-euler", "simple", True),
        ("EulerAncestralDiscreteScheduler", {}, "euler-ancestral", "uniform", True),
    ],
)  # fmt: skip
def test_a_class_with_flags_leads_to_the_sampler_and_its_schedule(
    diffusers: str, flags: dict[str, Any], id: str, schedule: str, exact: bool
) -> None:
    found = _samplers.of_class(KNOWN, diffusers, flags)
    assert found is not None
    assert (found.id, found.schedule, found.exact) == (id, schedule, exact)


def test_a_whole_config_leads_to_the_same_sampler_as_its_flags() -> None:
    diffusers = pytest.importorskip("diffusers")
    for id in ("dpmpp-2m-karras", "euler-trailing", "dpmpp-3m-sde", "flow-unipc", "heun-karras"):
        one = KNOWN.schedulers[id]
        config = dict(getattr(diffusers, one["class"])(**one["flags"]).config)
        found = _samplers.of_class(KNOWN, one["class"], config)
        assert found is not None
        assert (found.id, found.schedule) == (id, one["schedule"])


def test_a_class_that_nobody_knows_is_nothing() -> None:
    assert _samplers.of_class(KNOWN, "NoSuchScheduler", {}) is None


def test_every_pair_that_the_catalogue_names_is_read_back_as_the_same_sampler() -> None:
    wrong = []
    for id, one in KNOWN.schedulers.items():
        flow = one.get("valid_for") == ["flow"]
        for tool, (sampler, schedule) in one["tools"].items():
            found = _samplers.read(KNOWN, tool, sampler, schedule, flow=flow)
            if found is None or found.id != id:
                wrong.append((id, tool, sampler, schedule, found))
    assert wrong == []


def test_a_tool_without_the_sampler_has_no_name_for_it() -> None:
    assert _samplers.named(KNOWN, "a1111", "deis") is None
    assert _samplers.named(KNOWN, "forge", "deis") == ("DEIS", "SGM Uniform")
    assert _samplers.named(KNOWN, "draw_things", "euler-karras") is None


def test_a_name_leads_to_what_it_may_mean_and_a_class_to_its_usual_sampler() -> None:
    names = KNOWN["scheduler_names"]
    assert names["euler"] == ["euler", "flow-match-euler"]
    assert names["dpmpp2mk"] == ["dpmpp-2m-karras"]
    assert names["dpmsolvermultistepscheduler"] == ["dpmpp-2m"]
    assert names["ddimscheduler"] == ["ddim"]
    assert all(id in KNOWN.schedulers for ids in names.values() for id in ids)


def test_the_cost_of_a_step_is_known_by_every_name_save_where_there_is_none() -> None:
    costs = KNOWN["calls"]
    assert (costs["heun"], costs["kdpm2"], costs["euler"], costs["plms"]) == (2, 2, 1, 1)
    assert costs["seeds3"] == costs["heunpp2"] == 3
    assert "dpmadaptive" not in costs


def test_every_tool_s_variant_has_its_base_s_class_and_an_own_schedule() -> None:
    variants = [one for one in KNOWN.schedulers.values() if "variant_of" in one]
    assert len(variants) == 15
    for one in variants:
        base = KNOWN.schedulers[one["variant_of"]]
        assert one["class"] == base["class"]
        assert one["schedule"] != base["schedule"]
        assert one["calls_per_step"] == base["calls_per_step"]


def test_the_models_that_name_a_class_stand_with_its_sampler_for_their_kind() -> None:
    schedulers = KNOWN.schedulers
    assert "sdxl-turbo" in schedulers["euler-ancestral"]["models"]
    assert "sana-1600m-1024" in schedulers["flow-dpmpp-2m"]["models"]
    assert "sana-1600m-1024" not in schedulers["dpmpp-2m"]["models"]
