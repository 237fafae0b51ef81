"""What is exported reads back as what was exported: for any model and for odd prompts."""

from __future__ import annotations

import argparse
import json
import math
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from recommender import ReadSettings, Recommendation, catalogue, export, read_settings, recommend
from recommender._export import Exported, ExportError
from recommender._export import mflux as mflux_writer

ODD = (
    "", " ", "a harbour at dusk", "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1",
    "Negative prompt: fog", "one line\nNegative prompt: fog\nlast line", "a\n\n\nb", "a\r\nb\rc",
    '"quoted", it\'s {"json": true} $HOME `id` \\n %s', "-- --steps 3", "-x", "--help",
    "Template: x", "é 港 🌅 ‮abc", "tab\tand\x0bfeed\x0c", "a\u2028b", "{value}", "<lora:x:0.5>",
    "\ud800", "nul\0", "(word:1.3), [a|b], Seed: 5, Size: 1x1", "a" * 3000,
)  # fmt: skip
PROMPTS = st.one_of(st.sampled_from(ODD), st.text(max_size=60))
SEEDS = st.integers(min_value=0, max_value=2**31)
STRENGTHS = st.one_of(st.none(), st.sampled_from([0.1, 0.35, 0.5, 0.75, 0.99, 1.0]))
QUICK = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@cache
def recommended(id: str, strength: float | None = None) -> Recommendation:
    return recommend(id, strength=strength)


@cache
def runs_on(tool: str) -> tuple[str, ...]:
    """Returns the models this tool takes."""
    found = []
    for id in catalogue().models:
        try:
            export(recommended(id), tool)
        except ExportError:
            continue
        found.append(id)
    return tuple(found)


def draw(data: st.DataObject, tool: str, strength: float | None = None) -> Recommendation:
    return recommended(data.draw(st.sampled_from(runs_on(tool))), strength)


def as_picture(path: Path, text: str) -> ReadSettings:
    """Writes a text into a picture as the web UIs do, and reads it."""
    info = PngInfo()
    info.add_text("parameters", text)
    Image.new("RGB", (8, 8)).save(path, pnginfo=info)
    return read_settings(path)


def reads_as_utf8(text: str) -> bool:
    """True for Latin-1 text, such as 'Ã©', whose bytes are UTF-8: tools write both into tEXt."""
    try:
        return text.encode("latin-1").decode("utf-8") != text
    except ValueError:
        return False


def lines(prompt: str) -> str:
    """Returns a prompt as every tool keeps it: without line ends of Windows and NUL."""
    return prompt.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def same_numbers(found: Recommendation, made: Exported, read: ReadSettings) -> None:
    """Compares steps, guidance and size, where nothing had to move them."""
    moved = {note.split(":")[0] for note in made.notes if "became" in note or "takes" in note}
    values = read.settings
    if found.steps is not None and found.strength is None and "steps" not in moved:
        assert values["num_inference_steps"] == found.steps
    if found.width is not None and not {"width", "height"} & moved and "width" in values:
        assert (values["width"], values["height"]) == (found.width, found.height)
    if found.guidance_scale is None:
        return
    if any(note.endswith("has no place for it.") and "distilled" in note for note in made.notes):
        assert values["guidance_scale"] == 1  # the model's own guidance cannot be set there
    elif found.guidance == "distilled":
        assert values["guidance_scale"] == pytest.approx(found.guidance_scale)
        assert read.guidance == "distilled"
    elif found.guidance == "from-zero":
        assert values["guidance_scale"] == pytest.approx(found.guidance_scale + 1)
    elif found.guidance == "cfg" and "guidance" not in moved:
        assert values["guidance_scale"] == pytest.approx(found.guidance_scale)
    elif found.guidance == "off" and not (found.true_cfg_scale or 0) > 1:
        assert values["guidance_scale"] == 1


