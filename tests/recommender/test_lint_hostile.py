"""Whatever a stranger's settings hold, lint answers in sentences and never falls over."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender import UnreadableError, catalogue, lint
from recommender._errors import is_hidden
from recommender._lint.finding import SEVERITIES
from recommender._lint.names import index
from tests.pace import within

IDS = sorted({*index(catalogue()).values(), "loras", "prompt", "model", "endpoint", "steps"})
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(2**70), max_value=2**70),
    st.floats(),
    st.sampled_from(["", "nan", "1e999", "２０", "2_0", "0x10", "karras", "fp16", "trailing"]),
    st.sampled_from(["EulerDiscreteScheduler", "LCMScheduler", "FlowMatchEulerDiscreteScheduler"]),
    st.text(max_size=40),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=8), st.integers(), max_size=3),
)
MODELS = st.sampled_from(["sd-1.5", "sdxl", "flux-1-dev", "z-image-turbo", "wan-2-1-t2v-14b", None])
HIDDEN = "\x1b[2J\u202e\u200b\x07"


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(IDS), VALUES, max_size=8), MODELS)
def test_any_values_give_findings_in_plain_words(given: dict[str, Any], model: str | None) -> None:
    for one in lint(given, model=model):
        assert one.severity in SEVERITIES
        assert one.message.endswith((".", "?"))
        assert one.fix.endswith((".", "?"))
        assert one.why
        assert len(one.message) < 500
        text = one.where + one.message + one.fix
        assert not any(is_hidden(character) for character in text)
        assert one.cost is None or one.cost > 1


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(max_size=30), VALUES, max_size=6))
def test_any_keys_are_taken_and_unknown_ones_dropped(given: dict[str, Any]) -> None:
    lint(given)


def test_keys_that_are_no_text_are_dropped() -> None:
    assert lint({1: 2, None: 3, ("steps",): 4}) == ()  # type: ignore[dict-item]


@pytest.mark.parametrize("key", ["steps", "scheduler", "model", "schedule_type", "vae"])
def test_nothing_hidden_is_echoed_raw(key: str) -> None:
    for one in lint({key: f"x{HIDDEN}y", "num_inference_steps": 0}, model=None):
        assert not any(is_hidden(character) for character in one.message + one.fix)


def test_a_token_in_a_value_is_not_repeated() -> None:
    token = "hf_" + "a" * 34
    (found,) = lint({"steps": f"30 {token}"})
    assert token not in found.message
    assert found.message == "expected a whole number, got '30 (a token, removed)'."


def test_a_key_that_is_a_megabyte_long_costs_nothing() -> None:
    with within(2):
        assert lint({"s" * 2**20: 1, "steps" + " " * 2**20: 0}) != ()
        assert lint({"prompt": "(" * 200_000, "steps": 20}) == ()
        assert lint({"prompt": "<lora:" * 40_000, "steps": 20}, model="sd-1.5") != ()


def test_ten_thousand_keys_and_loras_are_cut_and_not_waited_for() -> None:
    many: dict[str, Any] = {f"num_inference_step{at}": at for at in range(10_000)}
    with within(5):
        found = lint({**many, "loras": [f"lora {at}" for at in range(10_000)]})
    assert len(found) <= 30


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the file is empty."),
        (b"{", "no settings: neither a workflow nor a tool's text."),
        (b'{"steps": ' + b"[" * 100_000, "no settings: neither a workflow nor a tool's text."),
        (b'{"steps": 20, "steps": 30}', "no settings: neither a workflow nor a tool's text."),
        (b"\xff\xfe{}", "no settings: neither a workflow nor a tool's text."),
        (b"[1, 2]", "no settings: neither a workflow nor a tool's text."),
    ],
)
def test_a_broken_file_gets_one_line(tmp_path: Path, body: bytes, said: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(body)
    with pytest.raises(UnreadableError) as error:
        lint(path)
    assert str(error.value) == f"{path}: {said}"


def test_a_pipe_and_a_folder_are_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnreadableError, match="expected a picture or a workflow, got a pipe"):
        lint(tmp_path / "pipe")
    with pytest.raises(UnreadableError, match="expected a picture or a workflow, got a folder"):
        lint(tmp_path)


def test_numbers_no_json_allows_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"steps": NaN, "guidance_scale": 1e999, "width": -Infinity}')
    assert [(one.rule, one.where) for one in lint(path)] == [
        ("not-finite", "num_inference_steps"),
        ("not-finite", "guidance_scale"),
        ("not-finite", "width"),
    ]


def test_linting_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"steps": 20}))
    before = [(entry.name, entry.stat().st_mtime_ns) for entry in os.scandir(tmp_path)]
    lint(path)
    assert [(entry.name, entry.stat().st_mtime_ns) for entry in os.scandir(tmp_path)] == before
