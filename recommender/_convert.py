"""One setting, two conventions: the arithmetic between them. Pure, standard library alone.

Every function names the line its formula was read in. `DIFFUSERS` and the like are repositories at
the commits that the setting pages cite:

DIFFUSERS  huggingface/diffusers@58eb52c0803ea9af3abec60841c2a093bdf1f951, src/diffusers/
COMFYUI    Comfy-Org/ComfyUI@a125cd84b054a57729b5eecab930ca9408719832
A1111      AUTOMATIC1111/stable-diffusion-webui@82a973c04367123ae98bd9abdf80d9eda9b910e2
FORGE      lllyasviel/stable-diffusion-webui-forge@dfdcbab685e57677014f05a3309b48cc87383167
SWARMUI    mcmonkeyprojects/SwarmUI@062407c7bb488fc76ac61044cb929f0d0a30e60f
SDNEXT     vladmandic/sdnext@058a7f0cf326f39c0135c6257d7b7e61073e51fd
SDCPP      leejet/stable-diffusion.cpp@97d2990807fe6d558e395f8764198d7c7e7b411c
MFLUX      filipstrand/mflux@97ac5e6280e8c65e48a609722229eb9d03ef2cbe
INVOKEAI   invoke-ai/InvokeAI@8e71a8a519399d6db32054ae9afc7c6c4e2355af
"""

from __future__ import annotations

import math
from collections.abc import Callable

# How a tool counts the layers of CLIP: "nth" names the layer from the end (1 is the last), "-nth"
# the same with a minus sign, "skipped" how many are left out.
_CLIP_COUNTS = {
    "a1111": "nth",
    "forge": "nth",
    "sdnext": "nth",
    "stable_diffusion_cpp": "nth",
    "comfyui": "-nth",
    "swarmui": "-nth",
    "diffusers": "skipped",
    "invokeai": "skipped",
}
# Whose count was read for SDXL too: the others treat it in ways of their own.
_CLIP_SDXL = frozenset(("stable_diffusion_cpp", "comfyui", "swarmui", "diffusers"))


def guidance_counted_from_zero(cfg: float) -> float:
    """Returns the number that a pipeline counting from 0 wants for an ordinary CFG scale.

    `prompt + g × (prompt − negative)` and `negative + s × (prompt − negative)` are equal where
    g = s − 1. Z-Image and Krea 2 switch off at 0; six Cosmos pipelines have the same formula and
    yet run it above 1 only. DIFFUSERS pipelines/z_image/pipeline_z_image.py:547,
    pipelines/krea2/pipeline_krea2.py:666, pipelines/cosmos/pipeline_cosmos2_text2image.py:622.
    """
    return cfg - 1


def guidance_counted_from_one(scale: float) -> float:
    """Returns the ordinary CFG scale for a number that counts from 0: the way back."""
    return scale + 1


def guidance_fields(value: float, convention: str, tool: str) -> dict[str, float]:
    """Returns each field of a tool that a guidance figure goes into, and what stands in it.

    `convention` is "distilled" for a number that the network reads (FLUX.1 dev), else "cfg".
    A distilled figure is no CFG figure and none can be worked out from it: beside it, CFG is 1.
    Raises KeyError for a tool without both fields. COMFYUI comfy_extras/nodes_flux.py:34,
    FORGE modules/ui.py:322, SWARMUI src/Text2Image/T2IParamTypes.cs:486,
    SDCPP examples/common/common.cpp:1105, DIFFUSERS pipelines/flux/pipeline_flux.py:611.
    """
    cfg, embedded = {
        "comfyui": ("KSampler.cfg", "FluxGuidance.guidance"),
        "forge": ("CFG Scale", "Distilled CFG Scale"),
        "swarmui": ("cfgscale", "fluxguidancescale"),
        "stable_diffusion_cpp": ("--cfg-scale", "--guidance"),
        "diffusers": ("true_cfg_scale", "guidance_scale"),
    }[tool]
    if convention == "distilled":
        return {cfg: 1.0, embedded: value}
    return {"guidance_scale" if tool == "diffusers" else cfg: value}


def clip_skip(value: int, source: str, target: str, *, sdxl: bool = False) -> int:
    """Returns one tool's CLIP skip in another's count: A1111's 2 is ComfyUI's −2, diffusers' 1.

    With `sdxl`, diffusers counts from the second to last layer, the one SDXL always reads.
    Raises KeyError for a tool whose count was not read, ValueError for a layer that the target
    cannot name. DIFFUSERS pipelines/stable_diffusion/pipeline_stable_diffusion.py:433 and
    pipelines/stable_diffusion_xl/pipeline_stable_diffusion_xl.py:415, COMFYUI nodes.py:623,
    SDCPP src/model/te/clip.hpp:105, SDNEXT modules/processing_args.py:242.
    """
    for tool in (source, target):
        if sdxl and tool not in _CLIP_SDXL:
            raise KeyError(tool)
    count = _CLIP_COUNTS[source]
    first = 2 if sdxl else 1
    nth = {"nth": value, "-nth": -value, "skipped": value + first}[count]
    if nth < 1 or (_CLIP_COUNTS[target] == "skipped" and nth < first):
        raise ValueError(f"{target} cannot name layer {nth} from the end.")
    return {"nth": nth, "-nth": -nth, "skipped": nth - first}[_CLIP_COUNTS[target]]


