"""ComfyUI: what the graph that ran, or the editor's file, says about the first sampling pass."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from . import comfy_editor
from .comfy_graph import UNKNOWN, Graph, Link, Node, passing
from .comfy_parts import model, noise, prompts, sampler_name, schedule, start
from .draft import Draft
from .jsons import parse_object
from .values import Unclear, shown

_WORDS = ("Save", "Preview", "Combine", "Create")
_MOST_ENDS = 20
_MOST_PASSES = 20
# Starts of networks that work on rectified flow only.
_FLOW_STARTS = ("EmptySD3", "EmptyFlux", "EmptyHunyuan", "EmptyMochi", "EmptyLTXV", "Wan")


def parse(text: str) -> Draft:
    """Returns what an API graph (`prompt`) says; raises Unclear without a sampler node."""
    data = parse_object(text)
    inner = data.get("prompt")
    # The body that is posted to the server holds the graph under 'prompt'.
    return _read(inner if isinstance(inner, dict) else data)


def parse_workflow(text: str) -> Draft:
    """Returns what an editor's file (`workflow`) says."""
    data = parse_object(text)
    draft = _read(comfy_editor.to_graph(data))
    draft.keep("read from", "the editor's workflow; its seed may already be the next one")
    return draft


def _read(data: dict[str, Any]) -> Draft:
    graph = Graph(data)
    if not graph.nodes:
        raise Unclear("no nodes of a ComfyUI graph")
    passes, others = _passes(graph)
    if not passes:
        raise Unclear("no sampler node in the graph")
    draft = Draft("ComfyUI")
    first, *later = passes
    _fill(graph, first, draft)
    for at, node in enumerate(later, 2):
        _later_pass(graph, node, at, draft)
    if others:
        names = ", ".join(shown(node.id, 20) for node in others[:5])
        count = f"{len(others)} more sampler node{'s' if len(others) > 1 else ''}"
        draft.note(f"{count} ({names}): left out, as another chain makes the picture")
    return draft


def is_sampler(node: Node) -> bool:
    """True for a node that runs the network step by step."""
    keys = node.inputs.keys()
    if {"sampler", "sigmas"} <= keys or node.kind.startswith("SamplerCustom"):
        return True
    known = "model" in keys or "KSampler" in node.kind
    return known and "steps" in keys and bool({"cfg", "sampler_name"} & keys)


def _passes(graph: Graph) -> tuple[list[Node], list[Node]]:
    """Returns the passes that make the saved picture, first one first, and all other samplers.

    A graph may save more than one picture; the one with the most passes is the finished one.
    """
    samplers = [node for node in graph.nodes.values() if is_sampler(node)]
    linked = {link[0] for node in graph.nodes.values() for link in graph.links(node)}
    ends = [node for node in graph.nodes.values() if node.id not in linked]
    ends.sort(key=lambda node: next((at for at, w in enumerate(_WORDS) if w in node.kind), 9))
    lasts = list(islice(_nearest(graph, ends), _MOST_ENDS))
    # A graph that is one circle has no end.
    chains = [_chain(graph, last) for last in lasts or samplers[:1]]
    best = max(chains, key=len, default=[])
    return best, [node for node in samplers if node not in best]


def _nearest(graph: Graph, ends: list[Node]) -> Iterator[Node]:
    """Yields the sampler nearest to each end of the graph that has one of its own."""
    seen: set[Link] = set()
    for end in ends:
        if is_sampler(end):
            yield end
            continue
        found = graph.walk(graph.links(end), lambda node, _: () if is_sampler(node) else None, seen)
        yield from islice((node for node, _ in found if is_sampler(node)), 1)


def _chain(graph: Graph, last: Node) -> list[Node]:
    """Returns a sampler and those whose picture it goes on with, first one first."""
    chain = [last]
    while len(chain) < _MOST_PASSES:
        before = (node for node, _ in start(graph, chain[-1]) if is_sampler(node))
        found = next((node for node in before if node not in chain), None)
        if found is None:
            break
        chain.append(found)
    return chain[::-1]


