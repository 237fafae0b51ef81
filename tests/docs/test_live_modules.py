"""Seeds, tokens, tables and links of live drawing, in a real browser, on Python's own answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from browser import served
from playwright.sync_api import Browser, Page
from small import ROOT

ASSETS = ROOT / "docs" / "content" / "assets"
# Written by `python -m render export --vectors` from torch, transformers and diffusers.
TOLD: dict[str, Any] = json.loads((ROOT / "tests/docs/live.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def modules(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page that has the modules beside it."""
    folder = tmp_path_factory.mktemp("modules")
    (folder / "index.html").write_text(
        '<!doctype html><title>x</title><link rel="icon" href="data:,">'
    )
    (folder / "js").symlink_to(ASSETS / "js")
    (folder / "models").symlink_to(ASSETS / "models")
    with served(folder) as base:
        page = chromium.new_page()
        page.goto(base)
        yield page
        page.close()


def ask(page: Page, script: str, argument: object = None) -> Any:
    """Runs the body of an async function of `given`, in which `load` imports a module."""
    load = "const load = (name) => import(new URL(`js/live/${name}.js`, location.href));"
    return page.evaluate(f"async (given) => {{ {load} {script} }}", argument)


def numbers(text: str) -> np.ndarray:
    """Unpacks single-precision numbers."""
    return np.frombuffer(base64.b64decode(text), "<f4")


@pytest.mark.parametrize("told", TOLD["randn"], ids=lambda told: str(told["seed"]))
def test_a_seed_gives_the_numbers_of_torch(modules: Page, told: dict[str, Any]) -> None:
    """Draw after draw, but for the last bit or two of torch's own sines and logarithms."""
    drawn = ask(
        modules,
        """const { Generator } = await load("noise");
        const generator = new Generator(given.seed);
        return given.draws.map(() => [...generator.normal(given.numel)]);""",
        told,
    )
    for found, wanted in zip(drawn, told["draws"], strict=True):
        assert np.abs(np.array(found) - numbers(wanted)).max() < 3e-7
        assert (np.array(found, np.float32) == numbers(wanted)).mean() > 0.75


def test_a_prompt_gives_the_ids_of_the_models_own_tokenizer(modules: Page) -> None:
    """Words, pieces, bytes, special tokens typed as text, other alphabets, and too many of them."""
    found = ask(
        modules,
        """const { tokenize } = await load("tokenizer");
        const vocabulary = await (await fetch("models/vocabulary.json")).json();
        return given.map((text) => tokenize(text, vocabulary));""",
        [told["text"] for told in TOLD["tokens"]],
    )
    assert found == [told["ids"] for told in TOLD["tokens"]]


def test_words_that_no_caption_had_are_found_as_they_were_typed(modules: Page) -> None:
    """Each once; signs and case are no matter."""
    found = ask(
        modules,
        """const { unknownWords } = await load("tokenizer");
        const vocabulary = await (await fetch("models/vocabulary.json")).json();
        return unknownWords(given, vocabulary);""",
        "A Dragon, a hot-air BALLOON; a dragon & 3 castles! 🙂🙂",
    )
    assert found == ["Dragon", "dragon", "3", "castles", "🙂"]


def test_the_words_that_a_model_has_no_room_for_are_those_whose_ids_are_cut(modules: Page) -> None:
    """Its length, without start and end, in pieces of words."""
    room = 30
    found = ask(
        modules,
        """const { wordsLeftOut } = await load("tokenizer");
        const vocabulary = await (await fetch("models/vocabulary.json")).json();
        return given.map((text) => wordsLeftOut(text, vocabulary));""",
        ["", "sea " * room, "sea " * room + "sand, sky", "sea " * (room - 1) + "xylophone sky"],
    )
    assert found == [[], [], ["sand", ",", "sky"], ["xylophone", "sky"]]


