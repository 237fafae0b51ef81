"""The YAML reader takes plain files, and answers anything else with one clear sentence."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender._authoring.yaml_text import MAX_DEPTH, Unreadable, parse, read


def refusal(text: str) -> str:
    """Returns 'line: sentence' for a text that is refused."""
    with pytest.raises(Unreadable) as caught:
        parse(text)
    return f"{caught.value.line}: {caught.value.message}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &x 1\n", "1: anchors are not allowed, got '&x'. Repeat the text."),
        ("a: 1\nb: *x\n", "2: aliases are not allowed, got '*x'. Repeat the text."),
        ("a:\n  <<: {b: 1}\n", "2: merge keys are not allowed, got '<<'. Repeat the keys."),
        ("a: !!str 4\n", "1: tags are not allowed, got 'tag:yaml.org,2002:str'. Remove it."),
        ("a: !!python/object/apply:os.system [id]\n", "1: tags are not allowed, got "
         "'tag:yaml.org,2002:python/object/apply:os.system'. Remove it."),
        ("a: 1\n---\nb: 2\n", "2: expected one document, got a second one. Remove the '---'."),
        ("%YAML 1.1\n---\na: 1\n", "1: directives (%YAML, %TAG) are not allowed. Remove them."),
        ("", "1: expected a mapping of keys, got an empty file."),
        ("# nothing\n", "1: expected a mapping of keys, got an empty file."),
        ("a: 1\n1: b\n", "2: expected a key that is text, got 1. Quote it."),
        ("? [a]\n: b\n", "1: expected a key that is text, got a list or a mapping."),
        ("a: [1\nb: 2\n", "2: not YAML: while parsing a flow sequence, expected ',' or ']', "
         "but got ':'."),
        ("a: '\n", "2: not YAML: while scanning a quoted scalar, found unexpected end of stream."),
    ],
)  # fmt: skip
def test_what_is_not_plain_yaml_is_refused_with_its_line(text: str, expected: str) -> None:
    assert refusal(text) == expected


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "[{a: ", "[[{a: "])
def test_fifty_thousand_levels_are_one_sentence_and_no_crash(opening: str) -> None:
    started = time.process_time()
    assert refusal(opening * 50_000).endswith("levels of nesting, got more.")
    assert time.process_time() - started < 5


def test_the_deepest_nesting_allowed_is_read() -> None:
    assert parse("[" * MAX_DEPTH + "]" * MAX_DEPTH).data is not None
    assert "at most 32 levels" in refusal("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("16:9", "16:9"), ("NO", "NO"), ("off", "off"), ("yes", "yes"), ("0150", "0150"),
        ("1e3", "1e3"), ("1_000", "1_000"), (".inf", ".inf"), (".nan", ".nan"), ("0x1F", "0x1F"),
        ("2024-01-02", "2024-01-02"), ("0o17", "0o17"), ("true", True), ("False", False),
        ("null", None), ("~", None), ("12", 12), ("-3", -3), ("+4", 4), ("1.50", 1.5),
        (".5", 0.5), ("'12'", "12"), ('"true"', "true"), ("9" * 6000, "9" * 6000), ("=", "="),
    ],
)  # fmt: skip
def test_scalars_are_read_as_yaml_1_2_and_odd_forms_stay_text(written: str, value: Any) -> None:
    found = parse(f"a: {written}\n").data["a"]
    assert (found, type(found)) == (value, type(value))


def test_a_key_that_stands_twice_is_reported_with_both_lines() -> None:
    document = parse("a: 1\nb: 2\na: 3\n")
    assert document.duplicates == [(("a",), 3, 1)]


def test_every_value_knows_its_line() -> None:
    document = parse("a:\n  - 1\n  - b: 2\n    c: 3\n")
    assert document.line(("a", 1, "c")) == 4
    assert document.line(("a", 1, "missing")) == 3


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a: \xff\n", "1: expected UTF-8, got the byte 0xff."),
        (b"a: 1\nb: \x00\n", "2: expected plain text, got the hidden character U+0000. Remove it."),
        (b"a: \x1b[31m\n", "1: expected plain text, got the hidden character U+001B. Remove it."),
        ("a: \u202ex\n".encode(), "1: expected plain text, got the hidden character U+202E. "
         "Remove it."),
        (b"\xef\xbb\xbfa: 1\n", "1: expected plain text, got the hidden character U+FEFF. "
         "Remove it."),
        (b"a:\n\tb: 1\n", "2: expected plain text, got the hidden character U+0009. "
         "Indent with spaces."),
        (b'a: "\\x1b[31m"\n', "1: expected plain text, got the hidden character U+001B. "
         "Remove it."),
        (b'a: "\\ud800"\n', "1: expected plain text, got the hidden character U+D800. "
         "Remove it."),
        (b"a: 1\n" * 60_000, "1: expected at most 256 KB, got a larger file."),
    ],
)  # fmt: skip
def test_bytes_that_are_no_plain_text_are_refused(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    with pytest.raises(Unreadable) as caught:
        read(path)
    assert f"{caught.value.line}: {caught.value.message}" == expected


def test_only_regular_files_are_opened_and_nothing_waits(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "real.yaml").write_text("a: 1\n")
    (tmp_path / "link.yaml").symlink_to(tmp_path / "real.yaml")
    expected = {
        "pipe.yaml": "expected a regular file, got a pipe.",
        "folder.yaml": "expected a regular file, got a directory.",
        "link.yaml": "expected a regular file, got a symbolic link.",
        "absent.yaml": "cannot be opened: No such file or directory.",
    }
    for name, sentence in expected.items():
        with pytest.raises(Unreadable) as caught:
            read(tmp_path / name)
        assert caught.value.message == sentence
    with pytest.raises(Unreadable, match="got a device"):
        read(Path("/dev/zero"))


# JSON writes a character above U+FFFF as two halves, which YAML does not join.
words = st.text(st.characters(max_codepoint=0xFFFF, categories=["L", "N", "P", "S"]), max_size=12)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(data=plain)
def test_what_json_writes_is_read_back_the_same(data: Any) -> None:
    """JSON in ASCII is YAML: every value that has a JSON form survives, keys quoted or not."""
    assert parse(json.dumps({"a": data})).data == {"a": data}


@settings(max_examples=150, deadline=None)
@given(text=st.text(alphabet="ab:-[]{}&*!|>'\"%#?, \n<=~.0129\\@`", max_size=60))
def test_any_text_is_read_or_refused_and_never_crashes(text: str) -> None:
    try:
        parse(text)
    except Unreadable as refused:
        assert refused.line >= 1 and refused.message.endswith(".")
