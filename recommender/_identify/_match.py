"""Compares a header with the rules of settings/signatures/: names, shapes and counts of blocks.

Rules name tensors exactly. There is no pattern in them to run away with time, and no rule is tried
on a tensor that its header does not name.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import prod
from typing import Any, NamedTuple

from ._header import Tensor

Rule = dict[str, Any]
Tensors = Mapping[str, Tensor]

# What wraps the names of one network, the longest first.
PREFIXES = (
    "model.diffusion_model.", "diffusion_model.", "model.model.", "net.", "transformer.", "unet.",
    "model.", "module.", "control_model.", "first_stage_model.", "vae.", "text_encoder.",
    "text_encoders.", "cond_stage_model.", "base_model.model.",
)  # fmt: skip
_FEWEST = 6
MAIN = ("transformer", "unet", "controlnet", "image-adapter", "motion-module", "embedding")


class Match(NamedTuple):
    """One part of one family that a header fits, where in it, and by which variants."""

    family: str
    part: Rule
    layout: str
    prefix: str
    tensors: Tensors
    variants: tuple[Rule, ...]
    sure: bool


class Miss(NamedTuple):
    """A family whose names a header has, with the one thing that does not fit."""

    family: str
    why: str


class View:
    """The names of one header behind one prefix."""

    def __init__(self, prefix: str, tensors: Tensors, loose: bool) -> None:
        self.prefix = prefix
        self.tensors = tensors
        self.loose = loose
        self._blocks: dict[str, int] | None = None

    def blocks(self, stem: str) -> int:
        """Returns how many numbers stand behind this stem at the beginning of the names."""
        if self._blocks is None:
            seen: dict[str, set[str]] = {}
            for name in self.tensors:
                first, _, rest = name.partition(".")
                number = rest.partition(".")[0]
                if number.isdecimal():
                    seen.setdefault(first, set()).add(number)
            self._blocks = {first: len(numbers) for first, numbers in seen.items()}
        return self._blocks.get(stem, 0)


def views(tensors: Tensors, loose: bool) -> list[View]:
    """Returns the header as it is, and once more behind every prefix that several names share.

    `loose` compares shapes without their dimensions of 1, which some GGUF writers leave out.
    """
    found = [View("", tensors, loose)]
    firsts: dict[str, int] = {}
    for name in tensors:
        first = name.partition(".")[0]
        firsts[first] = firsts.get(first, 0) + 1
    for prefix in PREFIXES:
        if firsts.get(prefix.partition(".")[0], 0) < _FEWEST:
            continue
        cut = len(prefix)
        inside = {name[cut:]: one for name, one in tensors.items() if name.startswith(prefix)}
        if len(inside) >= _FEWEST:
            found.append(View(prefix, inside, loose))
    return found


def find(
    signatures: Mapping[str, Rule], header: list[View], main: bool
) -> tuple[list[Match], list[Miss]]:
    """Returns every part of every family that fits, and those that fit by their names alone."""
    found: list[Match] = []
    missed: list[Miss] = []
    for family, signature in signatures.items():
        for part in signature["parts"]:
            if (part["component"] in MAIN) != main:
                continue
            for view in header:
                _try(family, part, view, found, missed)
    return found, missed


def _try(family: str, part: Rule, view: View, found: list[Match], missed: list[Miss]) -> None:
    for layout, rule in part["layouts"].items():
        if not _named(rule, view):
            continue
        wrong = _wrong(rule, view)
        if wrong:
            missed.append(Miss(family, wrong))
            continue
        variants, sure = _variants(part.get("variants", []), view)
        found.append(Match(family, part, layout, view.prefix, view.tensors, variants, sure))
        return


def _named(rule: Rule, view: View) -> bool:
    """The names a rule asks for are there, and those it excludes are not."""
    tensors = view.tensors
    if not all(name in tensors for name in rule.get("all", ())):
        return False
    if "any" in rule and not any(name in tensors for name in rule["any"]):
        return False
    if any(name in tensors for name in rule.get("none", ())):
        return False
    return not (rule.get("only") and len(tensors) > len(rule.get("all", ())))


def _wrong(rule: Rule, view: View) -> str:
    """Returns which shape or count is not what the rule says, or nothing."""
    for name, wanted in rule.get("shapes", {}).items():
        tensor = view.tensors.get(name)
        if tensor is not None and fits(tensor, wanted, view.loose) is False:
            return f"{name} is {by(tensor.shape)}, expected {by(wanted)}"
    for stem, count in rule.get("blocks", {}).items():
        # A rule counts blocks under the names of several layouts; a file has those of one.
        if view.blocks(stem) not in (0, count):
            return f"{view.blocks(stem)} {stem}, expected {count}"
    return ""


def _variants(variants: list[Rule], view: View) -> tuple[tuple[Rule, ...], bool]:
    """Returns the variants that fit, and whether anything is known that could tell them apart."""
    certain: list[Rule] = []
    possible: list[Rule] = []
    for variant in variants:
        if not _named(variant, view) or _wrong(variant, view):
            continue
        (certain if _seen(variant, view) else possible).append(variant)
    return (tuple(certain), True) if certain else (tuple(possible), False)


def _seen(variant: Rule, view: View) -> bool:
    """True when a shape the variant asks for can be read, or when it asks for none."""
    shapes = variant.get("shapes", {})
    return not shapes or any(
        fits(view.tensors[name], wanted, view.loose)
        for name, wanted in shapes.items()
        if name in view.tensors
    )


def fits(tensor: Tensor, wanted: list[Any], loose: bool) -> bool | None:
    """True or false, or None where the shape is hidden; -1 stands for any size."""
    shape = tensor.shape
    if shape is None:
        return _counted(tensor.numbers, wanted)
    if loose and len(shape) != len(wanted):
        shape = tuple(size for size in shape if size != 1)
        wanted = [size for size in wanted if size != 1]
    if len(shape) != len(wanted):
        return False
    return all(
        size in want if isinstance(want, list) else want in (-1, size)
        for size, want in zip(shape, wanted, strict=True)
    )


def _counted(count: int | None, wanted: list[Any]) -> bool | None:
    """Compares by how many numbers there are, which is all that some packing shows."""
    if count is None:
        return None
    sizes = product(*(want if isinstance(want, list) else [want] for want in wanted))
    totals = [prod(size for size in one if size != -1) for one in sizes]
    if -1 in wanted:
        return None if any(count % total == 0 for total in totals if total) else False
    return count in totals


def by(shape: Any) -> str:
    """Returns a shape as one says it: '3072 × 64'."""
    if shape is None:
        return "hidden"
    sizes = [
        " or ".join(map(str, size))
        if isinstance(size, list)
        else "any"
        if size == -1
        else str(size)
        for size in shape
    ]
    return " × ".join(sizes) or "a scalar"
