"""What a cluster of workers promises: tried with fake GPUs, real processes and real deaths."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from render.__main__ import _parser, main
from render.cluster.connection import JOINED, LOCAL
from render.cluster.groups import Groups
from render.models import ModelSource
from tests.prove import PROVE

pytest.importorskip("ray", reason="no ray: pip install -e '.[cluster]'")
ROOT = Path(__file__).parents[2]
A, SMALL, LARGE, OTHER = map(ModelSource, ("a", "small", "large", "other"))


def cells(*wanted: tuple[str, int]) -> list:
    """Jobs of (model, steps)."""
    return [
        (
            None,
            SimpleNamespace(model=ModelSource(name), settings={"num_inference_steps": n}),
        )
        for name, n in wanted
    ]


def steps(jobs: list, group) -> list[int]:
    return [jobs[place][1].settings["num_inference_steps"] for place in group.places]


def test_the_longest_cells_go_first_and_groups_shrink_towards_the_end():
    jobs = cells(*(("a", n) for n in range(1, 41)))
    groups = Groups(jobs, least=2, most=8)
    taken = []
    while group := groups.take(A, [], workers=2):
        taken.append(steps(jobs, group))
    assert [len(group) for group in taken] == [8, 8, 6, 5, 4, 3, 2, 2, 2]
    assert [n for group in taken for n in group] == [*range(40, 0, -1)]


def test_a_worker_stays_with_its_model_and_an_idle_one_goes_where_most_is_left():
    jobs = cells(("small", 4), ("large", 50), ("large", 40), ("small", 8), ("other", 45))
    groups = Groups(jobs, least=1, most=1)
    assert steps(jobs, groups.take(SMALL, [], workers=3)) == [8]
    assert steps(jobs, groups.take(None, [SMALL], workers=3)) == [50]
    assert steps(jobs, groups.take(None, [SMALL, LARGE], workers=3)) == [45]
    assert steps(jobs, groups.take(SMALL, [LARGE, OTHER], workers=3)) == [4]


def test_cells_of_two_sizes_are_never_in_one_group():
    jobs = cells(("a", 10), ("a", 9), ("a", 8))
    jobs[1][1].settings["width"] = 512
    groups = Groups(jobs, least=3, most=3)
    assert steps(jobs, groups.take(A, [], workers=1)) == [9]
    assert steps(jobs, groups.take(A, [], workers=1)) == [10, 8]


def test_suspects_are_tried_alone_and_last_and_given_up_after_three_tries():
    jobs = cells(("a", 3), ("a", 2), ("a", 1))
    groups = Groups(jobs, least=2, most=2)
    first = groups.take(A, [], workers=1)
    assert steps(jobs, first) == [3, 2]
    assert groups.suspect(first.places) == []
    assert steps(jobs, groups.take(A, [], workers=1)) == [1]
    alone = groups.take(A, [], workers=1)
    assert steps(jobs, alone) == [3]
    assert groups.suspect(alone.places) == []
    assert steps(jobs, groups.take(A, [], workers=1)) == [2]
    again = groups.take(A, [], workers=1)
    assert groups.suspect(again.places) == again.places
    assert groups.take(A, [], workers=1) is None


def test_cells_of_a_node_that_left_wait_again_without_blame():
    jobs = cells(("a", 3), ("a", 2))
    groups = Groups(jobs, least=2, most=2)
    for _ in range(5):
        group = groups.take(A, [], workers=1)
        assert steps(jobs, group) == [3, 2]
        groups.back(group.places)


def test_ray_is_started_without_dashboard_and_joined_with_nothing_else():
    """What these arguments cannot do, binding to 127.0.0.1, is tried below."""
    assert LOCAL == {
        "address": "local",
        "include_dashboard": False,
        "log_to_driver": False,
        "logging_level": "ERROR",
        "object_store_memory": 128 * 2**20,
    }
    assert JOINED == {"log_to_driver": False, "logging_level": "ERROR"}


def refused(plan: Path, out: Path, *more: str) -> int:
    return main(["run", str(plan), "--out", str(out), *more])


def test_an_address_that_cannot_work_is_told_at_once(studio, capsys, monkeypatch):
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    assert refused(studio.plan, studio.out, "--ray", "ray://somewhere") == 2
    assert capsys.readouterr().err.endswith(
        "--ray: expected auto or HOST:PORT, got 'ray://somewhere'.\n"
    )
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        assert refused(studio.plan, studio.out, "--ray", f"127.0.0.1:{port}") == 2
    assert capsys.readouterr().err.endswith(
        f"--ray 127.0.0.1:{port}: expected the head of a Ray cluster, got no answer. "
        "Start one with: ray start --head\n"
    )


def test_a_cluster_has_no_one_environment_to_be_strict_about(studio, capsys):
    assert refused(studio.plan, studio.out, "--ray", "auto", "--strict-environment") == 2
    message = "--ray: expected no --strict-environment: each worker has its own.\n"
    assert capsys.readouterr().err == message


def test_the_commands_on_the_page_about_clusters_are_ours():
    page = (ROOT / "docs/content/cluster.md").read_text("utf-8")
    commands = re.findall(r"python -m render (run .*?)(?:\s{2,}#.*)?$", page, re.MULTILINE)
    assert len(commands) == 4
    asked = [_parser().parse_args(shlex.split(command)).ray for command in commands]
    assert asked == ["auto", "HOST:PORT", "$head", "FIRST:6379"]


def trial(name: str) -> dict:
    """Runs one in a process of its own: Ray reads its environment once."""
    said = subprocess.run(
        [sys.executable, "-m", "tests.render.cluster_trials", name],
        cwd=ROOT,
        # Without Ray's guard of the machine's memory: what others hold of it ends no worker here.
        env={**os.environ, "PYTHONPATH": str(ROOT), "RAY_memory_monitor_refresh_ms": "0"},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert said.returncode == 0, said.stderr
    line = next(line for line in said.stdout.splitlines() if line.startswith('{"trial"'))
    if PROVE:
        print(line)
    return json.loads(line)


def test_a_run_on_this_machine_makes_each_cell_once_names_the_bad_one_and_is_heard_by_nobody_else():
    result = trial("small")
    assert (result["rendered"], result["wrong"]) == (19, [])
    assert result["failed"] == [
        "trial: postcards at prompt = castle, guidance_scale = 1.5, seed = 2: "
        "given up after 3 tries, at last because ZeroDivisionError: a cell that breaks."
    ]
    assert result["begun"] == {"1": 19, "3": 1}
    assert set(result["listening"]) <= {"127.0.0.1", "::ffff:127.0.0.1", "::1"}
    assert result["listening"]


@pytest.mark.skipif(not PROVE, reason="takes minutes: make prove")
@pytest.mark.parametrize("name", ["kills", "driver", "poison", "elastic", "ahead", "speed"])
def test_a_long_trial_keeps_its_promise(name: str, capsys):
    """What each asserts stands in its own text; `speed` only prints what it measured."""
    with capsys.disabled():
        trial(name)
