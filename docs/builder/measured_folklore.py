"""Tests what people say of settings against what was measured; never a bare true or false.

Every row states its rule; "held" and "did not hold" follow from the numbers and their 95 % bands.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import published
from markup import figure as written
from measured import ALL_FOUR, Sweep, steps_sweeps
from measured_known import Known
from measured_stats import above, difference
from published import Published

HELD, FAILED, MIXED, OPEN = "held", "did not hold", "held in part", "undecided"
NOT_MEASURED = "not measured"
DEFAULT, AFTER = 25, 30
KEPT = 0.75  # of drafts: half is chance
MARGIN, SETTLED = 0.05, 0.05  # where a measurement does not state its own


@dataclass(frozen=True)
class Finding:
    """What was measured in one case, and what it says of the claim."""

    text: str
    verdict: str
    model: str


@dataclass(frozen=True)
class Folklore:
    """One claim that people pass on, what it was tested by, and what came out."""

    id: str
    claim: str
    rule: str
    findings: Sequence[Finding]
    published: Sequence[Published]

    @property
    def verdict(self) -> str:
        """Held where every case held; one that did not stays visible."""
        said = {finding.verdict for finding in self.findings}
        if not said:
            return NOT_MEASURED
        if len(said) == 1:
            return said.pop()
        return MIXED if HELD in said else OPEN

    @property
    def kind(self) -> str:
        """The verdict as a word for the style sheet."""
        if any(finding.verdict == FAILED for finding in self.findings):
            return "disagrees"
        return "agrees" if self.verdict == HELD else "undecided"

    @property
    def told(self) -> str:
        """The verdict as a sentence that names where it was tested, and where not."""
        models = " and ".join(dict.fromkeys(finding.model for finding in self.findings))
        held = sum(finding.verdict == HELD for finding in self.findings)
        told = {
            HELD: f"Held on {models}.",
            FAILED: f"Did not hold on {models}.",
            MIXED: f"Held on {models} in {held} of {len(self.findings)} cases.",
            OPEN: f"Undecided on {models}.",
            NOT_MEASURED: "Not measured.",
        }
        return f"{told[self.verdict]} Not tested on SDXL, FLUX or Qwen-Image."


def _each(
    test: Callable[[Sweep], tuple[str, str] | None],
) -> Callable[[Known], list[Finding]]:
    """Returns a test of every ladder of undistilled models from a test of one."""
    return lambda known: _every(known, test)


def _every(known: Known, test: Callable[[Sweep], tuple[str, str] | None]) -> list[Finding]:
    findings = []
    for model, sweeps in known.sweeps.items():
        for id, sweep in steps_sweeps(sweeps).items():
            if not known.distilled(model) and (found := test(sweep)):
                where = f"{known.name(model)}, {known.scheduler(id)}"
                findings.append(Finding(f"{where}: {found[0]}", found[1], known.name(model)))
    return findings


def _safe(sweep: Sweep) -> tuple[str, str] | None:
    spot = sweep.sweet_spot
    if not spot or spot.get("steps") is None:
        return None
    ends = spot.get("range") or [spot["steps"], spot["steps"]]
    verdict = HELD if ends[1] <= DEFAULT else FAILED if ends[0] > DEFAULT else OPEN
    around = f" (range {written(ends[0])}–{written(ends[1])})" if spot.get("range") else ""
    return f"sweet spot {written(spot['steps'])}{around}", verdict


def _after(sweep: Sweep) -> tuple[str, str] | None:
    last = sweep.rows[-1]
    if last.value <= AFTER or sweep.row(AFTER) is None:
        return None
    gain = difference("quality", (sweep, last.value), (sweep, AFTER))
    if gain is None:
        return None
    margin = sweep.rule.get("margin", MARGIN)
    verdict = {"agrees": FAILED, "disagrees": HELD}.get(above(gain, margin), OPEN)
    return f"{gain} from {AFTER} to {written(last.value)} steps, margin {margin}", verdict


def _guidance(known: Known) -> list[Finding]:
    findings = []
    for model, sweeps in known.sweeps.items():
        for sweep in sweeps.values():
            changes = [row for row in sweep.rows if row.change is not None]
            if sweep.data["sweep"] != "guidance" or not known.distilled(model) or not changes:
                continue
            own = (sweep.data.get("reference") or {}).get("value")
            # Below 1 and at 1 there is one pass and nothing to amplify.
            moved = [row for row in changes if row.value > 1 and row.value != own]
            told = ", ".join(f"{row.change:.3f} at {written(row.value)}" for row in moved)
            limit = sweep.rule.get("settled", SETTLED)
            lows = [row.change_95[0] if row.change_95 else row.change or 0 for row in moved]
            highs = [row.change_95[1] if row.change_95 else row.change or 0 for row in moved]
            failed = any(low > limit for low in lows)
            verdict = FAILED if failed else HELD if all(h <= limit for h in highs) else OPEN
            text = f"{known.name(model)}: change (FLIP) from guidance {written(own)}: {told}"
            findings.append(Finding(text, verdict, known.name(model)))
    return findings


def _negative(known: Known) -> list[Finding]:
    """Compares rendered pictures that differ in their negative prompt alone, as compressed."""
    drawn: dict[tuple[Any, ...], dict[str, bytes]] = {}
    for cell in known.manifests.get("negative-prompt", {}).get("cells", []):
        said = cell["settings"]
        key = said["model"], said["guidance_scale"], said["prompt"], said["seed"]
        file = known.content / "renders" / "negative-prompt" / cell["file"]
        drawn.setdefault(key, {})[said["negative_prompt"]] = compressed(file.read_bytes())
    findings = []
    for model in dict.fromkeys(key[0] for key in drawn):
        several = {
            key: set(d.values()) for key, d in drawn.items() if key[0] == model and len(d) > 1
        }
        off = [len(found) == 1 for key, found in several.items() if key[1] == 1]
        on = [len(found) > 1 for key, found in several.items() if key[1] > 1]
        if off:
            text = (
                f"{known.name(model)}: the same picture in {sum(off)} of {len(off)} cases at "
                f"guidance 1, another picture in {sum(on)} of {len(on)} cases above it"
            )
            findings.append(Finding(text, HELD if all(off) else FAILED, known.name(model)))
    return findings


def compressed(webp: bytes) -> bytes:
    """Returns a WebP's compressed picture without what the file says of it (RFC 9649)."""
    chunks, at = b"", 12
    while at + 8 <= len(webp):
        kind, size = webp[at : at + 4], int.from_bytes(webp[at + 4 : at + 8], "little")
        if kind in (b"VP8 ", b"VP8L", b"ALPH"):
            chunks += webp[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return chunks


def _bad_seed(known: Known) -> list[Finding]:
    """Follows the pictures that miss something at the sweet spot to many more steps."""
    findings = []
    for model, quality in known.quality.items():
        rows = quality.get("rows", {})
        if not {"sweet-spot", "converged"} <= set(rows):
            continue
        first, later = rows["sweet-spot"], rows["converged"]
        # Seeds are outermost, and a larger row begins with the prompts of a smaller one.
        prompts, count = first["prompts"], later["prompts"]
        missed = [i for i in range(count) if first["hits"][i] != ALL_FOUR]
        fixed = sum(later["hits"][i] == ALL_FOUR for i in missed)
        others = [first["hits"][i + seed * prompts] for i in missed
                  for seed in range(1, first["seeds"])]  # fmt: skip
        if not missed or not others:
            continue
        right = sum(hit == ALL_FOUR for hit in others)
        by_steps, by_seed = wilson(fixed, len(missed)), wilson(right, len(others))
        verdict = HELD if by_steps[1] < by_seed[0] else FAILED if by_steps[0] > by_seed[1] else OPEN
        text = (
            f"{known.name(model)}: {len(missed)} of {count} pictures miss something at "
            f"{first['steps']} steps. {later['steps']} steps put {fixed} of {len(missed)} right "
            f"({_span(by_steps)}); another seed at {first['steps']} steps puts {right} of "
            f"{len(others)} right ({_span(by_seed)})"
        )
        findings.append(Finding(text, verdict, known.name(model)))
    return findings


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Returns the 95 % band of a share (Wilson 1927): it behaves at 0 of 7 as well."""
    z = 1.959964
    share = hits / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    reach = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return max(middle - reach, 0.0), min(middle + reach, 1.0)


def _span(ends: tuple[float, float]) -> str:
    return f"95 %: {100 * ends[0]:.0f}–{100 * ends[1]:.0f} %"


def _drafts(known: Known) -> list[Finding]:
    """Counts the drafts that are nearer to their own final picture than to another seed's."""
    findings = []
    for model, found in known.pairs.items():
        for row in found["drafts"]:
            both = zip(row["own"], row["other_seed"], strict=True)
            pairs = [(a, b) for a, b in both if a is not None and b is not None]
            nearer = sum(own < other for own, other in pairs)
            ends = wilson(nearer, len(pairs))
            own, other = (statistics.fmean(side) for side in zip(*pairs, strict=True))
            text = (
                f"{known.name(model)}, {known.scheduler(row['scheduler'])}, {row['draft']} steps "
                f"for {row['final']}: nearer to its own in {nearer} of {len(pairs)} "
                f"({_span(ends)}); change {own:.3f}, and {other:.3f} to another seed's"
            )
            verdict = HELD if ends[0] > KEPT else FAILED if ends[1] < KEPT else OPEN
            findings.append(Finding(text, verdict, known.name(model)))
    return findings


# What is tested: id, the claim, the rule in words, the test, what was published.
_TESTED = (
    (
        "safe-default",
        f"{DEFAULT} steps is a safe default",
        f"{DEFAULT} is no fewer than the measured sweet spot, with each sampler.",
        _each(_safe),
        published.SAFE_DEFAULT,
    ),
    (
        "little-after",
        f"There is little to gain after {AFTER} steps",
        f"Fidelity at the last rung less fidelity at {AFTER} lies below the margin that the sweet "
        "spot is measured with.",
        _each(_after),
        published.LITTLE_AFTER,
    ),
    (
        "distilled-guidance",
        "Guidance does nothing on distilled models",
        "At every guidance measured above 1, the change to the picture at the model's own guidance "
        "stays at or below the settled change.",
        _guidance,
        published.GUIDANCE,
    ),
    (
        "negative",
        "A negative prompt is ignored at guidance 1",
        "Rendered pictures that differ in the negative prompt alone are the same, byte for byte.",
        _negative,
        published.NEGATIVE,
    ),
    (
        "bad-seed",
        "More steps cannot fix a bad seed",
        "Of the pictures that miss a part of their prompt, more steps put a smaller share right "
        "than another seed does; the 95 % bands (Wilson) of both shares do not overlap.",
        _bad_seed,
        (),
    ),
    (
        "drafts",
        "Drafts with fewer steps keep the composition",
        "A draft is nearer (FLIP) to its own final picture than to the final picture of another "
        "seed of the same prompt, in more than three of four pictures with the whole 95 % band "
        "(Wilson). By chance it would be two of four.",
        _drafts,
        published.DRAFTS,
    ),
)


def folklore(known: Known) -> list[Folklore]:
    """Returns every claim with what was measured of it."""
    return [Folklore(id, claim, rule, test(known), said) for id, claim, rule, test, said in _TESTED]
