"""diffusers: the keywords of a pipeline's call and its scheduler, as JSON or as Python to paste.

Source: huggingface/diffusers@58eb52c0803ea9af3abec60841c2a093bdf1f951, the pipelines' signatures.
Figures keep diffusers' own conventions: guidance as each pipeline counts it, steps as asked for.
"""

from __future__ import annotations

from typing import Any

from .._recommend.apply import FLAGS
from . import support
from .diffusers_calls import CALLS
from .plan import Plan, plain
from .samplers import resolve

# What every pipeline whose signature is not known here is taken to accept.
_USUAL = frozenset(
    ("prompt", "negative_prompt", "num_inference_steps", "guidance_scale", "width", "height")
)
# Settings of the recommendation that are no keywords, and what happens to them instead.
_ELSEWHERE = {"scheduler", "shift", "clip_skip", "strength", "negative_prompt", "lora_scale"}
_STATIC_SHIFT = ("FlowMatchEulerDiscreteScheduler", "FlowMatchHeunDiscreteScheduler")
_FLOW_SHIFT = ("DPMSolverMultistepScheduler", "UniPCMultistepScheduler", "DEISMultistepScheduler",
               "DPMSolverSinglestepScheduler", "SASolverScheduler")  # fmt: skip


def data(plan: Plan) -> str:
    """Returns model, scheduler and call keywords as JSON."""
    keywords, scheduler = _keywords(plan), _scheduler(plan)
    found: dict[str, Any] = {"model": plan.model.get("hub_id"), "pipeline": _pipeline(plan)}
    if scheduler is not None:
        found["scheduler"] = {"class": scheduler[0], "config": scheduler[1]}
    if plan.seed is not None:
        found["seed"] = plan.seed
    plan.rest()
    return support.dump({**found, "call": keywords})


def text(plan: Plan) -> str:
    """Returns Python for a pipeline called `pipe`: its scheduler, then the call."""
    keywords, scheduler = _keywords(plan), _scheduler(plan)
    lines = _from_picture(plan)
    imports = ["AutoPipelineForImage2Image"] if lines else []
    if scheduler is not None:
        name, config = scheduler
        options = "".join(f", {key}={value!r}" for key, value in config.items())
        lines.append(f"pipe.scheduler = {name}.from_config(pipe.scheduler.config{options})")
        imports.append(name)
    head = [f"# pipe: {_pipeline(plan) or 'a pipeline'} with {_where(plan)}"]
    head += ["import torch"] if plan.seed is not None else []
    head += [f"from diffusers import {', '.join(imports)}", ""] if imports else []
    call = [f"    {name}={value!r}," for name, value in keywords.items()]
    if plan.strength is not None:
        call.append("    image=image,")
    if plan.seed is not None:
        call.append(f"    generator=torch.Generator().manual_seed({plan.seed}),")
    plan.rest()
    return "\n".join([*head, *lines, "result = pipe(", *call, ")"])


def _pipeline(plan: Plan) -> str | None:
    name: str | None = plan.model.get("pipeline")
    return name


def _where(plan: Plan) -> str:
    return str(plan.model.get("hub_id") or plan.found.name)


def _takes(plan: Plan) -> frozenset[str]:
    name = _pipeline(plan)
    if name in CALLS:
        return CALLS[name]
    plan.note(
        f"pipeline: the signature of {name or 'this model'} is not known here; check the keywords."
    )
    return _USUAL


def _keywords(plan: Plan) -> dict[str, Any]:
    """Returns the call's keywords, only those that this pipeline takes."""
    support.something(plan)
    takes = _takes(plan)
    found: dict[str, Any] = {}
    if "prompt" in takes:
        found["prompt"] = plan.prompt
    elif plan.prompt:
        plan.note(f"prompt: {_pipeline(plan)} takes none.")
    if plan.negative and "negative_prompt" in takes:
        found["negative_prompt"] = plan.negative
    elif plan.negative:
        plan.note(f"negative prompt: {_pipeline(plan)} takes none.")
    figures = dict(plan.found.settings)
    if plan.found.steps is not None:
        figures["num_inference_steps"] = plan.found.steps
    for id, value in figures.items():
        if id in _ELSEWHERE and not (id == "shift" and id in takes):
            continue
        if id in takes and not isinstance(value, str):
            found[id] = value
            plan.taken.add(id)
        else:
            plan.taken.discard(id)
    _guidance_left(plan, takes)
    _clip_skip(plan, takes, found)
    if plan.strength is not None:
        found["strength"] = plan.strength
    return found


def _guidance_left(plan: Plan, takes: frozenset[str]) -> None:
    for id in ("guidance_scale", "true_cfg_scale"):
        if id in plan.found.settings and id not in takes and _pipeline(plan) in CALLS:
            value = plain(plan.found.settings[id])
            plan.note(f"{id} {value}: {_pipeline(plan)} takes no such keyword.")
            plan.taken.add(id)


def _clip_skip(plan: Plan, takes: frozenset[str], found: dict[str, Any]) -> None:
    layers = plan.number("clip_skip")
    if layers is None:
        return
    # diffusers counts skipped layers; for SDXL from the one before the last, which it always skips.
    skipped = int(layers) - (2 if plan.found.family == "sdxl" else 1)
    if skipped <= 0:
        plan.note(f"clip skip {plain(layers)}: what this pipeline does without being told.")
    elif "clip_skip" in takes:
        found["clip_skip"] = skipped
        plan.note(
            f"clip skip {plain(layers)} became {skipped}, as diffusers counts what is skipped."
        )
    else:
        plan.note(f"clip skip {plain(layers)}: {_pipeline(plan)} takes no such keyword.")


def _scheduler(plan: Plan) -> tuple[str, dict[str, Any]] | None:
    """Returns the scheduler's class and what to set in its config, or None to keep the model's."""
    wanted = plan.found.scheduler
    sampler = resolve(plan) if wanted is not None else None
    if sampler is None:
        shift = None if "shift" in _takes(plan) else plan.number("shift")
        if shift is not None:
            plan.note(f"shift {plain(shift)}: the scheduler is the model's own, and so its shift.")
        return None
    name = str(sampler.entry.get("class", ""))
    # A class alone names no flags: those in the model's own config stay, save what the answer says.
    config = {} if wanted == name else dict(sampler.entry.get("flags", {}))
    config |= {flag: plan.take(flag) for flag in sorted(FLAGS & plan.found.settings.keys())}
    shift = None if "shift" in _takes(plan) else plan.number("shift")
    if shift is not None and name in _STATIC_SHIFT:
        plan.note(f"shift {plain(shift)}: a model whose config varies it by size goes on doing so.")
        config |= {"shift": shift}
    elif shift is not None and name in _FLOW_SHIFT:
        config |= {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}
        config["flow_shift"] = shift
    elif shift is not None:
        plan.note(f"shift {plain(shift)}: {name} has none to set.")
    return name, config


def _from_picture(plan: Plan) -> list[str]:
    """Returns the line that makes the image-to-image pipeline, where this one is not."""
    if plan.strength is None:
        return []
    plan.note("image: load your own picture into `image`.")
    if "strength" in CALLS.get(_pipeline(plan) or "", frozenset()):
        return []
    plan.note("strength: from_pipe makes the image-to-image pipeline, where diffusers has one.")
    return ["pipe = AutoPipelineForImage2Image.from_pipe(pipe)"]
