"""What a bench of full-size models says: figures of each way, targets met, and the table."""

from __future__ import annotations

import json
import statistics
from typing import Any

from .runs import RUNS, Run, Target

WAYS = ("naive", "batched", "exact", "graphs", "fast", "tuned")


def figures(found: dict[str, Any], row: dict[str, Any], at: str = "all") -> dict[str, Any]:
    """By way: seconds (medians), ratio to naive, rates, share of the matrix product's rate."""
    timings = row["timings"].get(at, {})
    counts = row["steps"] if at == "all" else [int(at)]
    cells = len(counts) * row["pictures_per_step_count"]
    tflop = found["networks"][row["architecture"]]["tflop"]
    work = sum(n * tflop["step"] + tflop["decode"] for n in counts) * row["pictures_per_step_count"]
    told = {}
    for way in (way for way in WAYS if timings.get(way)):
        seconds = max(statistics.median(timings[way]), 1e-9)
        told[way] = {
            "pictures": cells,
            "rounds": len(timings[way]),
            "seconds": seconds,
            "images/s": cells / seconds,
            "s/image": seconds / cells,
            "tflops": work / seconds,
            "share_of_ceiling": work / seconds / found["matmul_tflops"],
        }
        if timings.get("naive"):
            told[way]["ratio"] = _ratio(timings["naive"], timings[way])
    return told


def _ratio(naive: list[float], way: list[float]) -> float:
    """The median over the rounds that have both, which took turns."""
    return statistics.median(a / max(b, 1e-9) for a, b in zip(naive, way, strict=False))


def reached(found: dict[str, Any], row: dict[str, Any], run: Run) -> list[dict[str, Any]]:
    """Each target with its figure and the highest level that it meets; `not measured` without."""
    return [_reached(found, row, target) for target in run.targets]


def _reached(found: dict[str, Any], row: dict[str, Any], target: Target) -> dict[str, Any]:
    at = str(target.at or "all")
    value = figures(found, row, at).get(target.way, {}).get(target.measure)
    told = {"way": target.way, "measure": target.measure, "at": target.at}
    told["levels"] = list(target.levels)
    if value is None:
        return {**told, "level": "not measured"}
    level = "a dry run" if is_dry(found) else target.reached(value)
    return {**told, "value": round(value, 4), "level": level}


def break_even(found: dict[str, Any], row: dict[str, Any]) -> float | None:
    """Pictures from which compiling has paid for itself against `exact`; None where never."""
    told = figures(found, row)
    slow, fast = told.get("exact"), told.get("fast")
    compiling = row["set_up_seconds"].get("fast")
    if not slow or not fast or compiling is None or fast["s/image"] >= slow["s/image"]:
        return None
    return compiling / (slow["s/image"] - fast["s/image"])


def is_dry(found: dict[str, Any]) -> bool:
    """Whether the networks were shrunken ones on a CPU: no figure of theirs means anything."""
    return not found["machine"]["device"].startswith("cuda")


def runs_of(found: dict[str, Any]) -> dict[str, Run]:
    """The runs as they were made: as defined, or shrunken in a dry run."""
    return {name: run.shrunken() if is_dry(found) else run for name, run in RUNS.items()}


def table(found: dict[str, Any]) -> str:
    """The measurement as lines for a terminal."""
    lines = [f"matrix product: {found['matmul_tflops']:g} TFLOP/s, {json.dumps(found['machine'])}"]
    lines += ["a dry run: shrunken networks, whose figures mean nothing"] if is_dry(found) else []
    for name, run in runs_of(found).items():
        row = found["runs"].get(name)
        if row is None:
            lines.append(f"\n{name}: not measured")
            continue
        lines += ["", f"{name}: {run.title}, batches of {row['width']}"]
        for at in sorted(row["timings"], key=lambda at: (at != "all", at)):
            lines += _ways(found, row, at)
        lines += [f"  {_target(one)}" for one in reached(found, row, run)]
        lines += _beside(found, row)
    for name, look in found["looks"].items():
        lines += _look(name, look)
    failed = {id: said for id, said in found["done"].items() if str(said).startswith("failed")}
    lines += [f"{id}: {said}" for id, said in failed.items()]
    lines.append("\nTFLOP/s count what was asked for, evaluations that two pictures share included")
    if found["left_out"]:
        lines.append(f"\nleft out, go on with --resume: {'; '.join(found['left_out'])}")
    return "\n".join(lines)


