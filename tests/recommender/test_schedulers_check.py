"""What `check` says of a sampler's file: its own slips, and those between files."""

from __future__ import annotations

import pytest

from recommender._authoring.check import check_root
from tests.recommender.conftest import Tree

HEUN = "settings/schedulers/heun.yaml"


def problems(tree: Tree, body: str, **more: str) -> list[str]:
    for name, text in {"extra": body, **more}.items():
        folder = "schedules" if name == "karras" else "schedulers"
        path = tree.root / "settings" / folder / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [str(problem) for problem in check_root(tree.root).problems]


HEAD = "name: Extra\norder: 1\ncalls_per_step: 1N\nkind: deterministic\n"
NAMED = HEAD + "names: {comfyui: extra}\n"
WHERE = "settings/schedulers/extra.yaml"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (NAMED, []),
        (NAMED.replace("1N", "adaptive"), []),
        (HEAD, [f"{WHERE}:1: expected class, or names in tools, got the keys name, order, "
          "calls_per_step, kind."]),
        (NAMED + "usual: true\n",
         [f"{WHERE}:1: expected class beside flags, usual or spacing, got the keys name, order, "
          "calls_per_step, kind, names, usual."]),
        (NAMED.replace("1N", "N squared"),
         [f"{WHERE}:3: calls_per_step: expected a formula such as 1N, 2N-1 or N+1, "
          "or 'adaptive', got the text 'N squared'."]),
        (NAMED + "steps: {min: 9, sweet: 4, source: a}\n",
         [f"{WHERE}:6: steps: expected min ≤ sweet ≤ enough ≤ max, got the keys min, sweet, "
          "source."]),
        (NAMED + "steps: {min: 9, source: a}\n",
         [f"{WHERE}:1: expected steps.source to be a key of sources, got the keys name, "
          "order, calls_per_step, kind, names, steps."]),
        (NAMED + "variant_of: eulr\n",
         [f"{WHERE}:6: variant_of: expected an id of settings/schedulers/, got 'eulr'. "
          "Did you mean 'euler'?"]),
        (NAMED + "schedule: karras\n",
         [f"{WHERE}:6: schedule: expected an id of settings/schedules/, got 'karras'."]),
        (NAMED + "variant_of: euler\n",
         [f"{WHERE}:1: class: expected EulerDiscreteScheduler, as its base has, got another "
          "class."]),
        (HEAD + "names: {comfyui: Euler}\n",
         [f"{WHERE}:5: names.comfyui: expected a name of its own, got 'Euler', which belongs to "
          "settings/schedulers/euler.yaml."]),
        (HEAD + "names: {comfyui: euler}\nvalid_for: [flow]\n", []),
    ],
)  # fmt: skip
def test_a_slip_in_a_sampler_is_told_with_its_line(
    tree: Tree, body: str, expected: list[str]
) -> None:
    assert [line for line in problems(tree, body) if "extra.yaml" in line] == expected


def test_a_schedule_that_is_there_can_be_named(tree: Tree) -> None:
    karras = "name: Karras\nnames: {comfyui: karras}\n"
    assert problems(tree, NAMED + "schedule: karras\n", karras=karras) == []


def test_a_class_has_one_usual_sampler(tree: Tree) -> None:
    usual = HEAD + "class: ExtraScheduler\nusual: true\n"
    found = problems(tree, usual, other=usual.replace("Extra\n", "Other\n"))
    assert found == [
        "settings/schedulers/other.yaml:6: usual: expected one usual sampler of a class, got "
        f"{WHERE} as well."
    ]


def test_a_class_with_spacings_wants_each_sampler_to_name_its_own(tree: Tree) -> None:
    """The pages say where its single step starts."""
    spacings = "".join(
        f"  {one}: {{one_step_starts_at: 0}}\n" for one in ("linspace", "leading", "trailing")
    )
    whole = HEAD + f"class: ExtraScheduler\nspacing: leading\nspacings:\n{spacings}"
    bare = HEAD.replace("Extra", "Other") + "class: ExtraScheduler\n"
    told = f"expected spacing, as {WHERE} tells what the class's do, got none."
    assert problems(tree, whole, other=bare) == [f"settings/schedulers/other.yaml:1: {told}"]
    assert problems(tree, whole, other=bare + "spacing: linspace\n") == []


def test_a_claim_names_no_scheduler_that_is_one_letter_off(tree: Tree) -> None:
    base = "settings/models/plain/plain-base.yaml"
    said = "EulerDiscreteScheduler"
    assert said in (tree.root / base).read_text("utf-8")
    tree.change(base, said, "EulerDiscretScheduler")
    found = [str(one) for one in check_root(tree.root).problems]
    assert [line.partition(": ")[2] for line in found] == [
        "claims.scheduler[0].value: expected a scheduler's name, got 'EulerDiscretScheduler'. "
        f"Did you mean '{said}'?"
    ]
    tree.change(base, "EulerDiscretScheduler", "SomebodysOwnScheduler")
    assert not check_root(tree.root).problems
