"""The arithmetic between two tools' conventions, on the figures that the pages print."""

from __future__ import annotations

import math

import pytest

from recommender import _convert as convert

TOOLS_AT_20_AND_075 = {
    "diffusers": 15,
    "diffusers_flow": 15,
    "a1111": 16,
    "comfyui": 20,
    "swarmui": 15,
    "sdnext": 20,
    "stable_diffusion_cpp": 16,
    "mflux": 5,
}
TOOLS_AT_28_AND_06 = {
    "diffusers": 16,
    "diffusers_flow": 17,
    "a1111": 17,
    "comfyui": 28,
    "swarmui": 17,
    "sdnext": 28,
    "stable_diffusion_cpp": 17,
    "mflux": 12,
}
TOOLS_AT_4_AND_02 = {
    "diffusers": 0,
    "diffusers_flow": 1,
    "a1111": 1,
    "comfyui": 4,
    "swarmui": 1,
    "sdnext": 4,
    "stable_diffusion_cpp": 1,
    "mflux": 3,
}


@pytest.mark.parametrize(
    ("steps", "strength", "expected"),
    [(20, 0.75, TOOLS_AT_20_AND_075), (28, 0.6, TOOLS_AT_28_AND_06), (4, 0.2, TOOLS_AT_4_AND_02)],
)
def test_each_tool_runs_its_own_share_of_the_steps(
    steps: int, strength: float, expected: dict[str, int]
) -> None:
    """The same two numbers give 15, 16 or 20 steps."""
    found = {tool: convert.steps_run(steps, strength, tool) for tool in convert.STEPS_RUN}
    assert found == expected


def test_a_product_that_looks_round_is_rounded_down_by_diffusers() -> None:
    """0.29 is stored a hair too small."""
    assert convert.steps_run(100, 0.29, "diffusers") == 28


@pytest.mark.parametrize("tool", list(convert.STEPS_RUN))
@pytest.mark.parametrize("strength", [0.25, 0.5, 0.75])
def test_the_steps_to_ask_for_are_the_fewest_that_suffice(tool: str, strength: float) -> None:
    """One fewer would run too few."""
    asked = convert.steps_to_ask(20, strength, tool)
    assert convert.steps_run(asked, strength, tool) >= 20
    assert convert.steps_run(asked - 1, strength, tool) < 20


def test_no_count_runs_a_step_at_strength_zero() -> None:
    """Nothing is repainted then."""
    with pytest.raises(ValueError, match=r"^diffusers runs 5 steps at no count for a strength of"):
        convert.steps_to_ask(5, 0.0, "diffusers")


def test_a_scale_counted_from_zero_is_one_less() -> None:
    """CFG 5 is Z-Image's 4 in diffusers, and CFG 1, off, is 0."""
    assert convert.guidance_counted_from_zero(5) == 4
    assert convert.guidance_counted_from_zero(1) == 0
    assert convert.guidance_counted_from_one(4) == 5


def test_both_formulas_of_guidance_give_one_prediction() -> None:
    """The two are compared on numbers, as the pipelines compute them."""
    prompt, negative, cfg = 0.7, -0.2, 5.0
    ordinary = negative + cfg * (prompt - negative)
    from_zero = prompt + convert.guidance_counted_from_zero(cfg) * (prompt - negative)
    assert from_zero == pytest.approx(ordinary)


@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        ("comfyui", {"KSampler.cfg": 1.0, "FluxGuidance.guidance": 3.5}),
        ("forge", {"CFG Scale": 1.0, "Distilled CFG Scale": 3.5}),
        ("swarmui", {"cfgscale": 1.0, "fluxguidancescale": 3.5}),
        ("stable_diffusion_cpp", {"--cfg-scale": 1.0, "--guidance": 3.5}),
        ("diffusers", {"true_cfg_scale": 1.0, "guidance_scale": 3.5}),
    ],
)
def test_distilled_guidance_goes_beside_a_cfg_of_one(tool: str, expected: dict[str, float]) -> None:
    """The two numbers have two fields, and none is worked out from the other."""
    assert convert.guidance_fields(3.5, "distilled", tool) == expected


