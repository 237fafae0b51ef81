"""The engine's rows: a denoiser with known answers shows whose call goes into which batch."""

from __future__ import annotations

import torch

from render.counters import Counters
from render.engine import Engine
from render.rows import describe
from render.waiting import Waiting, ready


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


def uneven(x, t):
    """As kernels that are chosen by the shape may be: each width has other last bits."""
    return (x + t) * (1 + len(x) / 1024)


def test_each_cell_gets_its_own_rows_in_batches_of_one_width():
    """Whole and broken times share a batch; the last batch is padded."""
    net, counters = Net(uneven), Counters()
    found = ask(net, JOBS, counters)
    assert found == {job: [sum(job) * (1 + 4 / 1024)] * 3 for job in JOBS}
    # Alone and with strangers to check it, the cells, and whether narrower batches are the same.
    assert net.widths == [1, 4, 4, 4, 1, 2]
    assert (counters.denoiser_calls, counters.denoiser_rows, counters.padding_rows) == (2, 5, 3)
    assert counters.checks == 4


def test_a_batch_that_is_not_full_is_narrower_where_every_bit_is_the_same():
    """The first one of so many rows is computed at both widths; after that none is padded."""
    net = Net(lambda x, t: x * 2 + t)
    found, counters = walk(net, [4])
    assert found == {4: [2**4 + 11.0] * 3}
    assert net.widths == [1, 4, 4, 1, 1, 1, 1]  # two checks, both widths, then three calls
    assert (counters.denoiser_calls, counters.denoiser_rows, counters.padding_rows) == (4, 4, 3)
    assert counters.checks == 3


def test_a_width_with_other_bits_is_tried_once():
    net = Net(uneven)
    _, counters = walk(net, [4])
    assert net.widths == [1, 4, 4, 1, 2, 4, 4, 4]
    assert (counters.denoiser_calls, counters.padding_rows, counters.checks) == (4, 12, 4)


def test_what_is_compiled_keeps_one_width():
    net = Net(None)
    net.block = torch.nn.Linear(1, 1)
    compiled = net.block._compiled_call_impl = net.block.forward  # as compile() leaves it
    seen = []

    def watched(x, t):
        seen.append((len(x), net.block._compiled_call_impl is not None))
        return x * 2 + t

    net.answer = watched
    _, counters = walk(net, [4])
    assert net.widths == [1, 4, 4, 4, 4, 4]
    # Whether it stacks is seen eagerly: no width is compiled to find that out.
    assert seen == [(1, False), (4, False), *[(4, True)] * 4]
    assert net.block._compiled_call_impl is compiled
    assert (counters.padding_rows, counters.checks) == (12, 2)


def test_an_exception_in_one_cell_spoils_no_other_and_hangs_none():
    net = Net(lambda x, t: x + t)
    found = ask(net, [(1.0, 2), (2.0, None), (3.0, 4)])
    assert isinstance(found.pop((2.0, None)), RuntimeError | TypeError)
    assert found == {(1.0, 2): [3.0] * 3, (3.0, 4): [7.0] * 3}


def test_a_call_that_spoils_its_batch_spoils_no_other_and_changes_no_width():
    """The others are computed one by one at the same width, so their bits are what they were."""

    def small(x, t):
        if (len(x) > 1 and bool((x == 3.0).any())) or float(x[0, 0]) == 3.0:
            raise RuntimeError("too much")
        return uneven(x, t)

    counters = Counters()
    net = Net(small)
    found = ask(net, JOBS, counters)
    assert str(found.pop((3.0, 4))) == "too much"
    assert found == {job: [sum(job) * (1 + 4 / 1024)] * 3 for job in JOBS if job[0] != 3.0}
    assert counters.alone == 1
    assert net.widths.count(1) == 3  # two checks, and the culprit


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


def walk(net: Net, lengths: list, width: int = 4, **options) -> tuple[dict, Counters]:
    """Cells from one start that call the net once per step; the last `length` differs by cell."""

    def make(job):
        x = torch.ones(1, 3)
        for step in range(job):
            x = net(x, torch.tensor(float(step)))[0]
        return x

    counters = Counters()
    engine = Engine(width, counters, **options)
    return dict(engine.run(lengths, make, lambda job, x: x.tolist()[0], [net])), counters


def test_what_two_trajectories_have_in_common_is_computed_once():
    """Five, three, two and one steps from one start: one walk of five calls answers all."""
    found, counters = walk(Net(lambda x, t: 2 * x + t), [5, 3, 2, 1])
    assert found == {1: [2.0] * 3, 2: [5.0] * 3, 3: [12.0] * 3, 5: [58.0] * 3}
    assert (counters.denoiser_rows, counters.shared_rows, counters.denoiser_calls) == (5, 6, 5)


def test_who_has_most_to_go_goes_first():
    """Five walks of six calls at width 4: nobody is left behind to walk the end alone."""
    net = Net(lambda x, t: x + t)
    call = describe(net.forward, (torch.ones(1, 3), torch.tensor(1.0)), {})
    done = [0] * 5
    sizes = []
    while min(done) < 6:
        waiting = [Waiting((n - 6, cell), call, None) for cell, n in enumerate(done) if n < 6]
        batch = ready(waiting, 4, live=len(waiting))
        sizes.append(len(batch))
        for one in batch:
            done[one.place[1]] += 1
    assert sizes == [4] * 7 + [2]


def test_as_on_a_gpu_only_a_cells_first_call_is_looked_up():
    found, counters = walk(Net(lambda x, t: 2 * x + t), [5, 3, 2, 1], shared=1)
    assert found[5] == [58.0] * 3
    assert (counters.denoiser_rows, counters.shared_rows) == (8, 3)


def test_a_shared_answer_is_the_callers_own_to_write_to():
    net = Net(lambda x, t: 2 * x + t)

    def make(job):
        answer = net(torch.ones(1, 3), torch.tensor(1.0))[0]
        return answer.add_(job).clone()

    found = dict(Engine(4).run([10, 20, 30], make, lambda job, x: x.tolist()[0], [net]))
    assert found == {10: [13.0] * 3, 20: [23.0] * 3, 30: [33.0] * 3}


def test_weights_that_changed_between_two_runs_answer_anew():
    net = Net(lambda x, t: 2 * x + t)
    engine = Engine(4)
    for factor in (2, 3):
        net.answer = lambda x, t, factor=factor: factor * x + t
        one = lambda job: net(torch.ones(1, 3), torch.tensor(1.0))[0]  # noqa: E731
        assert dict(engine.run([1], one, lambda job, x: x.tolist()[0], [net])) == {
            1: [factor + 1.0] * 3
        }
