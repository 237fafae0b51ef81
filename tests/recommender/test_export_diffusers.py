"""The keywords exported for diffusers are keywords of the pipelines that are installed."""

from __future__ import annotations

import ast
import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from recommender import catalogue, export, recommend
from recommender._export import ExportError
from recommender._export.diffusers_calls import CALLS

spec = find_spec("diffusers")
if spec is None or spec.origin is None:
    pytest.skip("pip install diffusers", allow_module_level=True)
HOME = Path(spec.origin).parent


@cache
def signatures() -> dict[str, frozenset[str]]:
    """Returns each pipeline's keywords, read from its source: importing them all takes minutes."""
    own: dict[str, tuple[frozenset[str] | None, list[str]]] = {}
    for path in (HOME / "pipelines").rglob("pipeline_*.py"):
        text = path.read_text(encoding="utf-8")
        if not any(f"class {name}(" in text for name in CALLS):
            continue
        for item in ast.parse(text).body:
            if isinstance(item, ast.ClassDef):
                own[item.name] = (_call(item), [ast.unparse(base) for base in item.bases])
    return {name: found for name in own if (found := _inherited(own, name)) is not None}


def _call(item: ast.ClassDef) -> frozenset[str] | None:
    for one in item.body:
        if isinstance(one, ast.FunctionDef) and one.name == "__call__":
            return frozenset(arg.arg for arg in (*one.args.args, *one.args.kwonlyargs))
    return None


def _inherited(
    own: dict[str, tuple[frozenset[str] | None, list[str]]], name: str
) -> frozenset[str] | None:
    while name in own:
        found, bases = own[name]
        if found is not None:
            return found
        name = bases[0] if bases else ""
    return None


def test_every_pipeline_of_the_catalogue_has_its_signature_here() -> None:
    wanted = {model["pipeline"] for model in catalogue().models.values() if "pipeline" in model}
    assert wanted - CALLS.keys() == set()


def test_the_table_says_of_no_pipeline_more_than_its_source() -> None:
    known = signatures()
    assert len(CALLS.keys() & known.keys()) > 100
    wrong = {name: sorted(CALLS[name] - {"-"} - known[name]) for name in CALLS if name in known}
    assert {name: names for name, names in wrong.items() if names} == {}


def test_every_exported_keyword_is_one_of_the_pipelines() -> None:
    known = signatures()
    checked = 0
    for id in catalogue().models:
        try:
            made = export(recommend(id), "diffusers-json", prompt="a", negative_prompt="b", seed=1)
        except ExportError:
            continue
        found = json.loads(made.content)
        if found["pipeline"] in known:
            checked += 1
            assert set(found["call"]) <= known[found["pipeline"]], id
    assert checked > 250


def test_every_exported_scheduler_is_a_class_of_diffusers() -> None:
    classes = {
        item.name
        for path in (HOME / "schedulers").glob("*.py")
        for item in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(item, ast.ClassDef)
    }
    for id in catalogue().models:
        try:
            found = json.loads(export(recommend(id), "diffusers-json").content)
        except ExportError:
            continue
        if "scheduler" in found:
            assert found["scheduler"]["class"] in classes, id
