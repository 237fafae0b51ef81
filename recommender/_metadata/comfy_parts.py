"""What hangs on a ComfyUI sampler: model and adapters, prompts, noise, sampler, schedule, start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .comfy_graph import UNKNOWN, Graph, Node, passing
from .draft import Draft
from .values import clean, shown

_MODELS = ("ckpt_name", "unet_name", "model_name", "model_path", "gguf_name", "base_ckpt_name",
           "model")  # fmt: skip
_TEXTS = ("text", "t5xxl", "text_g", "clip_l", "text_l", "prompt", "positive_prompt", "caption",
          "bert", "user_prompt")  # fmt: skip
_SAMPLERS = {
    "SamplerEulerAncestral": "euler_ancestral",
    "SamplerEulerAncestralCFGPP": "euler_ancestral_cfg_pp",
    "SamplerEulerCFGpp": "euler_cfg_pp",
    "SamplerDPMAdaptative": "dpm_adaptive",
    "SamplerLCMUpscale": "lcm",
}
_SCHEDULES = {
    "AlignYourStepsScheduler": "align_your_steps",
    "BetaSamplingScheduler": "beta",
    "OptimalStepsScheduler": "optimal_steps",
    "SDTurboScheduler": "sd_turbo",
}
_MOST_CLIP_NODES = 200


def noise(graph: Graph, node: Node) -> Node:
    """Returns the node that holds the seed."""
    for one, _ in graph.walk([graph.link(node, "noise")], lambda node, _: passing(node)):
        if "noise_seed" in one.inputs or "seed" in one.inputs:
            return one
    return node


def sampler_name(graph: Graph, node: Node) -> str | None:
    """Returns the name of the sampler linked to a custom sampler node."""
    for one, _ in graph.walk([graph.link(node, "sampler")], lambda node, _: _named(node, "sampl")):
        found = graph.value(one, "sampler_name")
        if isinstance(found, str):
            return found
        if one.kind.startswith("Sampler"):
            return _SAMPLERS.get(one.kind, one.kind.removeprefix("Sampler").lower())
    return None


def schedule(graph: Graph, node: Node, draft: Draft | None) -> Node | None:
    """Returns the node that makes the steps, and notes its schedule's name."""
    for one, _ in graph.walk([graph.link(node, "sigmas")], lambda node, _: _named(node, "sigmas")):
        if "steps" not in one.inputs:
            continue
        if draft is not None:
            found = graph.value(one, "scheduler")
            plain = one.kind.removesuffix("Scheduler").lower()
            draft.schedule = found if isinstance(found, str) else _SCHEDULES.get(one.kind, plain)
        return one
    return None


def start(graph: Graph, node: Node) -> Iterator[tuple[Node, int]]:
    """Yields what a sampler starts from, back to an empty picture, a file, or another sampler."""

    def names(one: Node, _: int) -> Iterable[str]:
        # Samplers end the walk: they have steps, or sigmas of their own.
        if "steps" in one.inputs or "sigmas" in one.inputs:
            return ()
        begins = ("latent", "samples", "pixels", "image", "upscaled")
        return [*(n for n in one.inputs if n.startswith(begins)), *passing(one)]

    begin = [name for name in node.inputs if name.startswith(("latent", "samples", "image"))]
    yield from graph.walk(graph.links(node, begin), names)
    # Stable Cascade hands the first stage's picture on with the prompt.
    for one, _ in graph.walk([graph.link(node, "positive")], _conditioning):
        yield from graph.walk([graph.link(one, "stage_c")], names)


def model(graph: Graph, node: Node, draft: Draft) -> None:
    """Reads the model, its adapters and what patches it, from the loader to the sampler."""

    def names(one: Node, _: int) -> Iterable[str]:
        return [*_named(one, "model"), *_named(one, "lora"), *_named(one, "unet"), *passing(one)]

    for one, _ in graph.walk([graph.link(node, "model")], names):
        _adapters(graph, one, draft)
        if one.kind.startswith("ModelSampling"):
            _patch(graph, one, draft)
        if one.kind == "RescaleCFG":
            draft.put("guidance_rescale", graph.value(one, "multiplier"), "multiplier")
        if "lora" in one.kind.lower():
            continue
        for name in _MODELS:
            found = graph.value_here(one, name)
            found = graph.value(one, name) if found is None and name != "model" else found
            if isinstance(found, str) and found:
                _name(graph, one, found, draft)
                break
    if draft.model is None:
        draft.note("model: no loader names one in the graph")


