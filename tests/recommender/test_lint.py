"""Lint finds what is wrong in settings, says it in exact words, and keeps quiet about the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recommender import Finding, UnknownModelError, UnreadableError, catalogue, lint, recommend
from recommender._lint.engine import OF_MODEL, RULES, rules
from recommender._lint.finding import SEVERITIES, about
from recommender._recommend.rule import is_number

HERE = Path(__file__).parent / "lint"
EXPECTED: dict[str, list[dict[str, Any]]] = json.loads((HERE / "expected.json").read_text("utf-8"))


_ENDS = ("low", "value", "high")


def rule_of(name: str) -> str:
    return name.partition(".")[0]


def said(findings: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    return [(one.rule, one.where, one.message) for one in findings]


def loud(findings: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    return said(tuple(one for one in findings if one.severity != "note"))


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_fixture_gives_exactly_these_findings(name: str) -> None:
    found = [one.to_dict() for one in lint(HERE / name)]
    kept = [{k: v for k, v in one.items() if k != "why" and v is not None} for one in found]
    # Where a figure of the catalogue changed: python tests/recommender/lint/refresh.py
    assert kept == EXPECTED[name]


@pytest.mark.parametrize("rule", [id for id, _ in rules()])
def test_every_rule_has_a_fixture_that_fails_and_one_that_passes(rule: str) -> None:
    outcomes: dict[str, list[bool]] = {"fails": [], "passes": []}
    for name, findings in EXPECTED.items():
        if rule_of(name) == rule:
            outcomes[name.split(".")[1]].append(rule in [one["rule"] for one in findings])
    assert outcomes["fails"]
    assert all(outcomes["fails"])
    assert outcomes["passes"]
    assert not any(outcomes["passes"])


def test_every_fixture_belongs_to_a_rule_and_none_is_forgotten() -> None:
    files = {path.name for path in HERE.iterdir() if path.is_file()}
    assert files - EXPECTED.keys() == {"expected.json", "refresh.py"}
    assert {rule_of(name) for name in EXPECTED} == {id for id, _ in rules()}


def test_fixtures_are_written_as_many_tools_write_them() -> None:
    tools = {name.split(".")[2] for name in EXPECTED if name.count(".") == 3}
    assert tools == {"a1111", "comfyui", "drawthings", "fooocus", "forge", "invokeai", "swarmui"}


def test_there_are_thirty_rules_or_more_and_each_has_a_name_of_its_own() -> None:
    ids = [id for id, _ in rules()]
    assert len(ids) == len(RULES) + len(OF_MODEL) == len(set(ids))
    assert len(ids) >= 30


@pytest.mark.parametrize("rule", [*RULES, *OF_MODEL], ids=lambda rule: rule.__name__)
def test_every_rule_says_what_it_catches_why_what_to_do_and_where_that_stands(rule: Any) -> None:
    text = about(rule)
    assert text.catches.endswith(".")
    assert text.why.endswith(".")
    assert text.fix.endswith(".")
    assert text.sources
    assert all(source.strip() for source in text.sources)


@pytest.mark.parametrize("id", sorted(catalogue().models))
def test_no_recommendation_is_found_fault_with(id: str) -> None:
    assert loud(lint(recommend(id).settings, model=id)) == []


@pytest.mark.parametrize("id", sorted(catalogue().models))
def test_no_figure_a_source_publishes_for_a_model_is_found_fault_with(id: str) -> None:
    for setting, claims in catalogue().models[id]["claims"].items():
        ends = [claim.get(key) for claim in claims for key in _ENDS if not claim.get("unsourced")]
        for figure in {end for end in ends if is_number(end)}:
            assert loud(lint({setting: figure}, model=id)) == [], (setting, figure)


def test_the_worst_comes_first() -> None:
    found = lint({"seed": -1, "num_inference_steps": 0, "motion_bucket_id": 400})
    assert [one.severity for one in found] == list(SEVERITIES)


def test_a_setting_is_understood_under_any_tool_s_name() -> None:
    one = lint({"steps": 50, "sampler": "Euler"}, model="z-image-turbo")
    other = lint({"num_inference_steps": 50}, model="Tongyi-MAI/Z-Image-Turbo")
    assert (
        said(one)
        == said(other)
        == [
            (
                "steps-above-range",
                "num_inference_steps",
                "50 steps where 8 to 9 are published for Z-Image-Turbo: 5.6 times the work.",
            )
        ]
    )
    assert one[0].cost == 5.56


def test_a_model_given_stands_before_the_one_recorded() -> None:
    found = lint(HERE / "model-unknown.fails.json", model="sdxl-turbo")
    assert [one.rule for one in found] == ["steps-above-range"]


def test_a_hosted_endpoint_may_be_the_model() -> None:
    found = lint({"num_inference_steps": 28, "guidance": 11}, model="black-forest-labs/flux-dev")
    assert said(found)[0] == (
        "hosted-value-refused", "guidance_scale", "replicate-flux-dev takes 10 or less, got 11.",
    )  # fmt: skip


def test_a_figure_that_a_tool_ships_for_a_few_step_model_is_told_and_not_called_wrong() -> None:
    (found,) = lint({"steps": 4}, model="sana-sprint-1-6b")
    assert (found.rule, found.severity) == ("steps-above-range", "note")


def test_a_scheduler_that_one_tool_s_name_leaves_open_is_not_judged() -> None:
    # 'euler' is one name for the sampler of noise models and for that of flow models.
    assert loud(lint({"scheduler": "euler"}, model="flux-1-dev")) == []


def test_ancestral_epsilon_samplers_of_comfyui_are_not_judged_as_diffusers_classes(
    tmp_path: Path,
) -> None:
    graph = json.loads((HERE / "distilled-guidance-as-cfg.passes.comfyui.json").read_text())
    graph["3"]["inputs"]["sampler_name"] = "dpmpp_2m"
    (tmp_path / "graph.json").write_text(json.dumps(graph))
    assert lint(tmp_path / "graph.json") == ()


def test_a_strength_below_one_divides_the_time_and_not_the_steps_a_model_needs() -> None:
    assert lint({"steps": 25, "strength": 0.3}, model="sd-1.5") == ()
    assert lint({"steps": 100, "strength": 0.3}, model="sd-1.5") == ()


def test_clip_skip_of_diffusers_is_counted_from_none(tmp_path: Path) -> None:
    path = tmp_path / "call.json"
    path.write_text('{"model": "flux-1-dev", "clip_skip": 1}')
    assert [one.rule for one in lint(path)] == ["clip-skip-without-clip"]
    assert lint({"clip_skip": 1}, model="flux-1-dev") == ()


def test_a_lora_nothing_is_known_of_keeps_the_rules_about_few_steps_quiet() -> None:
    assert lint({"steps": 8, "guidance_scale": 1, "loras": ["speed"]}, model="sdxl") == ()


def test_a_scheduler_may_be_given_with_its_config() -> None:
    config = {"_class_name": "PNDMScheduler", "skip_prk_steps": False}
    (found,) = lint({"scheduler": config, "num_inference_steps": 2})
    assert found.message == "PNDM with skip_prk_steps=false raises at 2 steps; it needs 4."


def test_a_model_nobody_knows_is_refused_where_it_is_given() -> None:
    with pytest.raises(UnknownModelError):
        lint({"steps": 4}, model="no such model")


def test_neither_mapping_nor_path_is_refused() -> None:
    with pytest.raises(TypeError, match=r"lint: expected a mapping of settings or a path, got int"):
        lint(5)  # type: ignore[arg-type]


def test_json_without_a_setting_is_no_file_of_settings(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"prompt": "a lake", "answer": 42}')
    with pytest.raises(UnreadableError, match="neither a workflow nor a tool's text"):
        lint(path)


def test_one_step_that_starts_at_the_end_is_told_for_every_class_of_the_catalogue() -> None:
    """What each class does with each spacing is known there from running it."""
    spaced = {one["class"]: one["spacings"] for one in catalogue().schedulers.values()
              if "spacings" in one}  # fmt: skip
    for name, spacings in spaced.items():
        for spacing, trap in spacings.items():
            asked = {"scheduler": name, "num_inference_steps": 1, "timestep_spacing": spacing}
            message = f"one step with {spacing} spacing runs at timestep 0, on pure noise."
            told = ("one-step-at-the-end", "num_inference_steps", message)
            assert (told in said(lint(asked))) == (trap["one_step_starts_at"] == 0), (name, spacing)
