"""Fooocus: a preset, a file for its presets folder.

Source: lllyasviel/Fooocus@59f183ab9b8e4a4bbf0fb8bc43886e19e8dfdfae, modules/config.py#L268-L580
(keys and what each accepts), modules/flags.py (names and sizes), webui.py#L660-L720 (ranges).
"""

from __future__ import annotations

from typing import Any

from . import support
from .plan import Plan, plain, tidy
from .samplers import in_menus

SAMPLERS = frozenset(
    ("euler", "euler_ancestral", "heun", "heunpp2", "dpm_2", "dpm_2_ancestral", "lms", "dpm_fast",
     "dpm_adaptive", "dpmpp_2s_ancestral", "dpmpp_sde", "dpmpp_sde_gpu", "dpmpp_2m", "dpmpp_2m_sde",
     "dpmpp_2m_sde_gpu", "dpmpp_3m_sde", "dpmpp_3m_sde_gpu", "ddpm", "lcm", "tcd", "restart",
     "ddim", "uni_pc", "uni_pc_bh2")
)  # fmt: skip
SCHEDULES = frozenset(
    ("normal", "karras", "exponential", "sgm_uniform", "simple", "ddim_uniform", "lcm", "turbo",
     "align_your_steps", "tcd", "edm_playground_v2.5")
)  # fmt: skip
SIZES = (
    "704*1408", "704*1344", "768*1344", "768*1280", "832*1216", "832*1152", "896*1152", "896*1088",
    "960*1088", "960*1024", "1024*1024", "1024*960", "1088*960", "1088*896", "1152*896", "1152*832",
    "1216*832", "1280*768", "1344*768", "1344*704", "1408*704", "1472*704", "1536*640", "1600*640",
    "1664*576", "1728*576",
)  # fmt: skip


def text(plan: Plan) -> str:
    """Returns the preset as JSON."""
    support.families(plan, ("sdxl",), ("text-to-image",))
    support.something(plan)
    data: dict[str, Any] = {"default_model": f"{plan.found.model}.safetensors"}
    plan.note("default_model: write the name of your own file there.")
    plan.note("styles: Fooocus adds its own to the prompt; this preset chooses none.")
    if plan.cfg is not None:
        data["default_cfg_scale"] = tidy(plan.fit("guidance", float(plan.cfg), 1, 30))
    _sampler(plan, data)
    data |= {"default_prompt": plan.prompt, "default_prompt_negative": plan.negative}
    data |= {"default_styles": [], "default_performance": "Speed"}
    steps = plan.steps(1, 200)
    if steps is not None:
        data["default_overwrite_step"] = steps
    _size(plan, data)
    layers = plan.number("clip_skip")
    if layers is not None:
        data["default_clip_skip"] = plan.fit("clip skip", int(layers), 1, 12)
    if plan.seed is not None:
        plan.note(f"seed {plan.seed}: a preset holds none.")
    if plan.strength is not None:
        plan.note(f"strength {plain(plan.strength)}: a preset holds none for your own picture.")
    plan.mute_negative()
    plan.rest()
    return support.dump(data)


def _sampler(plan: Plan, data: dict[str, Any]) -> None:
    found = in_menus(plan, SAMPLERS, SCHEDULES, "karras")
    if found is None:
        return
    data["default_sampler"] = found.sampler
    if found.schedule is not None:
        data["default_scheduler"] = found.schedule


def _size(plan: Plan, data: dict[str, Any]) -> None:
    size = plan.size(64, None, 8)
    if size is None:
        return
    wanted = f"{size[0]}*{size[1]}"
    if wanted in SIZES:
        data["default_aspect_ratio"] = wanted
    else:
        plan.note(f"size {wanted.replace('*', ' x ')}: Fooocus has a fixed list without it.")