def _name(graph: Graph, node: Node, name: str, draft: Draft) -> None:
    if draft.model is None:
        draft.name_model(name)
        if graph.value_here(node, "weight_dtype") != "default":
            draft.put("precision", graph.value_here(node, "weight_dtype"))
    elif draft.model != name:
        merged = sum(key.startswith("merged with") for key in draft.other)
        draft.keep(f"merged with {merged + 1}", name)


def _patch(graph: Graph, node: Node, draft: Draft) -> None:
    for name in ("shift", "max_shift", "base_shift"):
        # The patch nearest to the sampler acts last.
        if name in node.inputs and name not in draft.settings:
            found = graph.value(node, name)
            draft.put(name, None if found is UNKNOWN else found, f"node {node.id}: {name}")
            draft.flow = True
    if node.kind == "ModelSamplingDiscrete":
        draft.put("prediction_type", graph.value_here(node, "sampling"))


def _adapters(graph: Graph, node: Node, draft: Draft) -> None:
    if "lora_name" in node.inputs:
        weight = next(
            (n for n in ("strength_model", "strength", "lora_wt") if n in node.inputs), ""
        )
        found = graph.value(node, weight) if weight else None
        name = graph.value(node, "lora_name")
        draft.lora(name if name is not UNKNOWN else None, None if found is UNKNOWN else found)
        return
    rows = [value for value in node.inputs.values() if isinstance(value, dict) and "lora" in value]
    for row in rows:
        if row.get("on", True):
            draft.lora(row.get("lora"), row.get("strength"))
    if not rows and "lora" in node.kind.lower():
        draft.note(f"node {shown(node.id, 20)}: the LoRAs of '{shown(node.kind)}' are not read")


def prompts(graph: Graph, node: Node, draft: Draft) -> Any:
    """Reads both prompts and clip skip; returns the distilled guidance, or None without one."""
    begins = ("positive", "conditioning", "cond1")
    positive = next((graph.link(node, n) for n in begins if graph.link(node, n)), None)
    negative = next((graph.link(node, n) for n in ("cond2", "negative") if n in node.inputs), None)
    guidance = None
    texts: list[str] = []
    for one, _ in graph.walk([positive], _conditioning):
        if guidance is None and "guidance" in one.inputs:
            guidance = graph.value(one, "guidance")
        texts += _texts(graph, one, draft)
        _clip(graph, one, draft)
    draft.prompt = clean("\n".join(dict.fromkeys(texts)))
    refused: list[str] = []
    for one, _ in graph.walk([negative], _conditioning):
        refused += _texts(graph, one, draft)
    draft.put("negative_prompt", "\n".join(dict.fromkeys(refused)))
    return None if guidance is UNKNOWN else guidance


def _conditioning(node: Node, slot: int) -> Iterable[str]:
    if node.kind == "ConditioningZeroOut" or _encodes(node):
        return ()
    if {"positive", "negative"} <= node.inputs.keys():
        # Such nodes hand both on: the first output is the positive one.
        return ("positive", "negative")[slot : slot + 1] if slot >= 0 else ()
    return [*_named(node, "cond"), *_named(node, "positive"), *passing(node)]


def _encodes(node: Node) -> bool:
    return any(name in node.inputs for name in _TEXTS) and "cond" not in " ".join(node.inputs)


def _texts(graph: Graph, node: Node, draft: Draft) -> list[str]:
    if not _encodes(node):
        return []
    found = []
    for name in _TEXTS:
        value = graph.value(node, name)
        if value is UNKNOWN:
            draft.note(f"node {shown(node.id, 20)}: {name}: {UNKNOWN!r}")
        elif isinstance(value, str) and value.strip():
            found.append(value.strip())
    return found


def _clip(graph: Graph, node: Node, draft: Draft) -> None:
    for at, (one, _) in enumerate(
        graph.walk([graph.link(node, "clip")], lambda node, _: _named(node, "clip"))
    ):
        layer = one.inputs.get("stop_at_clip_layer")
        if (
            isinstance(layer, int)
            and not isinstance(layer, bool)
            and "clip_skip" not in draft.settings
        ):
            draft.put("clip_skip", -layer)
        if at > _MOST_CLIP_NODES:
            return


def _named(node: Node, begin: str) -> list[str]:
    return [name for name in node.inputs if name.startswith(begin)]
