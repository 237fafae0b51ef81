"""A1111's web UI: the text it reads back from a picture, and the body of its API.

Ranges: AUTOMATIC1111/stable-diffusion-webui@82a973c04367123ae98bd9abdf80d9eda9b910e2,
modules/ui.py#L290-L303, modules/processing_scripts/sampler.py#L27, modules/shared_options.py#L181;
names: modules/sd_samplers_kdiffusion.py#L12, modules/sd_schedulers.py; the text:
modules/processing.py#L705 and modules/infotext_utils.py#L16.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from . import support
from .plan import Plan, plain, tidy
from .samplers import named, schedule_of

SAMPLERS = frozenset(
    ("DPM++ 2M", "DPM++ SDE", "DPM++ 2M SDE", "DPM++ 2M SDE Heun", "DPM++ 2S a", "DPM++ 3M SDE",
     "Euler a", "Euler", "LMS", "Heun", "DPM2", "DPM2 a", "DPM fast", "DPM adaptive", "Restart",
     "DDIM", "DDIM CFG++", "PLMS", "UniPC")
)  # fmt: skip
# ComfyUI's words for a noise schedule, and A1111's.
SCHEDULES = {
    "normal": "Uniform",
    "karras": "Karras",
    "exponential": "Exponential",
    "sgm_uniform": "SGM Uniform",
    "kl_optimal": "KL Optimal",
    "align_your_steps": "Align Your Steps",
    "simple": "Simple",
    "ddim_uniform": "DDIM",
    "beta": "Beta",
}
AUTOMATIC = "Automatic"
MOST_STEPS, MOST_CFG, LARGEST_SIDE, LARGEST_SEED = 150, 30, 2048, 4294967294


class Kind(NamedTuple):
    """What sets one of these web UIs apart from the others."""

    name: str
    tools: tuple[str, ...]
    samplers: frozenset[str]
    families: frozenset[str]
    models: frozenset[str]
    distilled: bool


A1111 = Kind(
    "A1111",
    ("a1111",),
    SAMPLERS,
    frozenset(("sd-1", "sd-2", "sdxl")),
    frozenset(("stable-diffusion-3-medium",)),
    distilled=False,
)


def text(plan: Plan, kind: Kind = A1111) -> str:
    """Returns the infotext: the prompts, then one line of 'Key: value, …'."""
    pairs = _pairs(plan, kind)
    lines = [_safe(plan, "prompt", plan.prompt)]
    negative = _safe(plan, "negative prompt", plan.negative)
    if negative:
        lines.append("Negative prompt: " + negative)
    lines.append(", ".join(f"{key}: {_quoted(value)}" for key, value in pairs.items()))
    return "\n".join(lines).strip()


def body(plan: Plan, kind: Kind = A1111) -> str:
    """Returns the JSON body for /sdapi/v1/txt2img, or img2img where a strength is given."""
    pairs = _pairs(plan, kind)
    data: dict[str, Any] = {"prompt": plan.prompt, "negative_prompt": plan.negative}
    if plan.strength is not None:
        plan.note("Post it to /sdapi/v1/img2img, with your picture in init_images.")
        data["init_images"] = []
    names = {
        "Steps": "steps",
        "Sampler": "sampler_name",
        "Schedule type": "scheduler",
        "CFG scale": "cfg_scale",
        "Distilled CFG Scale": "distilled_cfg_scale",
        "Denoising strength": "denoising_strength",
        "Image CFG scale": "image_cfg_scale",
    }
    data |= {api: pairs[key] for key, api in names.items() if key in pairs}
    data["seed"] = pairs.get("Seed", -1)
    if "Size" in pairs:
        width, height = str(pairs["Size"]).split("x")
        data |= {"width": int(width), "height": int(height)}
    if "Clip skip" in pairs:
        data["override_settings"] = {"CLIP_stop_at_last_layers": pairs["Clip skip"]}
    if "Steps" not in pairs:
        plan.note("steps: the API's own default is 50, not the 20 of the interface.")
    return support.dump(data)


def runs(steps: int, strength: float) -> int:
    """Returns how many of the steps run from a picture: one more than its whole share."""
    return int(min(strength, 0.999) * steps) + 1


def _pairs(plan: Plan, kind: Kind) -> dict[str, Any]:
    """Returns the settings under the names of the infotext, in the order the tool writes them."""
    support.families(plan, kind.families, support.PICTURES, kind.models)
    support.something(plan)
    pairs: dict[str, Any] = {"Steps": plan.share_of_steps(runs, 1, MOST_STEPS)}
    _sampler(plan, kind, pairs)
    _guidance(plan, kind, pairs)
    pairs["Seed"] = plan.fit("seed", plan.seed, -1, LARGEST_SEED)
    size = plan.size(64, LARGEST_SIDE, 8)
    pairs["Size"] = f"{size[0]}x{size[1]}" if size else None
    pairs["Model"] = plan.found.model
    if plan.strength is not None:
        pairs["Denoising strength"] = tidy(plan.fit("strength", plan.strength, 0, 1))
    pairs["Clip skip"] = _clip_skip(plan)
    plan.mute_negative()
    plan.rest()
    return {key: value for key, value in pairs.items() if value is not None}


def _sampler(plan: Plan, kind: Kind, pairs: dict[str, Any]) -> None:
    found = named(plan, kind.tools, kind.samplers)
    if found is None:
        return
    pairs["Sampler"] = found.sampler
    schedule = schedule_of(plan, found, AUTOMATIC)
    label = schedule if schedule == AUTOMATIC else SCHEDULES.get(schedule)
    if label is None:
        plan.note(f"schedule: {plan.tool} has no {schedule}; {AUTOMATIC} stays.")
    pairs["Schedule type"] = label or AUTOMATIC


def _guidance(plan: Plan, kind: Kind, pairs: dict[str, Any]) -> None:
    if plan.cfg is not None:
        pairs["CFG scale"] = tidy(plan.fit("guidance", float(plan.cfg), 1, MOST_CFG))
    if plan.distilled is not None and kind.distilled:
        distilled = plan.fit("distilled guidance", float(plan.distilled), 0, 30)
        pairs["Distilled CFG Scale"] = tidy(distilled)
    elif plan.distilled is not None:
        plan.note(f"distilled guidance {plain(plan.distilled)}: {plan.tool} has no place for it.")
    image = plan.number("image_guidance_scale")
    if image is not None:
        pairs["Image CFG scale"] = tidy(plan.fit("image guidance", float(image), 0, 3))


def _clip_skip(plan: Plan) -> int | None:
    layers = plan.number("clip_skip")
    if layers is None or layers <= 1:
        return None
    if plan.found.family == "sdxl":
        plan.note("clip skip: without the option sdxl_clip_l_skip it does nothing on SDXL.")
    fitted: int = plan.fit("clip skip", int(layers), 1, 12)
    return fitted


def _safe(plan: Plan, name: str, prompt: str) -> str:
    """Returns a prompt that reads back as one: no line of it may look like the tool's own."""
    lines: list[str] = []
    for line in prompt.strip().split("\n"):
        # The tools strip each line, and a line that begins so starts the negative prompt.
        bare = line.strip()
        if bare.startswith(("Negative prompt:", "Template:", "Negative template:",
                            "Negative Template:")):  # fmt: skip
            plan.note(f"{name}: a line of it began with '{bare.split(':')[0]}:'; it was joined on.")
            bare = f"{lines.pop()} {bare}" if lines else f", {bare}"
        lines.append(bare)
    safe = "\n".join(lines).strip()
    joined = any(note.startswith(f"{name}: a line") for note in plan.notes)
    if safe != prompt and not joined:
        plan.note(f"{name}: spaces and empty lines at its ends were left out.")
    return safe


def _quoted(value: Any) -> str:
    shown = plain(value)
    return json.dumps(shown, ensure_ascii=False) if set(",:\n") & set(shown) else shown