def test_ordinary_guidance_goes_into_one_field() -> None:
    """diffusers calls it guidance_scale on models that are not distilled."""
    assert convert.guidance_fields(7, "cfg", "comfyui") == {"KSampler.cfg": 7}
    assert convert.guidance_fields(7, "cfg", "diffusers") == {"guidance_scale": 7}


def test_one_clip_layer_has_three_numbers() -> None:
    """A1111's 2 is ComfyUI's −2 and diffusers' 1."""
    assert convert.clip_skip(2, "a1111", "comfyui") == -2
    assert convert.clip_skip(2, "a1111", "diffusers") == 1
    assert convert.clip_skip(-2, "comfyui", "stable_diffusion_cpp") == 2
    assert convert.clip_skip(0, "invokeai", "swarmui") == -1


def test_diffusers_counts_sdxl_from_the_second_to_last_layer() -> None:
    """ComfyUI's −2 is where SDXL starts; −1 has no number in diffusers."""
    assert convert.clip_skip(-2, "comfyui", "diffusers", sdxl=True) == 0
    assert convert.clip_skip(1, "diffusers", "comfyui", sdxl=True) == -3
    with pytest.raises(ValueError, match=r"^diffusers cannot name layer 1 from the end\.$"):
        convert.clip_skip(-1, "comfyui", "diffusers", sdxl=True)
    with pytest.raises(KeyError):
        convert.clip_skip(2, "a1111", "diffusers", sdxl=True)


def test_a_share_is_counted_from_either_end() -> None:
    """mflux keeps 0.25 where others change 0.75; A1111 switches at 0.8 where SwarmUI says 0.2."""
    assert convert.other_end(0.75) == 0.25
    assert convert.other_end(0.8) == pytest.approx(0.2)


def test_invokeai_stretches_a_low_strength() -> None:
    """0.3 acts as 0.79; both ends stay where they are."""
    assert round(convert.stretched_strength(0.3), 2) == 0.79
    assert [convert.stretched_strength(end) for end in (0.0, 1.0)] == [0.0, 1.0]


def test_shift_and_mu_are_one_curve() -> None:
    """A mu of 1.15 is a shift of 3.16, at every noise level."""
    mu = 1.15
    shift = convert.shift_of_mu(mu)
    assert round(shift, 2) == 3.16
    assert convert.mu_of_shift(shift) == pytest.approx(mu)
    for sigma in (0.1, 0.5, 0.9):
        by_mu = math.exp(mu) / (math.exp(mu) + (1 / sigma - 1))
        assert convert.shifted(sigma, shift) == pytest.approx(by_mu)


def test_flux_takes_more_shift_for_larger_pictures() -> None:
    """1024 × 1024 pixels are 4096 tokens, 256 × 256 are 256."""
    assert convert.mu_of_size(1024, 1024) == pytest.approx(1.15)
    assert convert.mu_of_size(256, 256) == pytest.approx(0.5)
    assert convert.shift_of_mu(convert.mu_of_size(512, 512)) == pytest.approx(1.878, abs=0.001)


def test_the_formulas_are_those_of_diffusers() -> None:
    """The real scheduler and the real pipelines give the same figures."""
    flow = pytest.importorskip("diffusers.schedulers.scheduling_flow_match_euler_discrete")
    sigmas = [0.9, 0.5, 0.1]
    static = flow.FlowMatchEulerDiscreteScheduler(shift=3.0)
    static.set_timesteps(sigmas=list(sigmas))
    assert static.sigmas.tolist()[:3] == pytest.approx([convert.shifted(s, 3.0) for s in sigmas])
    moved = flow.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
    moved.set_timesteps(sigmas=list(sigmas), mu=1.15)
    by_mu = [convert.shifted(sigma, convert.shift_of_mu(1.15)) for sigma in sigmas]
    assert moved.sigmas.tolist()[:3] == pytest.approx(by_mu)