def other_end(fraction: float) -> float:
    """Returns a share counted from the other end: what is kept for what is changed, and back.

    mflux's `--image-strength` keeps more as it rises (MFLUX
    src/mflux/cli/parser/parsers.py:134), and SwarmUI's refiner control is the refiner's share,
    not the switching point (SWARMUI WorkflowGeneratorSteps.cs:1390).
    """
    return 1 - fraction


def stretched_strength(strength: float) -> float:
    """Returns what InvokeAI makes of a strength with FLUX and Stable Diffusion 3.5: 0.3 is 0.79.

    Its setting for this is on unless switched off. INVOKEAI
    invokeai/frontend/web/src/features/nodes/util/graph/graphBuilderUtils.ts:237-259.
    """
    return float(strength**0.2)


# In 42 places diffusers rounds down (Stable Diffusion, SDXL), in 21 up (FLUX, SD 3).
STEPS_RUN: dict[str, Callable[[int, float], int]] = {
    # DIFFUSERS pipelines/stable_diffusion/pipeline_stable_diffusion_img2img.py:726
    "diffusers": lambda steps, strength: min(int(steps * strength), steps),
    # DIFFUSERS pipelines/flux/pipeline_flux_img2img.py:479-481
    "diffusers_flow": lambda steps, strength: (
        steps - int(max(steps - min(steps * strength, steps), 0))
    ),
    # A1111 modules/sd_samplers_common.py:25, modules/sd_samplers_kdiffusion.py:138
    "a1111": lambda steps, strength: int(min(strength, 0.999) * steps) + 1,
    # COMFYUI comfy/samplers.py:1129-1139
    "comfyui": lambda steps, strength: steps if strength > 0 else 0,
    # SWARMUI src/BuiltinExtensions/ComfyUIBackend/WorkflowGeneratorSteps.cs:1386
    "swarmui": lambda steps, strength: steps - round(steps * (1 - strength)),
    # SDNEXT modules/processing_helpers.py:465, and then as diffusers
    "sdnext": lambda steps, strength: (
        int((int(steps // strength) + 1) * strength) if strength > 0 else steps
    ),
    # SDCPP src/stable-diffusion.cpp:4944-4948
    "stable_diffusion_cpp": lambda steps, strength: (
        steps if strength >= 1 else min(int(steps * strength), steps - 1) + 1
    ),
    # MFLUX src/mflux/models/common/config/config.py:127-138; its strength says what is kept
    "mflux": lambda steps, strength: steps - max(1, int(steps * strength)) if strength else steps,
}


def steps_run(steps: int, strength: float, tool: str) -> int:
    """Returns how many denoising steps a tool runs from a picture when asked for `steps`.

    `tool` is a key of STEPS_RUN; "diffusers_flow" are its FLUX and Stable Diffusion 3 pipelines.
    `strength` is the number as that tool takes it, from 0 to 1. At 20 steps and 0.75 the answers
    are 15, 16 and 20, and 5 in mflux. Raises KeyError for a tool whose rule was not read.
    """
    return max(0, STEPS_RUN[tool](steps, strength))


def steps_to_ask(wanted: int, strength: float, tool: str) -> int:
    """Returns the fewest steps to ask a tool for so that `wanted` really run from a picture.

    Raises ValueError where no number does, as at a strength of 0, and KeyError as `steps_run`.
    """
    for steps in range(1, 100 * max(wanted, 1) + 1):
        if steps_run(steps, strength, tool) >= wanted:
            return steps
    raise ValueError(f"{tool} runs {wanted} steps at no count for a strength of {strength}.")


def shift_of_mu(mu: float) -> float:
    """Returns the `shift` that bends a flow schedule as this `mu` does: shift = e^mu.

    DIFFUSERS schedulers/scheduling_flow_match_euler_discrete.py:351 and :647 are one curve then.
    """
    return math.exp(mu)


def mu_of_shift(shift: float) -> float:
    """Returns the `mu` that bends a flow schedule as this `shift` (above 0) does: mu = ln shift."""
    return math.log(shift)


def mu_of_size(
    width: int, height: int, base_shift: float = 0.5, max_shift: float = 1.15, patch: int = 16
) -> float:
    """Returns the `mu` that FLUX.1 takes for a picture of this many pixels.

    It rises in a straight line from `base_shift` at 256 tokens to `max_shift` at 4096; a token is
    `patch` × `patch` pixels. DIFFUSERS pipelines/flux/pipeline_flux.py:73-83, COMFYUI
    comfy_extras/nodes_model_advanced.py:161-164.
    """
    tokens = (width // patch) * (height // patch)
    return base_shift + (tokens - 256) * (max_shift - base_shift) / (4096 - 256)


def shifted(sigma: float, shift: float) -> float:
    """Returns a noise level (0 to 1) after the shift of a flow schedule.

    DIFFUSERS schedulers/scheduling_flow_match_euler_discrete.py:351.
    """
    return shift * sigma / (1 + (shift - 1) * sigma)
