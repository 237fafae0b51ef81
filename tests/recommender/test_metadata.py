"""Pictures and workflows give back the settings that each tool wrote into them."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from recommender import ReadSettings, UnreadableError, read_settings

PICTURES = Path(__file__).parent / "pictures"
EXPECTED: dict[str, dict[str, Any]] = json.loads((PICTURES / "expected.json").read_text("utf-8"))
CHECKOUT = Path(__file__).parents[2]


def infotext(tmp_path: Path, text: str) -> ReadSettings:
    path = tmp_path / "picture.txt"
    path.write_text(text, encoding="utf-8")
    return read_settings(path)


def graph(tmp_path: Path, nodes: dict[str, tuple[str, dict[str, Any]]]) -> ReadSettings:
    path = tmp_path / "graph.json"
    data = {id: {"class_type": kind, "inputs": inputs} for id, (kind, inputs) in nodes.items()}
    path.write_text(json.dumps(data), encoding="utf-8")
    return read_settings(path)


def png(path: Path, *chunks: tuple[bytes, bytes]) -> Path:
    """Writes the chunks of a PNG, and nothing that could be decoded as pixels."""
    whole = [(b"IHDR", bytes(13)), *chunks, (b"IEND", b"")]
    data = b"".join(
        len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")
        for name, body in whole
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + data)
    return path


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_picture_gives_what_its_tool_wrote(name: str) -> None:
    found = read_settings(PICTURES / name).to_dict()
    # What the tool's name is in the catalogue is tested below: the catalogue grows.
    found["settings"].pop("scheduler", None)
    for lora in found["loras"]:
        if lora["hash"] is None:
            del lora["hash"]
    kept = {key: value for key, value in found.items() if value not in (None, [], "")}
    assert {key: kept[key] for key in kept if key not in ("file", "other")} == EXPECTED[name]


def test_every_picture_is_expected_and_every_tool_of_the_guide_is_among_them() -> None:
    files = {path.name for path in PICTURES.iterdir() if path.is_file()}
    assert files - EXPECTED.keys() == {"README.md", "make.py", "make_comfy.py", "expected.json"}
    assert {one["tool"] for one in EXPECTED.values()} == {
        "A1111", "Civitai", "ComfyUI", "Draw Things", "Fooocus", "Forge", "InvokeAI", "NovelAI",
        "SD.Next", "Sweetspot", "SwarmUI", "mflux", "stable-diffusion.cpp",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "scheduler"),
    [
        ("a1111.png", "dpmpp-2m-karras"),
        ("comfy-ksampler.png", "dpmpp-2m-karras"),
        ("novelai-4.png", "dpmpp-2m-karras"),
        ("drawthings.png", "dpmpp-2m-karras"),
        ("comfy-two-passes.png", "euler"),
        ("comfy-flux.png", "flow-match-euler"),
        ("forge-flux.png", "flow-match-euler"),
        ("civitai.jpg", "flow-match-euler"),
        ("sdcpp.png", "flow-match-euler"),
        ("invokeai-3.png", "flow-match-euler"),
        ("invokeai-1.png", "euler-ancestral"),
        ("sdnext.jpg", "euler-ancestral"),
        ("novelai.png", "euler-ancestral"),
        ("sweetspot.webp", "dpmpp-2m-karras"),
    ],
)
def test_a_sampler_gets_the_catalogue_s_name_for_it(name: str, scheduler: str) -> None:
    found = read_settings(PICTURES / name).settings["scheduler"]
    ours = {"euler-ancestral": ("euler-ancestral", "euler-a")}
    assert found in ours.get(scheduler, (scheduler,))


def test_a_sampler_the_catalogue_does_not_know_keeps_the_tool_s_name(tmp_path: Path) -> None:
    found = infotext(tmp_path, "a\nSteps: 20, Sampler: Euler Deluxe, CFG scale: 7, Seed: 1")
    assert found.settings["scheduler"] == found.sampler == "Euler Deluxe"


def test_a_distilled_guidance_takes_the_name_and_true_cfg_stands_beside_it() -> None:
    found = read_settings(PICTURES / "forge-flux.png")
    assert (found.settings["guidance_scale"], found.settings["true_cfg_scale"]) == (3.5, 1.0)
    assert found.guidance == "distilled"


def test_the_denoising_strength_of_a_hires_pass_is_not_the_picture_s() -> None:
    settings = read_settings(PICTURES / "a1111.png").settings
    assert settings["hires_denoising_strength"] == 0.35
    assert "strength" not in settings
    assert read_settings(PICTURES / "a1111-old.png").settings["strength"] == 0.5


def test_a_settings_like_line_in_the_prompt_stays_in_the_prompt(tmp_path: Path) -> None:
    found = infotext(
        tmp_path,
        "Steps: 99, Sampler: Heun, Seed: 5\nNegative prompt: a: b, c: d, e: f\ng: h\n"
        "Steps: 20, Sampler: Euler, CFG scale: 7, Seed: 1",
    )
    assert found.settings["num_inference_steps"] == 20
    assert found.prompt == "Steps: 99, Sampler: Heun, Seed: 5"
    assert found.negative_prompt == "a: b, c: d, e: f\ng: h"


def test_a_value_of_the_wrong_type_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    found = infotext(
        tmp_path, "a\nSteps: ２０, Sampler: Euler, CFG scale: 2_0, Seed: nan, Size: 512x768"
    )
    assert "num_inference_steps" not in found.settings
    assert (found.settings["width"], found.settings["height"]) == (512, 768)
    assert found.problems == (
        "Steps: expected a whole number, got '２０'",
        "Seed: expected a whole number, got 'nan'",
        "CFG scale: expected a number, got '2_0'",
    )


def test_of_two_records_that_disagree_the_graph_is_taken_and_the_difference_named() -> None:
    found = read_settings(PICTURES / "comfy-and-a1111.png")
    assert found.settings["num_inference_steps"] == 20
    assert found.problems == (
        "num_inference_steps: 20 in PNG text 'prompt', 30 in PNG text 'parameters'; "
        "the first is taken",
    )


def test_a_key_that_stands_twice_is_read_twice_and_the_first_is_taken(tmp_path: Path) -> None:
    text = b"parameters\0a lake\nSteps: %d, Sampler: Euler, CFG scale: 7, Seed: 1"
    found = read_settings(png(tmp_path / "x.png", (b"tEXt", text % 20), (b"tEXt", text % 30)))
    assert found.settings["num_inference_steps"] == 20
    assert found.problems == (
        "num_inference_steps: 20 in PNG text 'parameters', 30 in PNG text 'parameters'; "
        "the first is taken",
    )


@pytest.mark.parametrize(
    ("kind", "inputs", "setting", "value"),
    [
        ("ModelSamplingSD3", {"shift": 5.0}, "shift", 5.0),
        ("ModelSamplingAuraFlow", {"shift": 1.73}, "shift", 1.73),
        ("ModelSamplingFlux", {"max_shift": 1.15, "base_shift": 0.5}, "max_shift", 1.15),
        ("ModelSamplingDiscrete", {"sampling": "lcm"}, "prediction_type", "lcm"),
        ("RescaleCFG", {"multiplier": 0.7}, "guidance_rescale", 0.7),
    ],
)
def test_a_node_that_patches_the_model_is_read(
    tmp_path: Path, kind: str, inputs: dict[str, Any], setting: str, value: Any
) -> None:
    found = graph(
        tmp_path,
        {
            "1": ("KSampler", {"steps": 20, "cfg": 7, "model": ["2", 0]}),
            "2": (kind, {"model": ["3", 0], **inputs}),
            "3": ("UNETLoader", {"unet_name": "a.safetensors"}),
        },
    )
    assert found.settings[setting] == value
    assert found.model == "a.safetensors"


def test_a_stack_of_loras_is_read_without_those_switched_off(tmp_path: Path) -> None:
    stack = {
        "model": ["3", 0],
        "lora_1": {"on": True, "lora": "ink", "strength": 0.6},
        "lora_2": {"on": False, "lora": "fog", "strength": 0.6},
    }
    found = graph(
        tmp_path,
        {
            "1": ("KSampler", {"steps": 20, "cfg": 7, "model": ["2", 0]}),
            "2": ("Power Lora Loader (rgthree)", stack),
            "3": ("UNETLoader", {"unet_name": "a.safetensors"}),
        },
    )
    assert [(one.name, one.weight) for one in found.loras] == [("ink", 0.6)]


def test_a_value_that_is_only_known_when_the_graph_runs_is_named(tmp_path: Path) -> None:
    found = graph(
        tmp_path,
        {
            "1": ("KSampler", {"steps": ["2", 0], "cfg": 7, "model": None}),
            "2": ("MathExpression|pysssss", {"expression": "a+b", "a": 1, "b": 2}),
        },
    )
    assert "num_inference_steps" not in found.settings
    assert "node 1: steps: a value that is computed when the graph runs" in found.problems


def test_the_other_of_two_pictures_of_one_graph_is_named(tmp_path: Path) -> None:
    sampler = {"cfg": 7, "model": None, "sampler_name": "euler"}
    found = graph(
        tmp_path,
        {
            "1": ("KSampler", {"steps": 20, **sampler}),
            "2": ("KSampler", {"steps": 30, **sampler}),
            "3": ("SaveImage", {"images": ["1", 0]}),
            "4": ("PreviewImage", {"images": ["2", 0]}),
        },
    )
    assert found.settings["num_inference_steps"] == 20
    assert "1 more sampler node (2): left out, as another chain makes the picture" in found.problems


def test_the_editor_s_copy_is_read_only_where_the_graph_that_ran_is_missing(tmp_path: Path) -> None:
    workflow = (PICTURES / "comfy-workflow.json").read_bytes()
    found = read_settings(png(tmp_path / "x.png", (b"tEXt", b"workflow\0" + workflow)))
    assert found.where == "PNG text 'workflow'"
    assert found.settings["num_inference_steps"] == 30
    assert found.other["read from"] == "the editor's workflow; its seed may already be the next one"


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "the file is empty."),
        (b"no settings here", "no settings: neither a workflow nor a tool's text."),
        (b"{}", "no settings: neither a workflow nor a tool's text."),
        (
            b"GGUF\3\0\0\0",
            "expected a picture or a workflow, got a file of weights. "
            "What it is: sweetspot identify.",
        ),
        (
            b"\x40\0\0\0\0\0\0\0{}",
            "expected a picture or a workflow, got a file of weights. "
            "What it is: sweetspot identify.",
        ),
        (
            b"\x89PNG\r\n\x1a\n\0\0\0\0IEND",
            "no settings: a PNG without text. Sites and editors often remove it.",
        ),
        (
            b"\xff\xd8\xff\xd9",
            "no settings: a JPEG without text. Sites and editors often remove it.",
        ),
    ],
)
def test_a_file_without_settings_is_refused_with_its_cause(
    tmp_path: Path, content: bytes, cause: str
) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(UnreadableError) as error:
        read_settings(path)
    assert str(error.value) == f"{path}: {cause}"


def test_a_prompt_that_begins_with_a_brace_is_still_read_from_a_picture(tmp_path: Path) -> None:
    """A1111 reads {a|b} as a choice; SwarmUI's JSON begins with the same sign."""
    text = b"parameters\0{oak|ash} tree\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 1"
    found = read_settings(png(tmp_path / "picture.png", (b"tEXt", text)))
    assert (found.tool, found.prompt) == ("A1111", "{oak|ash} tree")
    assert found.settings["num_inference_steps"] == 20
