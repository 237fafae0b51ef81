"""The static API: true to its schemas and to recommend(), complete, small, the same every time."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import api
import pytest
from api_fields import OBJECTS
from api_schema import DOCUMENTS, document_schema
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for
from openapi_spec_validator import OpenAPIV31SpecValidator
from small import ROOT

import recommender

MENU = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
ADDRESS = "https://guide.example/sub/"


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return api.generate(ADDRESS, "https://code.example/")


@pytest.fixture(scope="module")
def published(texts: dict[str, str]) -> dict[str, Any]:
    return {uri: json.loads(text) for uri, text in texts.items() if uri.endswith(".json")}


def form_of(uri: str) -> str:
    """Returns the object that a document holds."""
    name = uri.removeprefix(api.PREFIX)
    return DOCUMENTS["models/{id}.json" if name.startswith("models/") else name]


def closed(schema: Any) -> Any:
    """Returns a schema in which an object may have no field that is not described."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    return {**inner, "additionalProperties": False} if "required" in schema else inner


def documents(published: dict[str, Any]) -> dict[str, Any]:
    """Returns the documents that hold facts, without those that describe them."""
    other = (f"{api.PREFIX}schemas/", f"{api.PREFIX}openapi.json")
    return {uri: data for uri, data in published.items() if not uri.startswith(other)}


def test_there_is_one_file_for_every_model_and_one_for_every_list(
    published: dict[str, Any],
) -> None:
    """Nothing is missing and nothing is there that is not described."""
    models = {f"models/{id}.json" for id in recommender.catalogue().models}
    lists = {name for name in DOCUMENTS if "{" not in name}
    found = {uri.removeprefix(api.PREFIX) for uri in documents(published)}
    assert found == models | lists


@pytest.mark.parametrize("name", sorted(set(DOCUMENTS.values())))
def test_every_schema_is_a_schema(name: str, published: dict[str, Any]) -> None:
    """The published file is what the documents are checked against, and passes its dialect."""
    schema = published[f"{api.PREFIX}schemas/{name.lower()}.json"]
    assert schema == document_schema(name)
    assert validator_for(schema) is Draft202012Validator
    Draft202012Validator.check_schema(schema)


def test_every_document_passes_its_schema_and_has_no_field_that_it_does_not_describe(
    published: dict[str, Any],
) -> None:
    """A field that is new in the catalogue must be described in docs/builder/api_*.py."""
    checks = {name: Draft202012Validator(closed(document_schema(name)))
              for name in DOCUMENTS.values()}  # fmt: skip
    whole = documents(published)
    everything = whole[f"{api.PREFIX}all.json"]
    # The rest of its models are the very documents that are checked one by one.
    some = dict(list(everything["models"].items())[:3])
    whole[f"{api.PREFIX}all.json"] = {**everything, "models": some}
    wrong = [
        f"{uri}: {error.json_path}: {error.message[:150]}"
        for uri, data in whole.items()
        for error in checks[form_of(uri)].iter_errors(data)
    ]
    assert wrong[:20] == []


def test_a_schema_refuses_a_document_of_the_wrong_form(published: dict[str, Any]) -> None:
    """The check above can fail: another type, a missing field, a word that is none of the list."""
    check = Draft202012Validator(document_schema("Model"))
    model = published[f"{api.PREFIX}models/flux-1-schnell.json"]
    assert check.is_valid(model)
    assert not check.is_valid({**model, "name": 4})
    assert not check.is_valid({**model, "distillation": "a bit"})
    assert not check.is_valid({key: value for key, value in model.items() if key != "answers"})
    assert not Draft202012Validator(closed(document_schema("Model"))).is_valid({**model, "new": 1})


def test_the_answers_are_what_recommend_returns_for_every_model_and_goal(
    published: dict[str, Any],
) -> None:
    """A page, a program and a file never disagree."""
    listed = published[f"{api.PREFIX}recommendations.json"]["recommendations"]
    for id in recommender.catalogue().models:
        whole = published[f"{api.PREFIX}models/{id}.json"]["answers"]
        for goal in ("draft", "balanced", "final"):
            expected = json.loads(json.dumps(recommender.recommend(id, goal=goal).to_dict()))
            assert whole[goal] == expected, (id, goal)
            short = {key: value for key, value in expected.items() if key not in api.LEFT_OUT}
            assert listed[id][goal] == short, (id, goal)
    assert list(listed) == sorted(recommender.catalogue().models)


