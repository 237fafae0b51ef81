"""A machine with a card may have torch, diffusers and little else: what it runs needs no more."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from render.plan import ROOT
from tests.prove import PROVE

# What this project installs for its other parts; a GPU's image has none of them.
ABSENT = ("pydantic", "importlib_metadata", "torchsde", "flip_evaluator", "ray", "jinja2", "mkdocs")
RUN = """
import sys
sys.modules.update(dict.fromkeys({absent!r}))  # as Python has it: neither imported nor found
from render.__main__ import main
sys.exit(main({arguments!r}))
"""
COMMANDS = {
    "bench": ["bench", "--dry-run", "--run", "schnell", "--minutes", "1.02"],
    "bench's plan": ["bench", "--plan"],
    "invariance's plan": ["invariance", "--plan"],
    "training's plan": ["train", "all", "--preset", "gpu", "--plan"],
    "run": ["run", "--help"],
    "measure": ["measure", "--help"],
}


QUICK = ("bench's plan", "run", "measure")  # the others load torch


@pytest.mark.parametrize("name", COMMANDS if PROVE else QUICK)
def test_a_gpus_command_needs_none_of_what_its_machine_has_not(name):
    code = RUN.format(absent=ABSENT, arguments=COMMANDS[name])
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert (done.returncode, bool(done.stdout.strip())) == (0, True), done.stderr[-2000:]
