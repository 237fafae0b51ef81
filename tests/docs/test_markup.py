"""Text from the catalogue reaches a page as text."""

from __future__ import annotations

import pytest
from markup import figure, inert, prose, prose_line, slug, source_label, source_url


def test_a_plain_value_prints_every_sign_that_opens_a_construct_as_a_character_reference() -> None:
    """Neither HTML nor Markdown nor a template language sees its own signs."""
    assert inert("<b>*a_b*</b> `c` [d] {{7*7}}") == (
        "&#60;b&#62;&#42;a&#95;b&#42;&#60;/b&#62; &#96;c&#96; &#91;d&#93; "
        "&#123;&#123;7&#42;7&#125;&#125;"
    )


def test_a_plain_value_is_one_line() -> None:
    """A line break could begin a heading, a list or a block."""
    assert inert("one\n\n# two") == "one &#35; two"


@pytest.mark.parametrize(
    ("value", "written"), [(3.0, "3"), (0.75, "0.75"), (None, ""), (True, "yes"), ("a", "a")]
)
def test_values_are_written_as_people_write_them(value: object, written: str) -> None:
    """A whole number has no decimals and an unknown value is no word."""
    assert figure(value) == written


def test_prose_renders_markdown() -> None:
    """Emphasis, code, lists and links to the web are what a field may use."""
    assert prose("A **b** `c` [d](https://example.org).") == (
        "<p>A <strong>b</strong> <code>c</code> "
        '<a href="https://example.org" rel="noopener">d</a>.</p>'
    )


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "<div onclick=alert(1)>\n\n# x\n\n</div>",
        "<!-- <script> -->",
        "<svg/onload=alert(1)>",
    ],
)
def test_html_in_prose_is_shown_not_run(hostile: str) -> None:
    """A tag in a field is text: its brackets arrive as character references."""
    shown = prose(hostile)
    assert "&lt;" in shown
    assert not any(tag in shown for tag in ("<script", "<img", "<div", "<svg", "<!--"))


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java&#x0A;script:alert(1)",
        "data:text/html,x",
        "vbscript:x",
    ],
)
def test_a_link_in_prose_leads_to_the_web_or_nowhere(address: str) -> None:
    """Addresses of any other kind lose their href."""
    assert "href" not in prose(f"[x]({address})")


def test_prose_has_no_blank_line() -> None:
    """A blank line would end the HTML block in a CommonMark renderer."""
    assert "\n\n" not in prose("a\n\nb\n\n    code\n\n    more\n\n- c\n\n- d")


def test_a_line_of_prose_has_no_paragraph_of_its_own() -> None:
    """It stands in a list item or behind a label."""
    assert prose_line("a *b*") == "a <em>b</em>"


def test_an_id_stands_in_code_as_it_is() -> None:
    """Character references would show there."""
    assert slug("flux-1_dev") == "flux-1_dev"


def test_an_id_with_other_signs_is_refused() -> None:
    """Nothing but an id may enter a code block."""
    with pytest.raises(ValueError, match="expected an id of a–z, 0–9, '-' and '_'"):
        slug('x")')


def test_a_source_is_linked_only_on_the_web() -> None:
    """The catalogue builds the address; a page still trusts none."""
    assert source_url({"url": "https://example.org/a#L3"}) == "https://example.org/a#L3"
    assert source_url({"url": "javascript:alert(1)"}) is None


def test_a_source_is_named_by_repository_and_file_or_by_host() -> None:
    """A reader sees where a link leads."""
    assert source_label({"repo": "a/b", "path": "src/c.py"}) == "a/b · c.py"
    assert source_label({"url": "https://example.org/d"}) == "example.org"