def test_a_list_says_of_a_model_what_its_own_document_says(published: dict[str, Any]) -> None:
    """A field that both have is the same in both, and each leads to the other and to the page."""
    everything = published[f"{api.PREFIX}all.json"]["models"]
    entries = published[f"{api.PREFIX}models.json"]["models"]
    assert [entry["id"] for entry in entries] == sorted(everything)
    for entry in entries:
        own = published[api.PREFIX + entry["document"]]
        assert own == everything[entry["id"]]
        usual = own["answers"]["balanced"]
        for key, value in entry.items():
            if key not in ("document", "aliases"):
                assert value == own.get(key, usual.get(key)), (entry["id"], key)


def test_openapi_passes_its_linter(published: dict[str, Any]) -> None:
    """OpenAPI 3.1, without a single complaint."""
    described = published[f"{api.PREFIX}openapi.json"]
    assert described["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(described).iter_errors()) == []
    broken = {**described, "paths": {"models.json": {}}}
    assert list(OpenAPIV31SpecValidator(broken).iter_errors()) != []


def test_openapi_names_every_file_and_every_example_is_true(published: dict[str, Any]) -> None:
    """Each path leads to files, each example is a published file of the form named."""
    described = published[f"{api.PREFIX}openapi.json"]
    assert described["servers"] == [{"url": ADDRESS.rstrip("/")}]
    ids = sorted(recommender.catalogue().models)
    reached = set()
    for path, operations in described["paths"].items():
        content = operations["get"]["responses"]["200"]["content"]["application/json"]
        for parameter in operations["get"].get("parameters", []):
            assert parameter["schema"]["enum"] == ids
        for example, shown in content["examples"].items():
            uri = path.lstrip("/").replace("{id}", example)
            assert shown == {"externalValue": uri.rsplit("/", 1)[1]} or (
                shown == {"value": published[uri]}
            )
            assert content["schema"] == {"$ref": f"#/components/schemas/{form_of(uri)}"}
        reached |= {path.lstrip("/").replace("{id}", id) for id in ids}
    assert reached == set(documents(published))


def test_an_unpublished_guide_claims_no_server() -> None:
    """Without an address the paths count from wherever the description was read."""
    assert "servers" not in json.loads(api.generate()[f"{api.PREFIX}openapi.json"])


def test_every_object_of_the_schemas_is_used() -> None:
    """Nothing is described that is published nowhere."""
    used = {name for file in DOCUMENTS.values() for name in document_schema(file).get("$defs", {})}
    assert used | set(DOCUMENTS.values()) == set(OBJECTS)


def test_files_are_compact_sorted_and_end_with_one_line_feed(texts: dict[str, str]) -> None:
    """One form for the same data, whatever order the catalogue has."""
    for uri, text in texts.items():
        assert "\r" not in text and text.endswith("\n"), uri
        if uri.endswith(".json"):
            form = {"ensure_ascii": False, "sort_keys": True, "separators": (",", ":")}
            assert text == json.dumps(json.loads(text), **form) + "\n", uri  # type: ignore[arg-type]


def test_the_same_facts_make_the_same_bytes(texts: dict[str, str]) -> None:
    """A second build says nothing new."""
    assert api.generate(ADDRESS, "https://code.example/") == texts


def test_a_model_is_a_small_download(texts: dict[str, str]) -> None:
    """Half of the models' files stay below 2.5 KB on the wire, the largest below 8 KB."""
    sizes = sorted(
        len(gzip.compress(text.encode())) for uri, text in texts.items() if "/v1/models/" in uri
    )
    assert sizes[len(sizes) // 2] < 2_500
    assert sizes[-1] < 8_000


def test_a_model_s_file_does_not_change_when_another_model_does(texts: dict[str, str]) -> None:
    """It holds no digest of the whole, so a cache keeps what has not changed."""
    digest = recommender.catalogue()["digest"]
    holding = {uri for uri, text in texts.items() if digest in text}
    assert not any("/v1/models/" in uri for uri in holding)
    assert f"{api.PREFIX}models.json" in holding


def test_a_figure_that_json_does_not_know_stops_the_build() -> None:
    """NaN would make a file that half of all readers refuse."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        api.dumps({"steps": float("nan")})


def test_the_site_publishes_what_was_generated(guide: Path) -> None:
    """Every file of the API lies in the built site, byte for byte."""
    for uri, text in api.generate("", "https://github.com/sweetspot-guide/sweetspot").items():
        assert (guide / uri).read_text(encoding="utf-8") == text, uri


def test_every_page_that_the_menu_names_is_there(guide: Path) -> None:
    """The hook leaves out what is not written; in this checkout everything is."""
    menu = re.findall(r"^ +- (?:[^:\n]+: )?(\S+)\.md$", MENU, re.MULTILINE)
    assert len(menu) > 10
    for uri in menu:
        folder = uri.removesuffix("index").rstrip("/")
        assert (guide / folder / "index.html").is_file(), uri
