"""Hostile graphs: circles, 2^100 paths, endless subgraphs, and JSON that is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.recommender.strangers import node, read, refusal, sampler, within_limits


@pytest.fixture(autouse=True)
def limits() -> Iterator[None]:
    with within_limits():
        yield


def deep(count: int) -> dict[str, Any]:
    """Returns a graph with 2^count paths from the sampler to each of its loaders."""
    graph: dict[str, Any] = {
        "m0": node("CheckpointLoaderSimple", ckpt_name="deep.safetensors"),
        "c0": node("CLIPTextEncode", text="deep"),
        "l0": node("EmptyLatentImage", width=512, height=768, batch_size=1),
    }
    for at in range(1, count):
        before = [f"m{at - 1}", 0]
        graph[f"m{at}"] = node("ModelMergeSimple", model1=before, model2=before)
        before = [f"c{at - 1}", 0]
        graph[f"c{at}"] = node("ConditioningCombine", conditioning_1=before, conditioning_2=before)
        before = [f"l{at - 1}", 0]
        graph[f"l{at}"] = node("LatentAdd", samples1=before, samples2=before)
    ends = {"model": "m", "positive": "c", "negative": "c", "latent_image": "l"}
    last = sampler(**{name: [f"{kind}{count - 1}", 0] for name, kind in ends.items()})
    return {"s": last, "e": node("SaveImage", images=["s", 0]), **graph}


@pytest.mark.parametrize("count", [100, 6000])
def test_a_diamond_of_2_to_the_100_paths_and_a_chain_are_walked_once(
    tmp_path: Path, count: int
) -> None:
    found = read(tmp_path, deep(count))
    assert (found.model, found.prompt, found.settings["height"]) == (
        "deep.safetensors",
        "deep",
        768,
    )


def test_a_chain_of_20_000_nodes_is_read_to_its_end(tmp_path: Path) -> None:
    graph = {"s": sampler(model=["19999", 0], steps=["p19999", 0])}
    for at in range(20000):
        graph[str(at)] = node("Patch", model=[str(at - 1), 0])
        graph[f"p{at}"] = node("Reroute", value=[f"p{at - 1}", 0] if at else 24)
    graph["0"] = node("UNETLoader", unet_name="far.safetensors")
    found = read(tmp_path, graph)
    assert (found.model, found.settings["num_inference_steps"]) == ("far.safetensors", 24)


def test_20_000_samplers_in_a_row_are_cut(tmp_path: Path) -> None:
    graph = {str(at): sampler(latent_image=[str(at - 1), 0] if at else None) for at in range(20000)}
    assert read(tmp_path, graph).settings["num_inference_steps"] == 20


def test_a_graph_in_a_circle_is_read_once_around(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "1": sampler(model=["2", 0], steps=["4", 0], latent_image=["1", 0], positive=["3", 0]),
            "2": node("LoraLoader", lora_name="a", strength_model=1, model=["2", 0]),
            "3": node("ConditioningCombine", conditioning_1=["3", 0], conditioning_2=["3", 0]),
            "4": node("Reroute", value=["5", 0]),
            "5": node("Reroute", value=["4", 0]),
        },
    )
    assert [one.name for one in found.loras] == ["a"]
    assert "node 1: steps: a value that is computed when the graph runs" in found.problems


@pytest.mark.parametrize(
    "subgraphs",
    [
        [{"id": "g0", "nodes": [{"id": 1, "type": "g0"}], "links": []}],
        [
            {"id": f"g{at}", "nodes": [{"id": n, "type": f"g{at + 1}"} for n in (1, 2)]}
            for at in range(100)
        ],
    ],
    ids=["in itself", "two in each"],
)
def test_subgraphs_that_unfold_without_end_are_refused(tmp_path: Path, subgraphs: Any) -> None:
    definitions = {"subgraphs": subgraphs}
    file = {"nodes": [{"id": 1, "type": "g0"}], "links": [], "definitions": definitions}
    assert refusal(tmp_path, file) == (
        "no settings: the file: subgraphs that unfold to more than 50,000 nodes or 20 levels."
    )


def test_a_circle_of_reroutes_in_the_editor_leads_nowhere(
    tmp_path: Path,
) -> None:
    inputs = [{"name": "model", "type": "MODEL", "link": 0}]
    values = [1, "fixed", 20, 7, "euler", "normal", 1]
    ends = [{"id": f"k{n}", "type": "KSampler", "inputs": inputs, "widgets_values": values}
            for n in range(5000)]  # fmt: skip
    routes = [{"id": n, "type": "Reroute", "inputs": [{"name": "", "link": n}]}
              for n in range(5000)]  # fmt: skip
    links = [[n, (n - 1) % 5000, 0, n, 0, "*"] for n in range(5000)]
    found = read(tmp_path, {"nodes": [*routes, *ends], "links": links})
    assert found.settings["num_inference_steps"] == 20


@pytest.mark.parametrize(
    ("steps", "cause"),
    [
        ("NaN", "node 1: steps: expected a whole number, got nan"),
        ("-Infinity", "node 1: steps: expected a whole number, got -inf"),
        ("1e999", "node 1: steps: expected a whole number, got inf"),
        ("9" * 100_000, "node 1: steps: expected a whole number, got inf"),
        ("20.5", "node 1: steps: expected a whole number, got 20.5"),
        ('"2_0"', "node 1: steps: expected a whole number, got '2_0'"),
        ("true", "node 1: steps: expected a whole number, got True"),
        ("20,\"steps\": 30", "key 'steps' stands twice with different values"),
        ("[" * 100_000, "JSON nested too deeply"),
        ("}", "no valid JSON at line 1, column 49: Expecting value"),
    ],
)  # fmt: skip
def test_a_number_that_is_none_is_refused_by_name(tmp_path: Path, steps: str, cause: str) -> None:
    head, tail = '{"1":{"class_type":"KSampler","inputs":{"steps":', ',"cfg":null,"model":null}}}'
    text = head + steps + tail
    assert refusal(tmp_path, text.encode()) == f"no settings: the file: {cause}."


def test_a_number_that_is_none_does_not_lose_the_others(
    tmp_path: Path,
) -> None:
    # ComfyUI itself writes NaN beside pictures it loads.
    found = read(
        tmp_path,
        b'{"1":{"class_type":"KSampler","is_changed":[NaN],'
        b'"inputs":{"steps":20,"cfg":1e999,"model":null}}}',
    )
    assert found.settings == {"num_inference_steps": 20}
    assert "node 1: cfg: expected a number, got inf" in found.problems


def test_half_a_character_is_replaced_and_named(tmp_path: Path) -> None:
    graph = {"1": sampler(positive=["2", 0]), "2": node("CLIPTextEncode", text="a \ud800 b")}
    found = read(tmp_path, graph)
    assert found.prompt == "a \ufffd b"
    assert "prompt: broken characters in it, shown as U+FFFD" in found.problems
