"""How a model of this repository was trained: its file's numbers as a plot and a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markup import figure as written
from measured_plots import Panel, Plot, Series
from measured_scales import BOTTOM, HEIGHT, TOP, across, downwards, labelled

ROWS = 12  # of a curve's table, about
HEAD = ("Part", "Steps", "Pictures", "Minutes", "Pictures/s", "TFLOP/s", "Of matmul", "In the end")


def training_view(model_id: str, name: str, found: Mapping[str, Any] | None) -> dict[str, Any]:
    """Returns what a model's page shows of its training; nothing where there is no file."""
    if not found:
        return {}
    own = found["parts"].get(model_id)
    title = f"{name}: loss while it was trained"
    return {
        "preset": found["preset"],
        "machine": found["machine"],
        "head": HEAD,
        "rows": [_row(part, one) for part, one in found["parts"].items()],
        "plot": _plot(model_id, title, own["curve"]) if own else None,
    }


def _row(part: str, one: Mapping[str, Any]) -> tuple[str, ...]:
    decibels = [mark["psnr_db"] for mark in one["marks"] if "psnr_db" in mark]
    return (
        part,
        f"{one['steps']:,}",
        f"{one['pictures']:,}",
        f"{one['seconds'] / 60:.1f}",
        f"{one['pictures_per_second']:,.0f}",
        f"{one['tflops']:.3g}",
        f"{one['share_of_matmul']:.1%}",
        f"{decibels[-1]:.1f} dB" if decibels else f"loss {one['curve'][-1][1]:.3g}",
    )


def _plot(model_id: str, title: str, curve: Sequence[Sequence[float]]) -> Plot:
    """Draws the loss over the steps, the latter by their factors: most happens at first."""
    steps, losses = [point[0] for point in curve], [point[1] for point in curve]
    x = across(steps, logarithmic=True)
    y, ticks = downwards(TOP, min(losses), max(losses), "log")
    path = "M" + "L".join(f"{x(a):g} {y(b):g}" for a, b in zip(steps, losses, strict=True))
    line = Series("", path, "", (), 0)
    shown = [step for step in (10**k for k in range(7)) if steps[0] <= step <= steps[-1]]
    labels = labelled([*shown, steps[-1]], x)
    every = max(1, len(curve) // ROWS)
    told = f"Loss {losses[0]:.3g} at step {steps[0]:g}, {losses[-1]:.3g} at step {steps[-1]:g}."
    return Plot(
        id=f"{model_id}-training",
        title=title,
        told=told,
        height=TOP + HEIGHT + BOTTOM,
        panels=(Panel("Loss, mean since the point before", TOP, TOP + HEIGHT, ticks, (line,)),),
        ticks=tuple((x(step), written(step)) for step in labels),
        axis="steps of the optimiser",
        head=("Step", "Loss", "Learning rate"),
        table=tuple(
            (written(step), f"{loss:.4g}", f"{rate:.3g}")
            for step, loss, rate in (*curve[:-1:every], curve[-1])
        ),
    )
