"""The engine's rows: a denoiser with known answers shows whose call goes into which batch."""

from __future__ import annotations

import torch

from render.counters import Counters
from render.engine import Engine


class Net(torch.nn.Module):
    """A denoiser whose answer a test can work out in its head."""

    def __init__(self, forward):
        super().__init__()
        self.answer, self.widths = forward, []

    def forward(self, x, t, **options):
        self.widths.append(len(x))
        return (self.answer(x, t.reshape(-1, 1), **options),)


def ask(net: Net, jobs: list, counters: Counters | None = None, width: int = 4, **options) -> dict:
    """One call per job, a pair of start value and time."""

    def make(job):
        start, time = job
        return net(torch.full((1, 3), start), torch.tensor(time), **options)[0]

    engine = Engine(width, counters)
    return dict(engine.run(jobs, make, lambda job, answer: answer.tolist()[0], [net]))


JOBS = [(1.0, 2), (2.0, 3), (3.0, 4), (4.0, 5.0), (5.0, 6)]


def test_each_cell_gets_its_own_rows_in_batches_of_one_width():
    """Whole and broken times share a batch; the last batch is padded."""
    net, counters = Net(lambda x, t: x + t), Counters()
    found = ask(net, JOBS, counters)
    assert found == {job: [sum(job)] * 3 for job in JOBS}
    assert net.widths == [1, 4, 4, 4]  # alone and with strangers to check it, then the cells
    assert (counters.denoiser_calls, counters.denoiser_rows, counters.padding_rows) == (2, 5, 3)
    assert counters.checks == 2


def test_an_exception_in_one_cell_spoils_no_other_and_hangs_none():
    net = Net(lambda x, t: x + t)
    found = ask(net, [(1.0, 2), (2.0, None), (3.0, 4)])
    assert isinstance(found.pop((2.0, None)), RuntimeError | TypeError)
    assert found == {(1.0, 2): [3.0] * 3, (3.0, 4): [7.0] * 3}


def test_a_batch_that_cannot_be_computed_is_computed_call_by_call():
    """Out of memory at the full width, say: those that fit alone are answered, the other is not."""

    def small(x, t):
        if (len(x) > 1 and bool((x == 3.0).any())) or float(x[0, 0]) == 3.0:
            raise RuntimeError("too much")
        return x + t

    counters = Counters()
    found = ask(Net(small), JOBS, counters)
    assert str(found.pop((3.0, 4))) == "too much"
    assert found == {job: [sum(job)] * 3 for job in JOBS if job[0] != 3.0}
    assert counters.alone == 4


def test_a_model_whose_rows_look_at_each_other_runs_alone():
    """Found out at its first call, by mates with other values."""
    counters = Counters()
    found = ask(Net(lambda x, t: x + t - x.mean(0)), JOBS, counters)
    assert found == {job: [job[1]] * 3 for job in JOBS}
    assert (counters.alone, counters.padding_rows) == (5, 0)


def test_what_cannot_be_compared_runs_alone():
    counters = Counters()
    found = ask(Net(lambda x, t, state: x + t), JOBS, counters, state=object())
    assert found == {job: [sum(job)] * 3 for job in JOBS}
    assert counters.alone == 5


def test_calls_with_other_options_are_no_mates():
    """A scale that is a plain number, or a table that is no row, must be equal in a batch."""
    net = Net(lambda x, t, scale, table: x * scale + table.sum())

    def make(job):
        table = torch.full((7, 2), job[1])
        return net(torch.full((1, 3), 2.0), torch.tensor(1), scale=job[0], table=table)[0]

    jobs = [(1.0, 0.0), (2.0, 0.0), (2.0, 1.0), (1.0, 0.0)]
    found = list(Engine(4).run(jobs, make, lambda job, answer: answer.tolist()[0], [net]))
    assert sorted(found) == sorted([(j, [2 * j[0] + 14 * j[1]] * 3) for j in jobs])


def test_nan_in_one_cell_stays_in_that_cell():
    found = ask(Net(lambda x, t: x + t), [*JOBS, (float("nan"), 1)])
    assert {job: found[job] for job in JOBS} == {job: [sum(job)] * 3 for job in JOBS}


def test_an_error_while_encoding_is_the_cells_own():
    net = Net(lambda x, t: x + t)

    def refuse(job, picture):
        if job == 2:
            raise OSError("full")
        return job

    found = dict(
        Engine(4).run([1, 2, 3], lambda job: net(torch.ones(1, 1), torch.tensor(1)), refuse, [net])
    )
    assert (found[1], found[3], str(found[2])) == (1, 3, "full")
