"""Families of models: who belongs together, what all share, what differs."""

from __future__ import annotations

from typing import Any

import family_pages


def model(name: str, steps: int | None, family: str = "f", **more: Any) -> dict[str, Any]:
    answer = {
        "steps": steps,
        "low": None,
        "high": None,
        "guidance": "off",
        "guidance_scale": 0.0,
        "scheduler": "AScheduler",
    }
    facts = [("Network", "unet"), ("Licence", more.pop("licence", "free"))]
    return {"id": name, "name": name, "family": family, "answer": answer, "facts": facts, **more}


def test_a_family_says_once_what_its_members_share_and_lists_what_differs() -> None:
    """Range and size are empty for both: they are neither."""
    view = family_pages.family_view({"id": "f", "members": [model("a", 4), model("b", 30)]})
    assert view["columns"] == ["Steps"]
    assert [cells for _, cells in view["rows"]] == [["4"], ["30"]]
    assert view["steps"] == "4–30"
    assert view["shared"] == [
        ("Guidance", "off"),
        ("Scheduler", "AScheduler"),
        ("Network", "unet"),
        ("Licence", "free"),
    ]


def test_one_model_is_no_family() -> None:
    """Its own page says all there is."""
    models = [model("a", 4), model("b", 4), model("c", 4, family="alone")]
    assert [family["id"] for family in family_pages.grouped(models)] == ["f"]
    assert list(family_pages.family_pages(models, {})) == [
        "models/families/index.md",
        "models/families/f.md",
    ]


def test_members_that_differ_in_nothing_are_named_all_the_same() -> None:
    """Instead of an empty table."""
    page = family_pages.family_pages([model("a", 4), model("b", 4)], {})["models/families/f.md"]
    assert "In none of what this guide knows do these models differ: " in page
    assert '<a href="../../b/">b</a>.' in page


def test_a_model_leads_to_its_base_its_offspring_its_family_and_its_scheduler() -> None:
    """Each where there is one."""
    schedulers = {
        "fast": {"class": "AScheduler", "flags": {"x": 1}, "usual": True},
        "plain": {"class": "AScheduler"},
    }
    base, child = family_pages.related([model("a", 4), model("b", 4, base="a")], schedulers)
    assert (base["base_name"], child["base_name"]) == (None, "a")
    assert base["offspring"] == [{"id": "b", "name": "b"}]
    assert base["relatives"]["count"] == 2
    assert base["scheduler_page"] == "fast"


def test_a_family_is_written_as_its_members_write_it() -> None:
    """The spelling that most use, taken as a whole word; without one the id stands."""
    assert (
        family_pages.spelled("flux-1", ["FLUX.1 [dev]", "Flux.1 fill", "FLUX.1 Canny"]) == "FLUX.1"
    )
    assert family_pages.spelled("sd-1", ["Hyper-SD15", "ControlNet for SD 1.5"]) == "SD 1"
    assert family_pages.spelled("cogview", ["CogView4 6B", "ConsisID"]) == "CogView"
    assert family_pages.spelled("sd-2", ["Stable Diffusion 2.1"]) == "sd-2"
    assert family_pages.spelled("a.b", ["aXb"]) == "a.b"