def _fill(graph: Graph, node: Node, draft: Draft) -> None:
    guider = node
    for one, _ in graph.walk([graph.link(node, "guider")], lambda one, _: passing(one)):
        guider = one
    put(graph, noise(graph, node), ("seed", "noise_seed"), "seed", draft)
    _steps(graph, node, draft)
    model(graph, guider, draft)
    cfg = _first(graph, guider, ("cfg", "cfg_conds"), draft)
    distilled = prompts(graph, guider, draft)
    draft.put_guidance(cfg, distilled, (f"node {node.id}: cfg", "guidance"))
    _begin(graph, node, draft)


def _steps(graph: Graph, node: Node, draft: Draft) -> None:
    if graph.link(node, "sigmas"):
        draft.sampler = sampler_name(graph, node)
        grid = schedule(graph, node, draft)
        if grid is None:
            draft.note(f"node {shown(node.id, 20)}: its steps come from a node that names none")
            return
    else:
        grid = node
        draft.sampler = _text(_first(graph, node, ("sampler_name",), draft))
        draft.schedule = _text(_first(graph, node, ("scheduler",), draft))
        # WanVideo's sampler calls 'scheduler' what others call 'sampler_name'.
        if draft.sampler is None:
            draft.sampler, draft.schedule = draft.schedule, None
    put(graph, grid, ("steps",), "num_inference_steps", draft)
    put(graph, grid, ("shift",), "shift", draft)
    _span(graph, node, draft)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _span(graph: Graph, node: Node, draft: Draft) -> None:
    steps = draft.settings.get("num_inference_steps")
    begin, end = graph.value(node, "start_at_step"), graph.value(node, "end_at_step")
    if not steps:
        return
    if isinstance(begin, int) and 0 < begin < steps:
        draft.put("denoising_start", begin / steps)
    if isinstance(end, int) and 0 < end < steps:
        draft.put("denoising_end", end / steps)


def _begin(graph: Graph, node: Node, draft: Draft) -> None:
    """Reads what the first pass starts from: an empty picture of a size, or one that is there."""
    from_picture = False
    for one, _ in start(graph, node):
        keys = one.inputs.keys()
        if one is not node and {"width", "height"} <= keys:
            put(graph, one, ("width",), "width", draft)
            put(graph, one, ("height",), "height", draft)
            for name in ("length", "video_frames", "num_frames"):
                put(graph, one, (name,), "num_frames", draft)
            put(graph, one, ("batch_size",), "batch_size", draft)
            draft.flow = draft.flow or one.kind.startswith(_FLOW_STARTS)
            break
        from_picture = from_picture or "VAEEncode" in one.kind
    denoise = _denoise(graph, node)
    if denoise is not None and (from_picture or denoise != 1):
        draft.put("strength", denoise, f"node {node.id}: denoise")


def _denoise(graph: Graph, node: Node) -> Any:
    if "denoise" in node.inputs:
        return graph.value(node, "denoise")
    grid = schedule(graph, node, None) if graph.link(node, "sigmas") else None
    return graph.value(grid, "denoise") if grid is not None else None


def _later_pass(graph: Graph, node: Node, at: int, draft: Draft) -> None:
    second = Draft("ComfyUI")
    _steps(graph, node, second)
    denoise = _denoise(graph, node)
    scale = None
    for one, _ in start(graph, node):
        if is_sampler(one):
            break
        scale = scale or graph.value(one, "scale_by")
    if "hires_steps" not in draft.settings and isinstance(denoise, int | float) and denoise < 1:
        draft.put("hires_steps", second.settings.get("num_inference_steps"))
        draft.put("hires_denoising_strength", denoise, f"node {node.id}: denoise")
        draft.put("hires_scale", scale, "scale_by")
    words = [f"{name} {value}" for name, value in second.settings.items()]
    words += [word for word in (second.sampler, second.schedule) if word]
    draft.keep(f"pass {at}", ", ".join([*words, f"denoise {denoise}"] if denoise else words))


def _first(graph: Graph, node: Node, names: tuple[str, ...], draft: Draft) -> Any:
    for name in names:
        if name in node.inputs:
            found = graph.value(node, name)
            if found is not UNKNOWN:
                return found
            draft.note(f"node {shown(node.id, 20)}: {name}: {UNKNOWN!r}")
    return None


def put(graph: Graph, node: Node | None, names: tuple[str, ...], id: str, draft: Draft) -> None:
    """Keeps the first of these inputs that a node has."""
    if node is not None:
        name = next((name for name in names if name in node.inputs), "")
        draft.put(id, _first(graph, node, names, draft), f"node {node.id}: {name}")