@QUICK
@given(data=st.data(), prompt=PROMPTS, negative=PROMPTS, seed=SEEDS, strength=STRENGTHS)
def test_a_comfyui_graph_reads_back(
    tmp_path: Path, data: st.DataObject, prompt: str, negative: str, seed: int,
    strength: float | None,
) -> None:  # fmt: skip
    found = draw(data, "comfyui", strength)
    made = export(found, "comfyui", prompt=prompt, negative_prompt=negative, seed=seed)
    path = tmp_path / "graph.json"
    path.write_text(made.content, encoding="utf-8")
    read = read_settings(path)
    assert read.tool == "ComfyUI"
    assert read.settings["seed"] == seed
    if "\ud800" not in prompt + negative:
        assert read.prompt == lines(prompt).strip()
        assert read.negative_prompt == lines(negative).strip()
    same_numbers(found, made, read)
    if strength is not None:
        assert read.settings["strength"] == strength
        if found.effective_steps is not None:
            assert read.settings["num_inference_steps"] == found.effective_steps
    graph = json.loads(made.content)
    shifts = [one for one in graph.values() if one["class_type"].startswith("ModelSampling")]
    if shifts and shifts[0]["class_type"] == "ModelSamplingFlux":
        assert math.exp(shifts[0]["inputs"]["max_shift"]) == pytest.approx(found.shift)
    elif shifts:
        assert read.settings["shift"] == pytest.approx(found.shift)
    if found.settings.get("clip_skip", 1) > 1:
        assert read.settings["clip_skip"] == found.settings["clip_skip"]


@pytest.mark.parametrize("tool", ["a1111", "forge"])
@QUICK
@given(data=st.data(), prompt=PROMPTS, negative=PROMPTS, seed=SEEDS, strength=STRENGTHS)
def test_an_infotext_reads_back(
    tmp_path: Path, tool: str, data: st.DataObject, prompt: str, negative: str, seed: int,
    strength: float | None,
) -> None:  # fmt: skip
    found = draw(data, tool, strength)
    made = export(found, tool, prompt=prompt, negative_prompt=negative, seed=seed)
    assume(not reads_as_utf8(made.content))
    read = as_picture(tmp_path / "picture.png", made.content)
    assert read.settings["seed"] == seed
    assert read.model == found.model
    for name, asked, got in (
        ("prompt", prompt, read.prompt),
        ("negative prompt", negative, read.negative_prompt),
    ):
        if not any(note.startswith(f"{name}:") and "changes" not in note for note in made.notes):
            assert got == asked
        elif "\ud800" not in asked:
            # Nothing but spaces, line ends and a comma may have been added or left out.
            assert set(lines(asked).split()) <= set(got.split()), (asked, got)
    same_numbers(found, made, read)
    if strength is not None:
        assert read.settings["strength"] == pytest.approx(strength)


@QUICK
@given(data=st.data(), prompt=PROMPTS, negative=PROMPTS, seed=SEEDS)
def test_a_swarmui_preset_reads_back_once_swarmui_has_written_it(
    tmp_path: Path, data: st.DataObject, prompt: str, negative: str, seed: int
) -> None:
    found = draw(data, "swarmui")
    made = export(found, "swarmui", prompt=prompt, negative_prompt=negative, seed=seed)
    (preset,) = json.loads(made.content).values()
    record = {"sui_image_params": {**preset["param_map"], "model": found.model}}
    read = as_picture(tmp_path / "picture.png", json.dumps(record))
    assert read.tool == "SwarmUI"
    assert read.settings["seed"] == seed
    if "\ud800" not in prompt + negative:
        assert read.prompt == lines(prompt)
        assert read.negative_prompt == lines(negative)
    same_numbers(found, made, read)


