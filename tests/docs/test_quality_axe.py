"""axe finds nothing to complain about on any page; test_quality_widgets.py opens the widgets."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe import violations
from browser import Opened
from html_pages import covering

from tests.prove import PROVE

FEW = ["settings/", "settings/inference-steps/", "models/flux-1-schnell/", "schedulers/"]
SCREENS = [(False, False), (True, True), *([(True, False), (False, True)] if PROVE else [])]


@pytest.mark.parametrize(("dark", "phone"), SCREENS)
def test_axe_finds_nothing_on_any_page(
    opened: Opened,
    small_guide: Path,
    request: pytest.FixtureRequest,
    dark: bool,
    phone: bool,
) -> None:
    """One page of each type; `make prove`: pages that show all elements, attributes and classes."""
    uris, site = FEW, small_guide
    if PROVE:
        site = request.getfixturevalue("guide")
        uris = [f"{path.parent.relative_to(site).as_posix()}/" for path in covering(site)]
    watched = opened(site, dark=dark, phone=phone)
    assert [f"{uri}: {one}" for uri in uris for one in violations(watched.visit(uri))] == []
