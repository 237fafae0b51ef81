"""ComfyUI: a graph in API format, its settings filled in and its loader left for you to choose.

Ranges: Comfy-Org/ComfyUI@a125cd84b054a57729b5eecab930ca9408719832, nodes.py#L1499 (KSampler),
nodes.py#L623 (CLIPSetLastLayer), nodes.py#L1164 (EmptyLatentImage), comfy_extras/nodes_flux.py#L34
(FluxGuidance), comfy_extras/nodes_model_advanced.py#L114-L186 (shift), comfy/samplers.py#L730-L752
(names). Which shift node: the multiplier and model type in comfy/supported_models.py.
"""

from __future__ import annotations

import math
from typing import Any

from . import support
from .plan import Plan, plain, tidy
from .samplers import named, schedule_of

SAMPLERS = frozenset(
    ("euler", "euler_cfg_pp", "euler_ancestral", "euler_ancestral_cfg_pp", "heun", "heunpp2",
     "dpm_2", "dpm_2_ancestral", "lms", "dpm_fast", "dpm_adaptive", "dpmpp_2s_ancestral",
     "dpmpp_2s_ancestral_cfg_pp", "dpmpp_sde", "dpmpp_sde_gpu", "dpmpp_2m", "dpmpp_2m_cfg_pp",
     "dpmpp_2m_sde", "dpmpp_2m_sde_gpu", "dpmpp_2m_sde_heun", "dpmpp_2m_sde_heun_gpu",
     "dpmpp_3m_sde", "dpmpp_3m_sde_gpu", "ddpm", "lcm", "ipndm", "ipndm_v", "deis",
     "res_multistep", "res_multistep_cfg_pp", "res_multistep_ancestral",
     "res_multistep_ancestral_cfg_pp", "gradient_estimation", "gradient_estimation_cfg_pp",
     "er_sde", "seeds_2", "seeds_3", "sa_solver", "sa_solver_pece", "ddim", "uni_pc", "uni_pc_bh2")
)  # fmt: skip
SCHEDULES = frozenset(
    ("simple", "sgm_uniform", "karras", "exponential", "ddim_uniform", "beta", "normal",
     "linear_quadratic", "kl_optimal")
)  # fmt: skip
# The node counts time to 1000 for some networks and to 1 for others: the wrong one breaks them.
SHIFTS = {
    **dict.fromkeys(
        ("sd-3", "hunyuan-video", "hunyuan-video-1-5", "hunyuanimage", "wan-2-1", "wan-2-2",
         "skyreels-v2", "hidream", "ace-step"), "ModelSamplingSD3"
    ),
    **dict.fromkeys(
        ("auraflow", "lumina-2", "qwen-image", "omnigen", "mochi", "z-image", "chroma"),
        "ModelSamplingAuraFlow",
    ),
    "flux-1": "ModelSamplingFlux",
    "stable-cascade": "ModelSamplingStableCascade",
}  # fmt: skip
MOST_STEPS, MOST_CFG, LARGEST_SIDE, LARGEST_SEED = 10_000, 100.0, 16384, 2**64 - 1
_LATENTS = {
    "ltx-video": "EmptyLTXVLatentVideo",
    "ltx-2": "EmptyLTXVLatentVideo",
    "mochi": "EmptyMochiLatentVideo",
    "cosmos": "EmptyCosmosLatentVideo",
}


def text(plan: Plan) -> str:
    """Returns the graph as JSON."""
    support.something(plan)
    graph: dict[str, dict[str, Any]] = {}
    _loader(plan, graph)
    model = _shifted(plan, graph)
    _prompts(plan, graph)
    _sampler(plan, graph, model)
    graph["8"] = _node("VAEDecode", samples=["3", 0], vae=["4", 2])
    graph["9"] = _node("SaveImage", images=["8", 0], filename_prefix="ComfyUI")
    plan.mute_negative()
    plan.rest()
    return support.dump(dict(sorted(graph.items(), key=lambda pair: int(pair[0]))))


def _node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


def _loader(plan: Plan, graph: dict[str, dict[str, Any]]) -> None:
    graph["4"] = _node("CheckpointLoaderSimple", ckpt_name=f"{plan.found.model}.safetensors")
    plan.note(
        "node 4: choose your own file; for a model that comes in parts, put its loaders there "
        "(Load Diffusion Model, Load CLIP, Load VAE)."
    )
    if plan.video:
        plan.note("nodes 8 and 9: for frames use the decoder and saver of your video workflow.")


