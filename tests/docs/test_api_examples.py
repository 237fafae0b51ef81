"""Every example on the pages is run: Python, commands, and requests to the built site.

`UPDATE_EXAMPLES=1 pytest tests/docs/test_api_examples.py` writes what they print into the pages.
"""

from __future__ import annotations

import ast
import codeop
import contextlib
import doctest
import io
import json
import os
import re
import shlex
import shutil
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small import ROOT

from recommender.__main__ import main
from tests.recommender.headers import build

CONTENT = ROOT / "docs" / "content"
PAGES = sorted(CONTENT.rglob("*.md"))
OURS = sorted((CONTENT / "api").glob("*.md"))
HOST = "http://127.0.0.1:8000/"
ELSEWHERE = "…"
_FENCE = re.compile(
    r"(?P<mark><!-- not run: (?P<reason>[^>]+) -->\n)?^```(?P<kind>\w+)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@pytest.fixture(autouse=True)
def with_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts the files that the examples name into the current folder."""
    shutil.copy(ROOT / "tests/recommender/pictures/a1111.png", tmp_path / "picture.png")
    front, size = build.safetensors(build.stored(build.load("native")["z-image"], "bf16"), None)
    (tmp_path / "model.safetensors").write_bytes(front)
    os.truncate(tmp_path / "model.safetensors", size)
    monkeypatch.setenv("SWEETSPOT_ROOT", str(ROOT))
    monkeypatch.chdir(tmp_path)


def blocks(page: Path, kind: str) -> list[re.Match[str]]:
    """Returns the code blocks of one kind on a page that can be run.

    The rest is marked, or is what an export wrote for a pipeline that somebody has loaded.
    """
    found = _FENCE.finditer(page.read_text(encoding="utf-8"))
    own = [match for match in found if match["kind"] == kind and not match["reason"]]
    return [match for match in own if not match["code"].startswith("# pipe: ")]


def with_blocks(pages: list[Path], kind: str) -> list[Any]:
    """Names the pages that have blocks of a kind, for one test each."""
    return [pytest.param(p, id=p.relative_to(ROOT).as_posix()) for p in pages if blocks(p, kind)]


def compare(page: Path, kind: str, run: Callable[[str], list[tuple[str, str, str]]]) -> None:
    """Runs the blocks of a page in order and compares, or writes, what they print.

    `run` returns for each example of a block its text, what the page says it prints, and what it
    does print.
    """
    wrong, text = [], page.read_text(encoding="utf-8")
    for match in blocks(page, kind):
        examples = run(match["code"])
        wrong += [(asked, said, got) for asked, said, got in examples if not matches(said, got)]
        new = "".join(
            asked + (said if matches(said, got) and said else got) for asked, said, got in examples
        )
        text = text.replace(match[0], match[0].replace(match["code"], new))
    if os.environ.get("UPDATE_EXAMPLES"):
        page.write_text(text, encoding="utf-8")
        return
    for asked, said, got in wrong:
        assert asked + said == asked + got


def matches(said: str, got: str) -> bool:
    """True where a page shows what was printed; … stands for whatever is left out."""
    pattern = re.escape(said).replace(re.escape(f"{ELSEWHERE}\n"), r"(?:.*\n)*?")
    pattern = pattern.replace(re.escape(ELSEWHERE), r".*?") if said[:1] == ELSEWHERE else pattern
    return re.fullmatch(pattern, got, re.DOTALL) is not None


@pytest.mark.parametrize("page", with_blocks(PAGES, "pycon"))
def test_a_python_session_prints_what_the_page_says(page: Path) -> None:
    """Each page is one session."""
    names: dict[str, Any] = {"__name__": "__main__"}

    def run(code: str) -> list[tuple[str, str, str]]:
        found = []
        for example in doctest.DocTestParser().get_examples(code):
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                try:
                    exec(compile(example.source, str(page), "single"), names)
                except Exception as error:
                    printed.write("Traceback (most recent call last):\n    ...\n")
                    printed.write(traceback.format_exception_only(error)[-1])
            lines = example.source.splitlines(keepends=True)
            asked = "".join([">>> " + lines[0], *("... " + line for line in lines[1:])])
            found.append((asked, example.want, printed.getvalue()))
        return found

    compare(page, "pycon", run)


@pytest.mark.parametrize("page", with_blocks([*PAGES, ROOT / "README.md"], "python"))
def test_a_python_example_runs_and_its_remarks_are_true(page: Path) -> None:
    """`answer.steps  # 4` is checked: the expression has the value that stands behind it."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for match in blocks(page, "python"):
        for statement in ast.parse(match["code"]).body:
            source = ast.get_source_segment(match["code"], statement) or ""
            line = match["code"].splitlines()[statement.end_lineno - 1]  # type: ignore[operator]
            remark = line.partition("  # ")[2].strip()
            with contextlib.redirect_stdout(io.StringIO()):
                if not isinstance(statement, ast.Expr):
                    exec(compile(source, str(page), "exec"), names)
                    continue
                value = eval(compile(source, str(page), "eval"), names)
            if remark and codeop.compile_command(remark.split(" ")[0], symbol="eval"):
                with contextlib.suppress(ValueError, SyntaxError):
                    assert value == ast.literal_eval(remark), line


@pytest.mark.parametrize("page", with_blocks(OURS, "console"))
def test_a_command_prints_what_the_page_says(page: Path, request: pytest.FixtureRequest) -> None:
    """Commands of sweetspot, and requests answered from the files of the built site."""
    last = 0

    def run(code: str) -> list[tuple[str, str, str]]:
        nonlocal last
        found = []
        for asked, said in re.findall(r"^(\$ .*\n)((?:(?!\$ ).*\n)*)", code, re.MULTILINE):
            words = shlex.split(asked.removeprefix("$ "))
            if words[0] == "curl":
                got = requested(words, request.getfixturevalue("guide"))
            elif words[:2] == ["echo", "$?"]:
                got = f"{last}\n"
            else:
                assert words[0] == "sweetspot", asked
                got, last = printed(words[1:])
            found.append((asked, said, got))
        return found

    compare(page, "console", run)


def printed(arguments: list[str]) -> tuple[str, int]:
    """Returns what a command prints, on both streams, and its exit code."""
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        code = main(arguments)
    return stream.getvalue(), code


def requested(words: list[str], site: Path) -> str:
    """Answers `curl -s ADDRESS`, and the filter behind it: jq with a path, or head."""
    assert words[:2] == ["curl", "-s"] and words[2].startswith(HOST), words
    text = (site / words[2].removeprefix(HOST)).read_text(encoding="utf-8")
    match words[3:]:
        case []:
            return text
        case ["|", "head", count]:
            return "".join(text.splitlines(keepends=True)[: int(count.lstrip("-"))])
        case ["|", "jq", *options, path]:
            return selected(json.loads(text), path, options)
    raise AssertionError(f"{words}: no filter that this test knows")


def selected(data: Any, path: str, options: list[str]) -> str:
    """Returns what jq prints for a path such as .models[0].document."""
    for name, index in re.findall(r"\.([\w-]+)|\[(\d+)\]", path):
        data = data[name] if name else data[int(index)]
    if "-r" in options and isinstance(data, str):
        return data + "\n"
    form: dict[str, Any] = {"separators": (",", ":")} if "-c" in options else {"indent": 2}
    return json.dumps(data, ensure_ascii=False, **form) + "\n"


def test_an_example_that_is_not_run_says_why() -> None:
    """Only what needs a large model's weights is left out."""
    reasons = [
        match["reason"].strip()
        for page in PAGES
        for match in _FENCE.finditer(page.read_text(encoding="utf-8"))
        if match["reason"]
    ]
    assert set(reasons) <= {"it loads a model of several gigabytes"}


def test_a_page_that_says_something_else_is_caught() -> None:
    """The comparison can fail, and dots stand for what is left out and for nothing else."""
    assert matches("4\n", "4\n")
    assert not matches("4\n", "5\n")
    assert not matches("", "4\n")
    assert matches("one\n…\n", "one\ntwo\nthree\n")
    assert not matches("one\n…\n", "two\nthree\n")
    assert matches("… files, no problems.\n", "571 files, no problems.\n")
    assert not matches("… files, no problems.\n", "571 files, 2 problems.\n")