@pytest.mark.parametrize("told", TOLD["tables"], ids=lambda told: told["id"])
def test_a_table_takes_noise_where_the_scheduler_of_diffusers_takes_it(
    modules: Page, told: dict[str, Any]
) -> None:
    """Whatever the network is: here it answers with a line."""
    found = ask(
        modules,
        """const [{ sample }, { Generator }] = [await load("sampler"), await load("noise")];
        const table = await (await fetch(`models/schedulers/${given.id}.json`)).json();
        const generator = new Generator(given.seed);
        return [...await sample(table.runs[given.steps], {
            noise: () => generator.normal(given.numel),
            predict: async (state, time) => state.map((value) => 0.25 * value + 0.001 * time),
            progress: async () => true,
        })];""",
        told,
    )
    wanted = numbers(told["x"])
    assert np.linalg.norm(np.array(found) - wanted) / np.linalg.norm(wanted) < 1e-5


@pytest.mark.parametrize("told", TOLD["starts"], ids=lambda told: told["id"])
def test_a_run_is_entered_from_a_picture_where_the_pipeline_enters_it(
    modules: Page, told: dict[str, Any]
) -> None:
    """With as much noise, and as if the calls before had never been made."""
    found = ask(
        modules,
        """const [{ sample }, { Generator }] = [await load("sampler"), await load("noise")];
        const { entered, first } = await load("start");
        const read = async (kind) => (await fetch(`models/${kind}/${given.id}.json`)).json();
        const [table, starts] = [await read("schedulers"), await read("starts")];
        const { steps, left, numel } = given;
        const run = entered(table.runs[steps], starts.runs[steps][left - 1]);
        const generator = new Generator(given.seed);
        const picture = Float32Array.from({ length: numel }, (_, i) => (2 * i) / (numel - 1) - 1);
        return [...await sample(run, {
            noise: () => generator.normal(numel),
            start: first(run, generator.normal(numel), picture),
            predict: async (state, time) => state.map((value) => 0.25 * value + 0.001 * time),
            progress: async () => true,
        })];""",
        told,
    )
    wanted = numbers(told["x"])
    assert np.linalg.norm(np.array(found) - wanted) / np.linalg.norm(wanted) < 1e-5


def test_an_address_keeps_settings_and_a_form_refuses_what_it_cannot_hold(modules: Page) -> None:
    """A stranger's link cannot put a value into a form that its own limits forbid."""
    found = ask(
        modules,
        """const { read, write, fill, settingsOf } = await load("address");
        document.body.innerHTML = `<form>
          <input type="text" name="prompt" maxlength="9" value="before">
          <input type="number" name="seed" min="0" max="99" step="1" value="7" required>
          <input type="range" name="steps" min="1" max="50" step="1" value="4">
          <select name="width"><option>64</option><option disabled>96</option></select>
          <input type="radio" name="model" value="a" checked>
          <input type="radio" name="model" value="b">
        </form>`;
        const form = document.querySelector("form");
        const sound = write({ prompt: 'a&b="c"', seed: 9, steps: 50, width: "64", model: "b" });
        const first = [fill(form, read(sound)), settingsOf(form)];
        const bad = { prompt: "longer than nine", seed: 100, steps: 51, width: "96", model: "c",
            form: "x", length: 3, submit: "x", __proto__: null };
        const worse = [["seed", ""], ["seed", "1e1000"], ["seed", "0.5"], ["steps", "2.5"],
            ["width", "1"]];
        const then = [fill(form, read(write(bad))), fill(form, worse), settingsOf(form)];
        return [...first, ...then, read("#top")];""",
    )
    sound = {"prompt": 'a&b="c"', "seed": 9, "steps": 50, "width": "64", "model": "b"}
    bad = ["prompt", "seed", "steps", "width", "model", "form", "length", "submit"]
    assert found == [[], sound, bad, ["seed", "seed", "seed", "steps", "width"], sound, None]
