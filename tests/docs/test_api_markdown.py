"""Every page as plain Markdown, and the sheet that lists them for language models."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import html5lib
import markdown as renderer
import pytest
from api_llms import llms
from api_markdown import markdown, twin_of
from html_pages import page_paths

import recommender

CASES = {
    "<h1 id='a'>A <em>b</em><a class='headerlink' href='#a'>¶</a></h1><p>One\ntwo.</p>": (
        "# A *b*\n\nOne two.\n"
    ),
    "<p><a href='../b/'>b</a>, <a href='../b/#c'>c</a>, <a href='https://x.y/z/'>z</a></p>": (
        "[b](../b/index.md), [c](../b/index.md#c), [z](https://x.y/z/)\n"
    ),
    "<ul><li>one</li><li>two<ul><li>three</li></ul></li></ul><ol><li>a</li><li>b</li></ol>": (
        "- one\n- two\n\n  - three\n\n1. a\n2. b\n"
    ),
    "<table><thead><tr><th>A</th><th>B</th></tr></thead><tr><td>1|2</td><td>3</td></tr></table>": (
        "| A | B |\n| --- | --- |\n| 1\\|2 | 3 |\n"
    ),
    "<table><thead><tr><th>A</th><th>Bar</th></tr></thead><tr><td>1</td><td></td></tr></table>": (
        "| A |\n| --- |\n| 1 |\n"
    ),
    "<div class='language-sh highlight'><pre><code>a  # <b>`</b>\n</code></pre></div>": (
        "```sh\na  # `\n```\n"
    ),
    "<dl><div><dt>A</dt><dd>4 <small>1–4</small></dd></div><dt>B</dt><dd>8</dd></dl>": (
        "- A: 4 (1–4)\n- B: 8\n"
    ),
    "<p>num_inference_steps, 2*3, [x], _y_ &lt;b&gt; &amp;amp;</p>": (
        "num_inference_steps, 2\\*3, \\[x\\], \\_y\\_ &lt;b> &amp;amp;\n"
    ),
    "<p># no heading</p><p>1. no list</p>": "\\# no heading\n\n\\1. no list\n",
    "<figure><img src='a.webp' alt='a [b]'><figcaption><code>x = 1</code></figcaption></figure>": (
        "![a \\[b\\]](a.webp)\n\n`x = 1`\n"
    ),
    "<p>a<span hidden>b</span></p><svg><text>c</text></svg><script>d</script>": "a\n",
    "<blockquote><p>a</p><p>b</p></blockquote>": "> a\n>\n> b\n",
}


@pytest.mark.parametrize("html", CASES)
def test_each_construct_of_a_page_has_its_markdown(html: str) -> None:
    """Headings, links, lists, tables, code, definitions, pictures; what only browsers need goes."""
    assert markdown(html) == CASES[html]


def test_only_the_address_of_a_page_of_ours_leads_to_a_twin() -> None:
    """Other hosts, files and places on the same page stay what they are."""
    assert twin_of("../") == "../index.md"
    assert twin_of("./#x") == "./index.md#x"
    for address in ("https://x.y/", "mailto:a@b.c", "#x", "a.webp", "../api/v1/models.json"):
        assert twin_of(address) == address


def twins(site: Path) -> dict[Path, str]:
    """Returns the twin of every page."""
    pages = [page for page in page_paths(site) if page.name != "404.html"]
    return {page: page.with_suffix(".md").read_text(encoding="utf-8") for page in pages}


def test_every_page_has_a_twin_that_says_the_same_title(guide: Path) -> None:
    """It lies beside the page and is named in its head."""
    for page, text in twins(guide).items():
        title = re.search(r"<h1[^>]*>(.*?)</h1>", page.read_text(encoding="utf-8"), re.DOTALL)
        heading = re.search(r"^# (.+)$", text, re.MULTILINE)
        assert title and heading, page
        words = unescape(re.sub(r"<[^>]+>|¶", "", title[1]))
        assert re.sub(r"\W", "", unescape(heading[1])) == re.sub(r"\W", "", words), page
    start = (guide / "index.html").read_text(encoding="utf-8")
    assert '<link rel="alternate " type="text/markdown" href="index.md">' in start


def test_every_link_of_a_twin_leads_somewhere(guide: Path) -> None:
    """To other twins, pictures and files of the site."""
    missing = []
    for page, text in twins(guide).items():
        here = "http://site/" + page.relative_to(guide).with_suffix(".md").as_posix()
        prose = re.sub(r"^```.*?^```$|`[^`\n]+`", "", text, flags=re.MULTILINE | re.DOTALL)
        for address in re.findall(r"(?<!\\)\]\(<?([^)>\s]+)", prose):
            split = urlsplit(urljoin(here, address))
            if split.netloc == "site" and not (guide / split.path.lstrip("/")).is_file():
                missing.append(f"{here}: {address}")
    assert missing == []


def test_a_hostile_text_stays_text_in_a_twin(hostile_guide: Path) -> None:
    """A renderer that passes HTML through finds none, and no address that runs a script."""
    kinds = set()
    for page, text in twins(hostile_guide).items():
        html = renderer.markdown(text, extensions=["tables", "fenced_code"])
        for element in html5lib.parseFragment(html, namespaceHTMLElements=False).iter():
            kinds.add(element.tag)
            for attribute, value in element.attrib.items():
                assert not attribute.startswith("on"), (page, attribute)
                assert not "".join(value.split()).lower().startswith("javascript:"), page
    assert not kinds & {"script", "svg", "iframe", "style", "textarea", "input", "button"}
    assert {"a", "table", "code", "img"} <= kinds


def test_the_sheet_has_every_model_in_one_line(guide: Path) -> None:
    """With its answer, and an absolute path that leads to its twin."""
    text = (guide / "llms.txt").read_text(encoding="utf-8")
    for id, model in recommender.catalogue().models.items():
        answer = recommender.recommend(id)
        lines = [line for line in text.splitlines() if f"](/models/{id}/index.md)" in line]
        assert len(lines) == 1, id
        said = "steps unknown" if answer.steps is None else f"{answer.steps} step"
        assert f": {said}" in lines[0], model["name"]
    for path in re.findall(r"(?<!\\)\]\(/([^)]*)\)", text):
        assert (guide / path).is_file(), path


def test_the_sheet_has_the_form_that_readers_expect(guide: Path) -> None:
    """One title, a summary as a quotation, then sections of links."""
    lines = (guide / "llms.txt").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# Sweetspot"
    assert lines[2].startswith("> ")
    assert [line for line in lines if line.startswith("## ")] == [
        "## Guide",
        "## Settings",
        "## Models",
        "## Data",
    ]


def test_a_published_sheet_names_the_whole_address() -> None:
    """A sheet that is passed on still leads to its pages."""
    known = {"settings": {}, "models": {}}
    text = llms(known, {}, "https://guide.example/sub/")
    assert "](https://guide.example/sub/words/index.md)" in text
    assert "](/" not in text
