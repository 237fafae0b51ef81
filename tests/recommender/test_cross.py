"""Every rule that holds between a setting's fields, or between files: what passes, what fails."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from recommender._authoring.check import check_root

if TYPE_CHECKING:
    from conftest import Tree

TODAY = date(2025, 1, 1)
FILE = "settings/example.yaml"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
SETTING = f"""\
title: Example dial
slug: example-dial
group: quality
type: number
aliases: [dial]
range: {{min: 0, max: 10}}
default: 2
step: 1
summary: The example dial turns things.
what_it_does: |
  It turns [a thing][thing] and [another](https://example.org/other).

  [thing]: https://github.com/maker/tool/blob/{COMMIT}/a.py#L1
values:
  low: {{from: 0, to: 2, text: "Rule of thumb: little.", evidence: [practice]}}
  mid: {{from: 3, to: 5, text: Enough for all., evidence: [tool]}}
works_with:
  - {{setting: guidance_scale, effect: Both turn., evidence: [tool]}}
tools:
  - {{tool: Tool, name: Turn, also: [turn_by], when: by hand,
     min: 0, max: 10, default: 2, source: tool}}
conversions:
  - between: One end to the other
    formula: b = 1 − a
    examples: [{{say: a quarter, call: other_end, with: [0.25], gives: 0.75}}]
sources:
  tool: {{repo: maker/tool, path: a.py, commit: {COMMIT}, kind: tool-default, states: 0 to 10}}
"""
OTHER = f"""\
title: Other dial
slug: other-dial
group: quality
type: choice
aliases: [other]
default: slow
summary: The other dial is turned by hand.
choices:
  - {{value: slow, text: "Rule of thumb: with care.", evidence: [practice]}}
  - {{value: fast, text: In one go., evidence: [tool]}}
tools:
  - {{tool: Tool, name: Other, source: tool}}
  - {{tool: Tool, name: Turn, when: by foot, same_as: example, source: tool}}
sources:
  tool: {{repo: maker/tool, path: b.py, commit: {COMMIT}, kind: tool-default, states: slow}}
"""


def problems(tree: Tree) -> list[str]:
    """Returns what `check` says of a tree, less the file's name."""
    return [str(problem).split(": ", 1)[1] for problem in check_root(tree.root, TODAY).problems]


@pytest.fixture
def dials(tree: Tree) -> Tree:
    """A sound tree with two settings that use every part a setting's file may have."""
    tree.write(FILE, SETTING)
    tree.write("settings/other.yaml", OTHER)
    return tree


def test_settings_that_use_every_part_are_sound(dials: Tree) -> None:
    """Each row below changes one word of these files and nothing else."""
    assert problems(dials) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # Range, default and step.
        ("max: 10}\ndefault", "max: -1}\ndefault", "range.max: expected at least min, got -1."),
        ("default: 2\nstep", "default: 11\nstep", "default: expected 0 to 10, got 11."),
        ("default: 2\nstep", "default: two\nstep",
         "default: expected a number, got the text 'two'."),
        ("step: 1", "step: 20", "step: expected at most the whole range, 10, got 20."),
        ("type: number", "type: string",
         "range: expected no range for a string, got one. Remove it."),
        ("type: number", "type: boolean",
         "default: expected true or false, got the number 2."),
        ("type: number\naliases: [dial]\nrange: {min: 0, max: 10}\ndefault: 2\nstep: 1",
         "type: integer\naliases: [dial]\nrange: {min: 0, max: 10}\ndefault: 2\nstep: 0.5",
         "step: expected a whole number, got 0.5."),
        # Bands.
        ("from: 0, to: 2", "from: -1, to: 2", "values.low.from: expected 0 to 10, got -1."),
        ("from: 3, to: 5", "from: 1, to: 5",
         "values.mid: expected bands that rise, got 1 to 5."),
        ("from: 3, to: 5", "from: 5, to: 3",
         "values.mid: expected bands that rise, got 5 to 3."),
        ("from: 3, to: 5", "from: 2, to: 5",
         "values.mid.from: expected more than 2, where the band before ends, got the same."),
        # Evidence.
        ("Enough for all., evidence: [tool]", "Enough for all., evidence: [tol]",
         "values.mid.evidence[0]: expected a key of sources, got 'tol'. Did you mean 'tool'?"),
        ("Rule of thumb: little.", "Little by little.",
         "values.low.text: expected the words 'Rule of thumb' in what rests on practice, "
         "got none."),
        ('little.", evidence: [practice]', 'little.", evidence: [tool]',
         "values.low.evidence: expected practice as the evidence of a rule of thumb, got none."),
        # Partners.
        ("setting: guidance_scale", "setting: guidance_scal",
         "works_with[0].setting: expected the id of a setting, got 'guidance_scal'. "
         "Did you mean 'guidance_scale'?"),
        ("setting: guidance_scale", "setting: example",
         "works_with[0].setting: expected another setting, got this one."),
        ("works_with:\n",
         "works_with:\n  - {setting: guidance_scale, effect: They turn., evidence: [tool]}\n",
         "works_with[1].setting: expected each setting once, got 'guidance_scale' again."),
        # Tools and their names.
        ("min: 0, max: 10, default: 2,", "min: 0, max: -1,",
         "tools[0].max: expected at least min, got -1."),
        ("min: 0, max: 10, default: 2,", "min: 0, max: 10, default: 11,",
         "tools[0].default: expected a default within the tool's own range, got 11."),
        ("name: Turn, also: [turn_by]", "name: Turn, also: [other]",
         "tools[0].name: expected a name that Tool uses once, got 'Other', which is example's. "
         "Write same_as: example if it is the same control."),
        ("tools:\n", "tools:\n  - {tool: Tool, name: TURN, source: tool}\n",
         "tools[1].name: expected each name of a tool once, got 'Turn' again."),
        ("name: Turn, also", "name: Spin, also",
         "tools[1].same_as: expected the setting that owns 'Turn' in this tool, got example."),
        (", source: tool}\nconversions", "}\nconversions",
         "tools[0]: expected either source or unpinned, "
         "got the keys tool, name, also, when, min, max, default."),
        # Conversions are worked out.
        ("gives: 0.75", "gives: 0.7",
         "conversions[0].examples[0].gives: expected what it works out to, 0.75, got 0.7."),
        ("call: other_end", "call: other_en",
         "conversions[0].examples[0].call: expected a function of _convert, got 'other_en'. "
         "Did you mean 'other_end'?"),
        ("with: [0.25]", "with: [0.25, 1]",
         "conversions[0].examples[0].with: expected an example that can be worked out, "
         "got TypeError('other_end() takes 1 positional argument but 2 were given')."),
        # Links.
        ("(https://example.org/other)", "(javascript:alert)",
         "what_it_does: expected an address that begins with https://, got 'javascript:alert'."),
        (f"blob/{COMMIT}", "blob/main",
         "what_it_does: expected a link to a commit of 40 digits, "
         "got 'https://github.com/maker/tool/blob/main/a.py#L1'."),
        ("[a thing][thing]", "[a thing][thin]",
         "what_it_does: expected a link that uses [thing], got none. Remove it."),
        # Letters.
        ("[dial]", "[dіal]",
         "aliases[0]: expected one script in a word, got Latin and Cyrillic in 'dіal'."),
        ("[dial]", "[сор]",
         "aliases[0]: expected Latin letters, got Cyrillic in 'сор'."),
        ("[dial]", "[ｄｉａｌ]",
         "aliases[0]: expected Latin letters, got Fullwidth in 'ｄｉａｌ'."),
        ("name: Turn, also", "name: Τοο, also",
         "tools[0].name: expected Latin letters, got Greek in 'Τοο'."),
        ("[dial]", "[dia\u0301l]",
         "aliases[0]: expected composed characters (NFC), got others. Run: check --fix"),
        ("[dial]", "[di\u200bal]",
         "expected plain text, got the hidden character U+200B. Remove it."),
        # The page.
        ("slug: example-dial", "slug: index",
         "slug: expected a slug that is free, got 'index'."),
        ("slug: example-dial", "slug: other-dial",
         "slug: expected a name of its own, got 'other-dial', "
         "which belongs to settings/example.yaml."),
        ("summary: The example dial turns things.",
         "summary: The other dial is turned by hand.",
         "summary: expected a sentence of its own, got one of settings/example.yaml: "
         "'the other dial is turned by hand'."),
        ("summary: The example dial turns things.",
         'summary: "One paragraph.\\n\\nAnother."',
         "summary: expected one paragraph, got several."),
        ("aliases: [dial]", "aliases: [cfg]",
         "aliases[0]: expected a name of its own, got 'cfg', "
         "which belongs to settings/example.yaml."),
    ],
)  # fmt: skip
def test_a_slip_between_fields_is_told(dials: Tree, old: str, new: str, expected: str) -> None:
    """The sentence says what was expected and what stands there."""
    dials.change(FILE, old, new)
    assert expected in problems(dials)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("default: slow", "default: slo",
         "default: expected one of the choices (slow, fast), got the text 'slo'."),
        ("value: fast", "value: slow",
         "choices[1].value: expected each value once, got 'slow' again."),
        ("type: choice", "type: integer",
         "choices: expected no choices for a integer, got some. Use values."),
        ("same_as: example", "same_as: guidance_scale",
         "tools[1].same_as: expected the setting that owns 'Turn' in this tool, "
         "got guidance_scale. It is example."),
        ("when: by foot, ", "",
         "tools[1]: expected when 'Turn' means other, as it means example too, got none. "
         "Add when."),
        ("name: Other, source", "name: Foot.turn_by, source",
         "tools[0]: expected when 'Foot.turn_by' means other, as it means example too, got none. "
         "Add when."),
    ],
)  # fmt: skip
def test_a_slip_in_choices_and_shared_controls_is_told(
    dials: Tree, old: str, new: str, expected: str
) -> None:
    """A choice is one of those listed; a shared control names its owner."""
    dials.change("settings/other.yaml", old, new)
    assert expected in problems(dials)


