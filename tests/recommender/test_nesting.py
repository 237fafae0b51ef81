"""JSON from strangers is parsed up to a depth that hangs on no interpreter."""

from __future__ import annotations

import json

import pytest

from recommender._nesting import DEEPEST, loads, too_deep


@pytest.mark.parametrize("pair", [("[", "]"), ('{"a":', "}"), ('{"]}\\"[{":', "}"), ("[{},", "]")])
def test_the_deepest_text_is_parsed_and_one_level_more_is_not(pair: tuple[str, str]) -> None:
    """Brackets inside of strings are text."""
    first, last = pair

    def nested(levels: int) -> str:
        return first * levels + "1" + last * levels

    inner = 1 if "{}," in first else 0
    assert loads(nested(DEEPEST - inner)) == json.loads(nested(DEEPEST - inner))
    with pytest.raises(RecursionError):
        loads(nested(DEEPEST + 1))


def test_many_brackets_side_by_side_are_no_depth() -> None:
    """A header of two hundred thousand tensors has three levels."""
    assert not too_deep(b'{"a": ' + b"[]," * 200_000 + b"[]}")
    assert too_deep(b"[" * 100_000)


def test_text_that_is_no_json_is_left_to_the_parser_to_refuse() -> None:
    """Whatever the quotes in it do."""
    for text in ('"', '["', "]]]]", "\ud800", '{"a": "\\'):
        with pytest.raises(json.JSONDecodeError):
            loads(text)
