"""A measured sweep as a table: a line for each value, its means and their 95 % bands."""

from __future__ import annotations

from collections.abc import Sequence

from markup import figure as written
from measured import Row, Sweep
from measured_time import pace

_FIRST = {"steps": "Steps", "guidance": "Guidance", "strength": "Strength"}
_NAMES = {"quality": "Fidelity", "change": "Change"}


def head(sweep: Sweep, kinds: Sequence[str]) -> tuple[str, ...]:
    """Names the columns: the value, its calls and seconds, what was measured, and how it settles.

    What is gained by a step is told where the summary tells it: between the rungs of a steps sweep.
    """
    bands = [cell for kind in kinds for cell in (_NAMES[kind], "95 %")]
    seconds = ["CPU seconds"] if pace(sweep) else []
    slope = ["Change per added step"] if _sloped(sweep) else []
    return (_FIRST[sweep.data["sweep"]], "Calls", *seconds, *bands, *slope)


def cells(sweep: Sweep, row: Row, kinds: Sequence[str]) -> tuple[str, ...]:
    """Writes one row; the first has no rung before it that a step could be added to."""
    bands = [cell for kind in kinds for cell in band_cells(row, kind)]
    found = pace(sweep)
    seconds = [found.of(row)] if found else []
    slope = "" if row.change_per_step is None else f"{row.change_per_step:.4f}".replace("-", "−")
    rest = [slope] if _sloped(sweep) else []
    return (written(row.value), written(row.calls), *seconds, *bands, *rest)


def _sloped(sweep: Sweep) -> bool:
    return any(row.change_per_step is not None for row in sweep.rows)


def band_cells(row: Row, kind: str) -> tuple[str, str]:
    """Writes a mean and its band."""
    low, high = ends_of(row, kind)
    return f"{getattr(row, kind):.3f}", f"{low:.3f}–{high:.3f}"


def ends_of(row: Row, kind: str) -> tuple[float, float]:
    """Returns the ends of a mean's band, the mean itself where there is none."""
    pair: tuple[float, float] | None = getattr(row, f"{kind}_95")
    mean: float = getattr(row, kind)
    return pair if pair else (mean, mean)