def test_a_page_needs_words_or_tools(dials: Tree) -> None:
    """A summary alone makes no page."""
    dials.write(
        "settings/bare.yaml",
        """
        title: Bare
        slug: bare
        group: quality
        type: string
        aliases: []
        summary: It has nothing else to say.
        """,
    )
    expected = "expected what_it_does or tools, got neither: the page would be empty."
    assert problems(dials) == [expected]


@pytest.mark.parametrize("stem", ["Example", "exa mple", "-example", "e" * 65])
def test_an_unsafe_id_is_refused(dials: Tree, stem: str) -> None:
    """An id becomes part of paths, addresses and programs."""
    (dials.root / FILE).rename(dials.root / f"settings/{stem}.yaml")
    told = "file name: expected an id of a–z, 0–9, '-' and '_', at most 64 long."
    assert told in problems(dials)


def test_a_plan_named_as_evidence_exists(dials: Tree) -> None:
    """Where there are plans, a name among them is meant."""
    dials.write("render/plans/turning.yaml", "title: Turning\n")
    dials.change(FILE, "Both turn., evidence: [tool]", "Both turn., evidence: ['plan:turnin']")
    told = "works_with[0].evidence[0]: expected a plan of render/plans, got 'turnin'. "
    assert told + "Did you mean 'turning'?" in problems(dials)


def test_letters_of_science_may_stand_beside_latin_ones(dials: Tree) -> None:
    """Δσ and µs are what they look like."""
    dials.change(FILE, "turns things.", "turns σmax by Δt in µs.")
    assert problems(dials) == []
