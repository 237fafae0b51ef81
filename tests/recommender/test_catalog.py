"""The catalogue is compiled once, kept, found by loose names, and the same bytes every time."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender import AmbiguousModelError, CatalogueError, UnknownModelError, catalogue
from recommender._authoring.compile import compile_catalogue
from recommender._catalog import dumps

if TYPE_CHECKING:
    from conftest import Tree

BASE = "settings/models/plain/plain-base.yaml"


def cache_of(tree: Tree) -> list[Path]:
    """Returns the cached catalogues of a tree."""
    return sorted((tree.root / ".cache/sweetspot").glob("*"))


def test_compiling_twice_gives_the_same_bytes(tree: Tree) -> None:
    assert dumps(compile_catalogue(tree.root)) == dumps(compile_catalogue(tree.root))


def test_a_model_says_what_it_took_over_and_from_where(tree: Tree) -> None:
    tune = tree.catalogue().models["plain-tune"]
    assert tune["pipeline"] == "PlainPipeline"
    assert tune["inherited"] == {
        "pipeline": "plain-base",
        "prediction": "plain-base",
        "native_resolution": "plain-base",
    }
    first = tune["claims"]["num_inference_steps"][0]
    assert first == {
        "value": 50,
        "source": "plain-base:paper",
        "kind": "author",
        "task": "text-to-image",
        "from": "plain-base",
    }
    assert tune["sources"]["plain-base:paper"]["from"] == "plain-base"


def test_a_few_step_model_takes_facts_but_no_claims_from_its_base(tree: Tree) -> None:
    turbo = tree.catalogue().models["plain-turbo"]
    assert turbo["pipeline"] == "PlainPipeline"
    assert sorted(turbo["claims"]) == ["guidance_scale", "num_inference_steps"]
    assert not any("from" in claim for claims in turbo["claims"].values() for claim in claims)


def test_a_few_step_model_takes_claims_from_a_few_step_base(tree: Tree) -> None:
    tree.write(
        "settings/models/plain/plain-turbo-fp8.yaml",
        """
        name: Plain Turbo small
        base: plain-turbo
        aliases: []
        modality: text-to-image
        distillation: few-step
        """,
    )
    answer = tree.answer("plain-turbo-fp8")
    assert (answer.steps, answer.low, answer.high, answer.basis) == (4, 1, 4, "family")
    assert answer.scheduler is None  # from plain-base, which is not few-step


def test_a_source_in_a_repository_gets_its_permalink(tree: Tree) -> None:
    sources = tree.catalogue().models["plain-base"]["sources"]
    assert sources["paper"]["url"] == (
        "https://github.com/maker/plain/blob/0123456789abcdef0123456789abcdef01234567/README.md#L3"
    )
    assert sources["tool"]["url"] == "https://example.org/tool"


def test_files_with_problems_do_not_compile_and_the_error_lists_them(tree: Tree) -> None:
    tree.change(BASE, "distillation: none", "distillation: 3")
    with pytest.raises(CatalogueError) as caught:
        catalogue(tree.root, fresh=True)
    assert str(caught.value) == (
        f"{BASE}:7: distillation: expected 'none', 'guidance' or 'few-step', got the number 3.\n"
        "The catalogue cannot be compiled. Run: python -m recommender check"
    )


def test_the_cache_is_used_until_a_file_changes(tree: Tree) -> None:
    catalogue(tree.root, fresh=True)
    (kept,) = cache_of(tree)
    marked = json.loads(kept.read_text("utf-8"))
    marked["models"]["plain-base"]["name"] = "from the cache"
    kept.write_text(json.dumps(marked), "utf-8")
    assert catalogue(tree.root, fresh=True).models["plain-base"]["name"] == "from the cache"
    tree.change(BASE, "name: Plain 1.0", "name: Plain 1.1")
    assert catalogue(tree.root, fresh=True).models["plain-base"]["name"] == "Plain 1.1"
    assert len(cache_of(tree)) == 1


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"version": 99}', "[" * 100_000, "\x00"])
def test_a_damaged_cache_is_compiled_again(tree: Tree, damage: str) -> None:
    catalogue(tree.root, fresh=True)
    cache_of(tree)[0].write_text(damage, "utf-8")
    assert "plain-base" in catalogue(tree.root, fresh=True).models


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(tree: Tree) -> None:
    (tree.root / ".cache").write_text("a file where the folder should be")
    assert "plain-base" in catalogue(tree.root, fresh=True).models


def test_the_catalogue_is_read_once_until_asked_to_look_again(tree: Tree) -> None:
    first = catalogue(tree.root, fresh=True)
    tree.change(BASE, "name: Plain 1.0", "name: Plain 1.1")
    assert catalogue(tree.root) is first
    assert catalogue(tree.root, fresh=True).models["plain-base"]["name"] == "Plain 1.1"


def test_a_folder_without_settings_is_no_checkout(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="expected a folder with settings/ in it, got none"):
        catalogue(tmp_path, fresh=True)


def test_a_pipe_among_the_files_is_told_and_nothing_waits(tree: Tree) -> None:
    os.mkfifo(tree.root / "settings/pipe.yaml")
    with pytest.raises(CatalogueError, match="expected a regular file, got a pipe"):
        catalogue(tree.root, fresh=True)


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("plain-base", "plain-base"),
        ("PLAIN_BASE", "plain-base"),
        ("maker/plain-base", "plain-base"),
        ("plain", "plain-base"),
        ("Plain 1.0", "plain-base"),
        ("models/checkpoints/plain_base.safetensors", "plain-base"),
        ("C:\\models\\plain-base-fp16.safetensors", "plain-base"),
        ("plain-base-Q4_K_M.gguf", "plain-base"),
        ("plain_base_q8_0.gguf", "plain-base"),
        ("plain base pruned fp8 scaled", "plain-base"),
        ("ｐｌａｉｎ－ｂａｓｅ", "plain-base"),
        ("Other (ONE)", "other-one"),
        ("Other.ONE-v2", "other-one"),
        ("turbo", "plain-turbo"),
        ("turbo plain", "plain-turbo"),
    ],
)
def test_a_model_is_found_in_any_spelling(tree: Tree, name: str, id: str) -> None:
    assert tree.catalogue().find(name) == id


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("plain-tubro", "No model called 'plain-tubro'. "
         "Did you mean 'plain-turbo' or 'plain-tune'?"),
        ("zzz", "No model called 'zzz'."),
        ("", "No model called ''."),
        ("///", "No model called '///'."),
        ("1.0", "No model called '1.0'."),
        # More words than the name has may mean another model, so none is guessed.
        ("plain base lightning", "No model called 'plain base lightning'. "
         "Did you mean 'plain-base'?"),
        ("\x1b[31mred\u202e", r"No model called '\x1b[31mred\u202e'."),
        ("x" * 500, "No model called '" + "x" * 79 + "…'."),
    ],
)  # fmt: skip
def test_an_unknown_name_gets_the_nearest_names(tree: Tree, name: str, message: str) -> None:
    with pytest.raises(UnknownModelError) as caught:
        tree.catalogue().find(name)
    assert str(caught.value) == message


def test_a_name_of_several_models_lists_them(tree: Tree) -> None:
    tree.change("settings/models/other/other-one.yaml", "name: Other [one]", "name: Base One")
    with pytest.raises(AmbiguousModelError) as caught:
        tree.catalogue().find("base")
    assert str(caught.value) == "'base' fits 2 models: other-one, plain-base. Name one."
    assert caught.value.candidates == ("other-one", "plain-base")


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_every_name_is_found_however_it_is_cased_and_parted(
    tree: Tree, data: st.DataObject
) -> None:
    known = catalogue(tree.root)
    id = data.draw(st.sampled_from(sorted(known.models)))
    model = known.models[id]
    name = data.draw(st.sampled_from([id, model["name"], *model["aliases"]]))
    signs = st.sampled_from(["", " ", "-", "_", ".", "[", "] "])
    spelt = "".join(
        (c.upper() if data.draw(st.booleans()) else c.lower()) + data.draw(signs) for c in name
    )
    assert known.find(spelt) == id


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=st.text(max_size=40))
def test_any_text_is_found_or_refused_and_never_echoed_raw(tree: Tree, name: str) -> None:
    try:
        catalogue(tree.root).find(name)
    except (UnknownModelError, AmbiguousModelError) as error:
        assert not any(ord(character) < 32 or ord(character) == 127 for character in str(error))
