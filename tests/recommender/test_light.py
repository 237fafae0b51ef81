"""The library is light: little to import, the standard library alone, and quick when warm."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from recommender import catalogue
from tests.pace import slowness

if TYPE_CHECKING:
    from conftest import Tree

CHECKOUT = Path(__file__).parents[2]
HEAVY = ("yaml", "pydantic", "torch", "PIL", "jinja2", "mkdocs", "numpy", "diffusers")


def python(code: str, root: Path) -> str:
    """Runs code in a fresh interpreter that sees this checkout and the tree's catalogue."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "SWEETSPOT_ROOT": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def cpu_of(code: str, root: Path) -> float:
    """Returns the least CPU seconds, of several runs, that a fresh interpreter needs for code."""

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        python(code, root)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return min(once() for _ in range(7))


def test_importing_costs_at_most_30_ms_above_a_bare_interpreter(tree: Tree) -> None:
    cost = cpu_of("import recommender", tree.root) - cpu_of("pass", tree.root)
    assert cost <= 0.030 * slowness()


def test_an_answer_from_a_fresh_cache_leaves_heavy_packages_alone(tree: Tree) -> None:
    catalogue(tree.root, fresh=True)
    loaded = python(
        "import json, sys, recommender\n"
        "recommender.recommend('plain-turbo').to_dict()\n"
        "print(json.dumps(sorted(sys.modules)))",
        tree.root,
    )
    assert [name for name in HEAVY if name in json.loads(loaded)] == []


def test_even_the_command_line_leaves_heavy_packages_alone(tree: Tree) -> None:
    catalogue(tree.root, fresh=True)
    loaded = python(
        "import json, sys\n"
        "from recommender.__main__ import main\n"
        "main(['plain-turbo']); main(['models', '--claims'])\n"
        "print(json.dumps(sorted(sys.modules)))",
        tree.root,
    )
    assert [name for name in HEAVY if name in json.loads(loaded.splitlines()[-1])] == []


def test_a_stale_cache_without_the_authoring_extra_says_what_to_install(tree: Tree) -> None:
    out = python(
        "import sys; sys.modules['yaml'] = None\n"
        "import recommender\n"
        "try: recommender.recommend('plain')\n"
        "except recommender.CatalogueError as error: print(error)",
        tree.root,
    )
    assert out == (
        "The catalogue must be compiled, and yaml is not installed. "
        "Run: pip install pydantic pyyaml\n"
    )
