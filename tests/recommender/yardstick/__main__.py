"""Prints how near our step counts come to the tools' own: python -m tests.recommender.yardstick"""

from __future__ import annotations

from tests.recommender.yardstick.compare import Row, ranges, rows, share


def main() -> None:
    """Prints the shares of both halves, the ranges, and every miss beside our claims."""
    found = rows()
    for half in ("seen", "held out", "all"):
        _print_shares(half, [row for row in found if half in (row.half, "all")])
    width, without = ranges()
    print(f"median high ÷ low: {width:.2f}; models without a published range: {without}")
    for row in sorted(found, key=lambda row: (row.half, row.model)):
        if not row.near:
            _print_miss(row)


def _print_shares(half: str, some: list[Row]) -> None:
    near, spanned = share(row.near for row in some), share(row.spanned for row in some)
    print(f"{half}: {len(some)} rows, {near:.1%} within √2, {spanned:.1%} within that or our range")


def _print_miss(row: Row) -> None:
    ours = row.ours
    where = "inside our range" if row.spanned else "OUTSIDE"
    span = "no range" if ours.low is None else f"{ours.low}–{ours.high}"
    print(f"\n{row.half}: {row.model}: {row.tool} has {row.theirs}; ours {ours.steps} ({span})")
    print(f"  {where}, factor {row.factor:.2f}, as {row.name!r}; {ours.rule}")
    for line in ours.why[1:]:
        print(f"  {line}")


if __name__ == "__main__":
    main()
