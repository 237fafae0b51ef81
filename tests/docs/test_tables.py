"""Bare tables get a box that scrolls, and a name."""

from __future__ import annotations

from tables import boxed


def test_a_bare_table_is_named_like_the_heading_above_it() -> None:
    """Without the heading's link sign; before any heading, like the page."""
    heading = '<h2 id="a">Rules &amp; <code>x</code><a class="headerlink" href="#a">¶</a></h2>'
    box = '<div class="scroll" role="region" aria-label="{}" tabindex="0"><table class="data">'
    assert boxed("<table>1</table>", "Page") == box.format("Page") + "1</table></div>"
    assert boxed(f"{heading}<table>1</table>", "Page") == (
        heading + box.format("Rules &amp; x") + "1</table></div>"
    )


def test_a_table_with_a_class_stays_as_it_is() -> None:
    """The templates wrote it, box and all."""
    table = '<table class="data">1</table>'
    assert boxed(table, "Page") == table
