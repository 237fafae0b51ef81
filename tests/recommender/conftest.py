"""A small checkout in a temporary folder: three settings, four samplers, five models."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender import Recommendation, catalogue
from recommender._authoring.compile import compile_catalogue
from recommender._catalog import Catalogue
from recommender._recommend.answer import answer
from tests.recommender.sweeps import WEIGHTS, sweep

CHECKOUT = Path(__file__).parents[2]
COMMIT = "0123456789abcdef0123456789abcdef01234567"

FILES = {
    "settings/num_inference_steps.yaml": """
        title: Inference steps
        slug: inference-steps
        group: quality
        type: integer
        aliases: [steps]
        range: {min: 1, max: 1000}
        default: 50
        summary: How often the network is asked.
        what_it_does: Each step removes noise.
        tips: [Begin with 25.]
        """,
    "settings/guidance_scale.yaml": """
        title: Guidance scale
        slug: guidance-scale
        group: guidance
        type: number
        aliases: [cfg]
        range: {min: 0, max: 50}
        summary: How closely the prompt is followed.
        what_it_does: It weighs the prompt.
        tips: [Begin with 5.]
        """,
    "settings/scheduler.yaml": """
        title: Scheduler
        slug: scheduler
        group: sampling
        type: choice
        aliases: [sampler]
        summary: How the steps are taken.
        what_it_does: It chooses the noise levels.
        tips: [Keep the model's own.]
        """,
    "settings/schedulers/euler.yaml": """
        name: Euler
        class: EulerDiscreteScheduler
        order: 1
        calls_per_step: 1N
        kind: deterministic
        valid_for: [epsilon]
        names: {comfyui: euler}
        """,
    "settings/schedulers/heun.yaml": """
        name: Heun
        class: HeunDiscreteScheduler
        order: 2
        calls_per_step: 2N-1
        kind: deterministic
        valid_for: [epsilon]
        """,
    "settings/models/plain/plain-base.yaml": f"""
        name: Plain 1.0
        hub_id: maker/plain-base
        aliases: [plain]
        modality: text-to-image
        pipeline: PlainPipeline
        prediction: epsilon
        distillation: none
        native_resolution: [512, 512]
        sources:
          paper: {{repo: maker/plain, path: README.md, commit: {COMMIT}, line: 3, kind: author,
                   states: 50 steps}}
          tool: {{url: "https://example.org/tool", date: "2024-05-01", kind: tool-default,
                  states: 20 steps}}
        claims:
          num_inference_steps:
            - {{value: 50, source: paper}}
            - {{value: 30, source: tool}}
            - {{value: 20, source: tool}}
            - {{value: 7, unsourced: true, kind: community}}
            - {{value: 10, source: tool, scheduler: Heun}}
            - {{value: 90, source: tool, task: inpaint}}
          guidance_scale:
            - {{value: 7.5, source: paper}}
          scheduler:
            - {{value: EulerDiscreteScheduler, source: paper}}
        """,
    "settings/models/plain/plain-turbo.yaml": f"""
        name: Plain Turbo
        base: plain-base
        aliases: []
        modality: text-to-image
        distillation: few-step
        sources:
          card: {{repo: maker/plain, path: turbo.md, commit: {COMMIT}, kind: author,
                  states: 1 to 4 steps}}
          tool: {{url: "https://example.org/tool", date: "2024-05-01", kind: tool-default,
                  states: 50 steps}}
        claims:
          num_inference_steps:
            - {{value: 4, low: 1, high: 4, source: card}}
            - {{value: 50, source: tool}}
          guidance_scale:
            - {{value: 0.0, source: card}}
            - {{value: 1.0, source: tool}}
        """,
    "settings/models/plain/plain-tune.yaml": """
        name: Plain Tune
        base: plain-base
        aliases: []
        modality: text-to-image
        distillation: none
        """,
    "settings/models/other/other-one.yaml": """
        name: Other [one]
        hub_id: house/Other.ONE-v2
        aliases: []
        modality: text-to-image
        distillation: none
        """,
}


class Tree:
    """A checkout in a temporary folder that tests write into and ask questions of."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, file: str, text: str) -> Path:
        """Writes one file, less the indentation the test's source has."""
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return path

    def change(self, file: str, old: str, new: str) -> None:
        """Replaces one passage of one file."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def measure(self, model: str = "plain-base", **changes: Any) -> str:
        """Writes a measurement of a model and pins its weights; returns the file's name."""
        path = next((self.root / "settings/models").glob(f"*/{model}.yaml"))
        text = path.read_text(encoding="utf-8")
        if "weights:" not in text:
            path.write_text(f"weights: {WEIGHTS}\n{text}", encoding="utf-8")
        found = sweep(model, **changes)
        stem = f"steps-{found['scheduler']}" if found["sweep"] == "steps" else found["sweep"]
        file = f"settings/measured/{model}/{stem}.json"
        self.write(file, json.dumps(found, indent=1))
        return file

    def catalogue(self) -> Catalogue:
        """Compiles the tree."""
        return Catalogue(compile_catalogue(self.root))

    def answer(self, id: str) -> Recommendation:
        """Compiles the tree and recommends for one of its models."""
        return answer(self.catalogue(), id)


@pytest.fixture(scope="session")
def known() -> Catalogue:
    """The catalogue of this checkout."""
    return catalogue(CHECKOUT)


@pytest.fixture
def of_this_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers from the real catalogue, whatever another test chose."""
    monkeypatch.setenv("SWEETSPOT_ROOT", str(CHECKOUT))


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A checkout whose files pass `check`."""
    tree = Tree(tmp_path)
    for file, text in FILES.items():
        tree.write(file, text)
    return tree


@pytest.fixture
def model_with(tree: Tree) -> Callable[[str, str], Recommendation]:
    """Returns a function from distillation and claims, as YAML, to the answer they come to."""

    def build(distillation: str, claims: str) -> Recommendation:
        head = f"""\
name: Rivals
aliases: []
modality: text-to-image
distillation: {distillation}
"""
        if "source: " in claims:
            head += "sources:\n"
        for kind in ("author", "tool-default", "community"):
            if f"source: {kind}" in claims:
                head += f"  {kind}: {{url: 'https://example.org/{kind}', date: '2024-01-01', "
                head += f"kind: {kind}, states: figures}}\n"
        text = head + "claims:\n" + textwrap.indent(textwrap.dedent(claims).strip(), "  ") + "\n"
        path = tree.root / "settings/models/rivals/rivals.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return tree.answer("rivals")

    return build
