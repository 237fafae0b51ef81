"""What render/plans/README.md says of plans is what a plan may hold."""

from __future__ import annotations

import re

from render.plan import PLANS, load_plan
from render.settings import SETTINGS


def test_the_readmes_example_is_a_plan(tmp_path):
    """It is what people copy."""
    text = (PLANS / "README.md").read_text()
    example = tmp_path / "example.yaml"
    example.write_text(text.split("```yaml\n")[1].split("```")[0])
    assert len(load_plan(str(example)).cells()) == 2 * (5 + 3)


def test_the_readme_names_every_setting_a_plan_may_hold():
    said = set(re.findall(r"`([a-z_]+)`", (PLANS / "README.md").read_text()))
    assert SETTINGS - said - {"prompt"} == set()