def mflux_parser() -> argparse.ArgumentParser:
    """A twin of the documented options: mflux@97ac5e6, cli/parser/parsers.py#L78-L135."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--model", "-m", type=str)
    parser.add_argument("--prompt", type=str, required=True)
    parser.add_argument("--negative-prompt", type=str, default="")
    parser.add_argument("--seed", type=int, nargs="+")
    parser.add_argument("--height", type=int)
    parser.add_argument("--width", type=int)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--guidance", type=float)
    parser.add_argument("--image", nargs="+", metavar=("PATH", "STRENGTH"))
    return parser


@QUICK
@given(data=st.data(), prompt=PROMPTS, negative=PROMPTS, seed=SEEDS, strength=STRENGTHS)
def test_an_mflux_command_parses_and_its_record_reads_back(
    tmp_path: Path, data: st.DataObject, prompt: str, negative: str, seed: int,
    strength: float | None,
) -> None:  # fmt: skip
    found = draw(data, "mflux", strength)
    made = export(found, "mflux", prompt=prompt, negative_prompt=negative, seed=seed)
    program, *words = shlex.split(made.content)
    assert program == mflux_writer.COMMANDS[found.model].program
    given_words = mflux_parser().parse_args(words)
    if "\ud800" not in prompt:
        assert given_words.prompt == lines(prompt)
    # mflux's own record of it: src/mflux/utils/generated_image.py#L210.
    record: dict[str, Any] = {
        "mflux_version": "0.11", "model": found.model, "prompt": given_words.prompt,
        "negative_prompt": given_words.negative_prompt, "seed": given_words.seed[0],
        "steps": given_words.steps, "guidance": given_words.guidance,
        "width": given_words.width, "height": given_words.height,
        "image_strength": float(given_words.image[1]) if given_words.image else None,
    }  # fmt: skip
    path = tmp_path / "picture.metadata.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    read = read_settings(path)
    assert read.tool == "mflux"
    assert read.settings["seed"] == seed
    if found.strength is None:
        assert "strength" not in read.settings
    else:
        assert read.settings["strength"] == pytest.approx(found.strength)
        assert given_words.steps >= (found.effective_steps or 1)


def sdcpp_parser() -> argparse.ArgumentParser:
    """A twin of the documented options: stable-diffusion.cpp@97d2990, common.cpp#L922."""
    parser = argparse.ArgumentParser(exit_on_error=False, prefix_chars="-")
    for names in (("-m", "--model"), ("--diffusion-model",), ("-M", "--mode"), ("-i", "--init-img"),
                  ("--sampling-method",), ("--scheduler",)):  # fmt: skip
        parser.add_argument(*names, type=str)
    for names in (("-W", "--width"), ("-H", "--height"), ("--steps",), ("-s", "--seed"),
                  ("--clip-skip",), ("--video-frames",), ("--fps",)):  # fmt: skip
        parser.add_argument(*names, type=int)
    for name in ("--cfg-scale", "--guidance", "--flow-shift", "--strength", "--eta",
                 "--img-cfg-scale", "--high-noise-cfg-scale"):  # fmt: skip
        parser.add_argument(name, type=float)
    return parser


def without_prompts(words: list[str]) -> tuple[list[str], dict[str, str]]:
    """Takes -p and -n out, whose next word this tool takes as it is, whatever it begins with."""
    kept, prompts, rest = [], {}, iter(words)
    for word in rest:
        if word in ("-p", "-n"):
            prompts[word] = next(rest)
        else:
            kept.append(word)
    return kept, prompts


@QUICK
@given(data=st.data(), prompt=PROMPTS, negative=PROMPTS, seed=SEEDS, strength=STRENGTHS)
def test_an_sdcpp_command_parses_to_what_was_recommended(
    data: st.DataObject, prompt: str, negative: str, seed: int, strength: float | None
) -> None:
    found = draw(data, "sdcpp", strength)
    made = export(found, "sdcpp", prompt=prompt, negative_prompt=negative, seed=seed)
    program, *words = shlex.split(made.content)
    words, prompts = without_prompts(words)
    parsed = sdcpp_parser().parse_args(words)
    assert program == "sd-cli"
    assert parsed.seed == seed
    if "\ud800" not in prompt + negative:
        assert prompts["-p"] == lines(prompt)
        assert prompts.get("-n", "") == lines(negative)
    assert (parsed.strength is None) == (found.strength is None)
    if found.guidance == "distilled":
        assert parsed.guidance == pytest.approx(found.guidance_scale)
    if parsed.steps is not None and found.strength is None:
        assert parsed.steps == found.steps
    if found.width is not None and not any("became" in note for note in made.notes):
        assert (parsed.width, parsed.height) == (found.width, found.height)
