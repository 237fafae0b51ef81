"""Seeds, tokens, tables and links of live drawing, in a real browser, against the real thing."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from browser import served
from playwright.sync_api import Browser, Page
from small import ROOT
from transformers import CLIPTokenizer

from render.loading import build_scheduler
from render.models import find_model
from render.schedulers import flags_of, scheduler_of
from tests.prove import PROVE

ASSETS = ROOT / "docs" / "content" / "assets"
SCHEDULERS: dict[str, Any] = json.loads((ASSETS / "models/manifest.json").read_text())["schedulers"]
FEW = ("lcm", "heun", "unipc", "euler-ancestral", "dpmpp-2m-karras", "pndm")
STEPS = (1, 2, 7, 25, 50) if PROVE else (7,)
PROMPTS = (
    "",
    "a hot-air balloon, green hills by day, big clouds",
    "A  Lighthouse\tat\nsunset",
    "snow and 12 dragons, l'été, naïve Ünïcode, 東京, 🏔️!?",
    "it's the sailor's; don't, we've, I'M",
    "a <|endoftext|> b <|startoftext|>c <|EndOfText|>",
    "ΣΊΣΥΦΟΣ İstanbul e\u0301 \u00a0 \u0085 x\ufeffy",
    "meadows " * 40,
)


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


@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1, 2**32 + 5])
def test_a_seed_gives_the_numbers_of_torch(modules: Page, seed: int) -> None:
    """Draw after draw, whatever is left of a block of 16; torch's own sine is off by as much."""
    sizes = [2048, 16, 37, 100, 8 * 8 * 32]
    drawn = ask(
        modules,
        """const { Generator } = await load("noise");
        const generator = new Generator(given.seed);
        return given.sizes.map((size) => [...generator.normal(size)]);""",
        {"seed": seed, "sizes": sizes},
    )
    generator = torch.Generator("cpu").manual_seed(seed)
    for size, values in zip(sizes, drawn, strict=True):
        wanted = torch.randn(size, generator=generator)
        assert (wanted - torch.tensor(values)).abs().max() < 3e-6


def test_a_prompt_gives_the_ids_of_the_models_own_tokenizer(modules: Page) -> None:
    """Words, pieces, bytes, special tokens typed as text, other alphabets, and too many of them."""
    found = ask(
        modules,
        """const { tokenize } = await load("tokenizer");
        const vocabulary = await (await fetch("models/vocabulary.json")).json();
        return given.map((text) => tokenize(text, vocabulary));""",
        PROMPTS,
    )
    tokenizer = CLIPTokenizer.from_pretrained(ROOT / "render/reference/postcards/tokenizer")
    wanted = tokenizer(list(PROMPTS), padding="max_length", max_length=32, truncation=True)
    assert found == wanted["input_ids"]


def test_words_that_no_caption_had_are_found_as_they_were_typed(modules: Page) -> None:
    """Each once; signs and case are no matter."""
    found = ask(
        modules,
        """const { unknownWords } = await load("tokenizer");
        const vocabulary = await (await fetch("models/vocabulary.json")).json();
        return unknownWords(given, vocabulary);""",
        "A Dragon, a hot-air BALLOON; a dragon & 3 castles!",
    )
    assert found == ["Dragon", "dragon", "3", "castles"]


@pytest.mark.parametrize("name", SCHEDULERS if PROVE else FEW)
def test_a_table_takes_noise_where_the_scheduler_of_diffusers_takes_it(
    modules: Page, name: str
) -> None:
    """With any network: here one that answers with half of what it is given, and a tenth."""
    for steps in (steps for steps in STEPS if steps in SCHEDULERS[name]["steps"]):
        found = ask(
            modules,
            """const [{ sample }, { Generator }] = [await load("sampler"), await load("noise")];
            const table = await (await fetch(`models/${given.file}`)).json();
            const generator = new Generator(5);
            return [...await sample(table.runs[given.steps], {
                noise: () => generator.normal(64),
                predict: async (state) => state.map((value) => 0.5 * value + 0.1),
                progress: async () => true,
            })];""",
            {"file": SCHEDULERS[name]["file"], "steps": steps},
        )
        wanted = by_diffusers(name, steps)
        assert (torch.tensor(found) - wanted).norm() / wanted.norm() < 1e-5, steps


def by_diffusers(name: str, steps: int) -> torch.Tensor:
    """Runs the scheduler itself, as Stable Diffusion's pipeline calls it, with the same network."""
    model = find_model("postcards-turbo" if name == "lcm" else "postcards")
    settings = SCHEDULERS[name]["settings"][0]
    spec = scheduler_of(model, settings.get("scheduler"), flags_of(settings))
    assert spec is not None
    scheduler = build_scheduler(spec)
    scheduler.set_timesteps(steps)
    generator = torch.Generator("cpu").manual_seed(5)
    state = torch.randn((1, 1, 8, 8), generator=generator) * scheduler.init_noise_sigma
    takes = inspect.signature(scheduler.step).parameters
    given = {"generator": generator, "eta": settings.get("eta", 0.0)}
    extra = {key: value for key, value in given.items() if key in takes}
    for timestep in scheduler.timesteps:
        output = 0.5 * scheduler.scale_model_input(state, timestep) + 0.1
        state = scheduler.step(output, timestep, state, **extra).prev_sample
    return state.flatten()


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