def _shifted(plan: Plan, graph: dict[str, dict[str, Any]]) -> list[Any]:
    """Adds the node that sets the shift; returns what the sampler takes its model from."""
    shift = plan.number("shift")
    if shift is None:
        return ["4", 0]
    kind = SHIFTS.get(plan.found.family)
    if kind is None:
        plan.note(f"shift {plain(shift)}: no node is known for this family; ComfyUI's own stays.")
        return ["4", 0]
    fitted = plan.fit("shift", float(shift), 0, 100)
    if kind != "ModelSamplingFlux":
        graph["10"] = _node(kind, model=["4", 0], shift=tidy(fitted))
        return ["10", 0]
    if fitted < 1:
        plan.note(f"shift {plain(shift)}: ModelSamplingFlux has none below 1; its own stays.")
        return ["4", 0]
    mu = round(math.log(fitted), 6)
    plan.note(
        f"shift {plain(shift)} became mu {plain(mu)}, its logarithm, as ModelSamplingFlux counts."
    )
    width, height = plan.size(16, LARGEST_SIDE, 8) or (1024, 1024)
    graph["10"] = _node("ModelSamplingFlux", model=["4", 0], max_shift=mu, base_shift=mu,
                        width=width, height=height)  # fmt: skip
    return ["10", 0]


def _prompts(plan: Plan, graph: dict[str, dict[str, Any]]) -> None:
    clip: list[Any] = ["4", 1]
    layers = plan.number("clip_skip")
    if layers is not None and layers > 1:
        last = -plan.fit("clip skip", int(layers), 1, 24)
        graph["11"] = _node("CLIPSetLastLayer", clip=clip, stop_at_clip_layer=last)
        plan.note(f"clip skip {plain(layers)} became {last}, as ComfyUI counts from the end.")
        clip = ["11", 0]
    graph["6"] = _node("CLIPTextEncode", text=plan.prompt, clip=clip)
    graph["7"] = _node("CLIPTextEncode", text=plan.negative, clip=clip)
    if plan.distilled is not None:
        guidance = tidy(plan.fit("distilled guidance", float(plan.distilled), 0, 100))
        graph["12"] = _node("FluxGuidance", conditioning=["6", 0], guidance=guidance)


def _latent(plan: Plan) -> tuple[str, dict[str, Any]]:
    size = plan.size(16, LARGEST_SIDE, 16 if plan.flow or plan.video else 8)
    width, height = size or (1024, 1024)
    inputs: dict[str, Any] = {"width": width, "height": height, "batch_size": 1}
    if plan.video:
        frames = plan.number("num_frames")
        plan.take("fps")
        if plan.found.settings.get("fps") is not None:
            plan.note(f"fps {plain(plan.found.settings['fps'])}: set it where the video is saved.")
        if frames is None:
            plan.note("frames: no figure is known; the node's own stays.")
        else:
            inputs["length"] = plan.fit("frames", int(frames), 1, 16384)
        return _LATENTS.get(plan.found.family, "EmptyHunyuanLatentVideo"), inputs
    return ("EmptySD3LatentImage" if plan.flow else "EmptyLatentImage"), inputs


def _sampler(plan: Plan, graph: dict[str, dict[str, Any]], model: list[Any]) -> None:
    steps = plan.steps(1, MOST_STEPS)
    found = named(plan, ("comfyui",), SAMPLERS)
    schedule = schedule_of(plan, found, "normal") if found else "simple" if plan.flow else "normal"
    if schedule not in SCHEDULES:
        plan.note(f"schedule: KSampler has no {schedule}; normal takes its place.")
        schedule = "normal"
    strength = plan.strength
    if strength is None:
        kind, inputs = _latent(plan)
        graph["5"] = _node(kind, **inputs)
    else:
        plan.taken |= {"width", "height"}
        plan.note("node 13: choose your own picture; its size is the result's.")
        graph["13"] = _node("LoadImage", image="example.png")
        graph["5"] = _node("VAEEncode", pixels=["13", 0], vae=["4", 2])
    cfg = None if plan.cfg is None else tidy(plan.fit("guidance", float(plan.cfg), 0, MOST_CFG))
    seed = plan.fit("seed", plan.seed, 0, LARGEST_SEED)
    # These are the node's own defaults; each was noted above where it takes a figure's place.
    graph["3"] = _node(
        "KSampler",
        seed=0 if seed is None else seed,
        steps=20 if steps is None else steps,
        cfg=8.0 if cfg is None else cfg,
        sampler_name=found.sampler if found else "euler",
        scheduler=schedule,
        denoise=1.0 if strength is None else tidy(plan.fit("strength", strength, 0, 1)),
        model=model,
        positive=["12", 0] if plan.distilled is not None else ["6", 0],
        negative=["7", 0],
        latent_image=["5", 0],
    )
