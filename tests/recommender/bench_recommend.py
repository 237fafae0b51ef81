"""What an answer costs: import, a cold command, a warm answer, the check of everything.

Run: python tests/recommender/bench_recommend.py
CPU time of this machine, the least of several runs. Not a test: no test depends on a clock.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
WARM = 5000


def cpu_ms(*arguments: str) -> float:
    """Returns the CPU milliseconds that a fresh interpreter needs."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, *arguments]
    subprocess.run(command, cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def warm_us(name: str) -> float:
    """Returns the CPU microseconds of a question that was asked before."""
    from recommender import recommend

    recommend(name)
    start = time.process_time()
    for _ in range(WARM):
        recommend(name)
    return 1e6 * (time.process_time() - start) / WARM


def new_us() -> float:
    """Returns the mean CPU microseconds of an answer that is worked out anew, over all models."""
    from recommender import catalogue
    from recommender._recommend.answer import answer

    known = catalogue()
    start = time.process_time()
    for id in known.models:
        answer(known, id)
    return 1e6 * (time.process_time() - start) / len(known.models)


def least(measure: Callable[[], float], runs: int) -> float:
    """Returns the least of several measurements: what is above it is the machine's other work."""
    return min(measure() for _ in range(runs))


def main() -> None:
    """Prints one line per figure, with the limit it is held against."""
    sys.path.insert(0, str(CHECKOUT))
    cpu_ms("-m", "recommender", "sdxl")  # compiles the catalogue, once
    bare = least(lambda: cpu_ms("-c", "pass"), 7)
    imported = least(lambda: cpu_ms("-c", "import recommender"), 7) - bare
    cold = least(lambda: cpu_ms("-m", "recommender", "recommend", "sdxl"), 7)
    check = least(lambda: cpu_ms("-m", "recommender", "check"), 2) / 1000
    for what, figure, unit, limit in (
        ("import recommender, above a bare interpreter", imported, "ms", 30),
        ("sweetspot recommend, from cold", cold, "ms", 200),
        ("recommend(), warm", least(lambda: warm_us("sdxl"), 5), "µs", 100),
        ("recommend(), worked out anew", least(new_us, 3), "µs", None),
        ("recommender check", check, "s", 5),
    ):
        within = "" if limit is None else f"  (at most {limit} {unit})"
        print(f"{what:<46} {figure:8.1f} {unit}{within}")


if __name__ == "__main__":
    main()
