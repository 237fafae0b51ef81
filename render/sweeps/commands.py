"""The command line of `measure`; torch is loaded once it has something to measure."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..arguments import add_device, positive
from ..errors import RenderError
from ..models import find_model, has_judge
from .specs import PROMPTS, SEEDS

LADDERS = ("steps", "scheduler", "guidance", "strength")
SWEEPS = ("quality", *LADDERS, "pairs")
METRICS = ("lpips",)  # ꟻLIP and SSIM need no weights and are always measured
# Which sweeps have a use for an option; the others would leave it aside without a word.
USED_BY = {
    "size": ("quality",),
    **dict.fromkeys(("scheduler", "prompts", "count", "seeds"), (*LADDERS, "pairs")),
    "clip": LADDERS,
    "add": LADDERS,
    "sheet": ("quality",),
}


def add_to(commands: Any) -> None:
    """Adds it to `python -m render`."""
    measure = commands.add_parser(
        "measure", help="measure a model, with a judge where there is one"
    )
    measure.set_defaults(command=_measure)
    measure.add_argument("model", help="a reference model, a folder, or REPO@REVISION")
    measure.add_argument(
        "--sweep", choices=SWEEPS, help="default: quality where we have a judge, else steps"
    )
    measure.add_argument(
        "--scheduler", action="append", help="an id of settings/schedulers/; default: its own"
    )
    prompts = measure.add_mutually_exclusive_group()
    prompts.add_argument("--prompts", type=Path, metavar="FILE", help="one prompt a line")
    prompts.add_argument(
        "--count", type=positive(int), help=f"of our own prompts; default: {PROMPTS}"
    )
    measure.add_argument("--clip", type=Path, metavar="FOLDER", help="a CLIP model: its scores too")
    measure.add_argument(
        "--metric", action="append", choices=METRICS, help="a further distance; needs its weights"
    )
    measure.add_argument(
        "--weights", type=Path, metavar="FOLDER", help="of --metric; default: torch hub's cache"
    )
    measure.add_argument(
        "--seeds", type=positive(int), help=f"pictures of each prompt; default: {SEEDS}"
    )
    measure.add_argument(
        "--add",
        action="store_const",
        const=True,
        help="keep what the file has and measure only the prompts and seeds that it lacks",
    )
    _add_again(measure)
    add_device(measure)
    measure.add_argument(
        "--width", type=positive(int), help="rows of a batch; default: 8 on a CPU, 64 on a GPU"
    )
    measure.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="strips too, in strips/; default: settings/measured and docs/content/strips; "
        "with --again where results wait until all are there",
    )
    measure.add_argument(
        "--size", type=positive(int), help="pixels a side of what is judged; default: the model's"
    )
    measure.add_argument("--sheet", type=Path, help="also write a contact sheet of 64 pictures")
    join = commands.add_parser("join", help="add measurements of the same thing to one of them")
    join.set_defaults(command=_join)
    join.add_argument("first", type=Path, metavar="FILE", help="the measurement that grows")
    join.add_argument("more", type=Path, nargs="+", metavar="MORE", help="what is added to it")
    join.add_argument("--out", type=Path, metavar="FILE", help="default: the first, which grows")


def _add_again(measure: Any) -> None:
    measure.add_argument(
        "--again",
        action="store_true",
        help="every file of the model that is of other weights than lie here, as it was measured",
    )
    measure.add_argument(
        "--estimate", action="store_true", help="with --again: only say what it would take"
    )


def _measure_again(options: argparse.Namespace) -> int:
    given = [name for name in ("sweep", "metric", *USED_BY) if getattr(options, name) is not None]
    if given:
        raise RenderError(
            f"--{given[0]}: expected none with --again, which measures what there is as it was."
        )
    if options.estimate:
        from ..again_cost import lines

        said = lines(options.model)
    else:
        from ..again import again

        said = again(options.model, device=options.device, width=options.width, out=options.out)
    for line in said:
        print(line, flush=True)
    return 0


def _measure(options: argparse.Namespace) -> int:
    if options.again or options.estimate:
        return _measure_again(options)
    sweep = options.sweep or ("quality" if has_judge(find_model(options.model)) else "steps")
    _expect_uses(options, sweep)
    from ..measure import measure, table

    for target in measure(
        options.model,
        sweep,
        device=options.device,
        width=options.width,
        size=options.size,
        schedulers=options.scheduler,
        prompts=options.prompts or options.count,
        seeds=options.seeds,
        clip=options.clip,
        metric=options.metric,
        weights=options.weights,
        out=options.out,
        sheet=options.sheet,
        add=bool(options.add),
    ):
        print(table(target))
        print(f"wrote {target}")
    return 0


def _join(options: argparse.Namespace) -> int:
    from ..measure import table
    from ..measured import read, write
    from .join import joined

    found, target = read(options.first), options.out or options.first
    for path in options.more:
        found = joined(found, read(path), str(path))
    write(target, found)
    print(table(target))
    print(f"wrote {target}")
    return 0


def _expect_uses(options: argparse.Namespace, sweep: str) -> None:
    """Refuses an option that the sweep has no use for."""
    for name, sweeps in USED_BY.items():
        if getattr(options, name) is not None and sweep not in sweeps:
            use = f"{', '.join(sweeps[:-1])} or {sweeps[-1]}" if sweeps[1:] else sweeps[0]
            raise RenderError(
                f"--{name}: expected a sweep that it says something to, got '{sweep}'. "
                f"Use it with --sweep {use}."
            )
    if sweep in ("guidance", "strength") and len(options.scheduler or ()) > 1:
        raise RenderError(
            f"--scheduler: expected one for the sweep '{sweep}', got "
            f"{len(options.scheduler)}. Measure each with an --out of its own."
        )