def _ways(found: dict[str, Any], row: dict[str, Any], at: str) -> list[str]:
    counts = row["steps"] if at == "all" else [int(at)]
    lines = [
        f"  steps {', '.join(map(str, counts))}".ljust(34)
        + f"{'s':>9}{'naive ÷':>9}{'images/s':>10}{'s/image':>9}{'TFLOP/s':>9}{'ceiling':>9}"
        + f"{'GiB':>7}{'rounds':>8}"
    ]
    for way, told in figures(found, row, at).items():
        ratio = f"{told['ratio']:.2f}" if "ratio" in told else ""
        memory = row["peak_memory_gib"].get(way, "")
        lines.append(
            f"    {way}".ljust(34)
            + f"{told['seconds']:>9.2f}{ratio:>9}{told['images/s']:>10.3f}{told['s/image']:>9.3f}"
            + f"{told['tflops']:>9.4g}{told['share_of_ceiling']:>9.1%}{memory!s:>7}"
            + f"{told['rounds']:>8}"
        )
    return lines


def _target(one: dict[str, Any]) -> str:
    what = "naive ÷" if one["measure"] == "ratio" else one["measure"]
    at = f" at {one['at']} step{'s' * (one['at'] > 1)}" if one["at"] else ""
    levels = " / ".join("–" if level is None else f"{level:g}" for level in one["levels"])
    value = f"{one['value']:.3g}" if "value" in one else ""
    return f"{one['way']}{at}: {value} {what} (pass / good / stretch {levels}): {one['level']}"


def _beside(found: dict[str, Any], row: dict[str, Any]) -> list[str]:
    """Set-up, break-even, what ran alone, and how far the pictures are from the naive ones."""
    setup = ", ".join(f"{way} {took:.1f}" for way, took in row["set_up_seconds"].items())
    lines = [f"  seconds to load, check and compile, once: {setup}"]
    even = break_even(found, row)
    if even is not None:
        lines.append(f"  compiling has paid after {even:.0f} pictures, against exact")
    for way, counted in row["counters"].items():
        calls, alone = counted["denoiser_calls"], counted["alone"]
        shared, padding = counted["shared_rows"], counted["padding_rows"]
        lines.append(
            f"  {way}: {calls} batches, {padding} rows of padding, {shared} rows shared, "
            f"{alone} calls alone, width {row['width_at_the_end'][way]} at the end"
        )
    off = ", ".join(f"{way} {grey}" for way, grey in row["max_pixel_difference"].items())
    return [*lines, f"  farthest from the naive pictures, in grey levels of 255: {off}"]


def _look(name: str, look: dict[str, Any]) -> list[str]:
    lines = []
    if tried := look.get("techniques"):
        lines.append(f"\n{name}: milliseconds of a batch of {tried['width']}, and of decoding one")
        for part in ("denoiser", "decoder"):
            for technique, took in tried[part].items():
                lines.append(f"    {part}: {technique}".ljust(52) + f"{took!s:>12}")
    for way, told in look.get("kernels", {}).items():
        lines.append(f"{name}, {way}: {told['milliseconds']} ms, kernels {told['busy']:.0%} of it")
        for one in told["dearest"]:
            kernel = one["kernel"][:70]
            lines.append(f"    {one['share']:>6.1%}{one['milliseconds']:>10} ms  {kernel}")
    return lines
