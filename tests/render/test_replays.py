"""CUDA graphs on a device that pretends: the same bits, or no graph and the reason."""

from __future__ import annotations

import contextlib
import threading
import time

import numpy as np
import pytest
import torch
from diffusers.hooks import HookRegistry, ModelHook

from render import kernels
from render.counters import Counters
from render.engine import Engine
from render.models import find_model
from render.pipelines import Studio
from render.replays import Replays
from render.rows import describe
from tests.prove import PROVE
from tests.render import tiny
from tests.render.pretend_cuda import pretend_cuda
from tests.render.test_engine import draw, mixed
from tests.render.test_engine_rows import Net


@pytest.fixture
def card():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with pretend_cuda() as card:
        yield card
    torch.set_num_threads(before)


def walk(net: Net, graphs: bool, width: int = 4, steps: int = 5, cells: int = 4) -> tuple:
    """Cells that call the net once a step, on the card: what they found, and the engine."""

    def make(job):
        x = torch.full((1, 3), float(job), device="cuda")
        for step in range(steps):
            x = net(x, torch.tensor(float(step), device="cuda"))[0]
        return x

    engine = Engine(width, Counters(), graphs=graphs)
    done = engine.run([*range(1, cells + 1)], make, lambda job, x: x.tolist()[0], [net])
    found = dict(done)
    return found, engine


def refused(engine: Engine) -> list[str]:
    return [*engine.replays.refused]


def test_whole_batches_are_replayed_and_every_bit_is_the_eager_one(card):
    eager, replayed = (Net(lambda x, t: (x * 1.1 + t).sin()) for _ in range(2))
    wanted, plain = walk(eager, graphs=False)
    found, engine = walk(replayed, graphs=True)
    assert found == wanted
    assert refused(engine) == []
    assert not engine.replays._graphs  # a run's end frees their memory
    assert plain.counters.replays == 0
    assert engine.counters.replays == 4  # the first of five batches is the one that is compared
    # Twice to see whether calls stack, once eager, once before the recording, once recorded.
    assert replayed.widths == [1, 4, 4, 4, 4]


@pytest.mark.parametrize("build", [tiny.stable_diffusion, tiny.flux] if PROVE else [tiny.flux])
def test_pictures_by_graphs_are_those_of_exact_and_say_nothing_else(build, card, tmp_path):
    model = find_model(str(build(tmp_path / "model")))
    cells = mixed(model)
    plain, replayed = (Studio(model, "cuda", width=4, profile=p) for p in ("exact", "graphs"))
    wanted, found = draw(plain, cells), draw(replayed, cells)
    assert all(np.array_equal(found[key], wanted[key]) for key in wanted)
    assert replayed.engine.counters.replays > 0
    assert replayed.environment() == plain.environment()
    assert [*replayed.notes] == []


def test_a_model_that_waits_for_the_gpu_goes_on_without_and_says_why(card):
    net = Net(lambda x, t: x + t if x.sum().item() else x)
    found, engine = walk(net, graphs=True)
    assert found == walk(Net(lambda x, t: x + t), graphs=False)[0]
    assert engine.counters.replays == 0
    assert refused(engine) == [
        "Net has no CUDA graph: CUDA error: operation not permitted when stream is capturing (item)"
    ]
    assert sum(width == 4 for width in net.widths) == 1 + 5 + 2  # tried once


def test_what_the_cpu_does_beside_the_kernels_is_found_out(card):
    """A graph repeats kernels alone: a number that Python changes from call to call stays put."""
    calls = []

    def restless(x, t):
        calls.append(1)
        return x + t + len(calls) / 1024

    _, engine = walk(Net(restless), graphs=True)
    assert refused(engine) == ["Net has no CUDA graph: its replay gave other bits"]
    assert engine.counters.replays == 0


registry = HookRegistry.check_if_exists_or_initialize


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda net: net.part.register_forward_hook(print), "a part of it has hooks"),
        (
            lambda net: registry(net.part).register_hook(ModelHook(), "any"),
            "a part of it has hooks",
        ),
        (
            lambda net: registry(net).register_hook(ModelHook(), "any"),
            "something stands in for its forward",
        ),
        (lambda net: setattr(net.part, "_compiled_call_impl", print), "it is compiled"),
    ],
    ids=["hooks", "diffusers' hooks", "offloaded whole", "compiled"],
)
def test_a_model_that_does_more_than_launch_kernels_is_not_recorded(change, reason, card):
    net = Net(lambda x, t: x + t)
    net.part = torch.nn.Linear(1, 1)
    change(net)
    found, engine = walk(net, graphs=True)
    assert found == walk(Net(lambda x, t: x + t), graphs=False)[0]
    assert [told.partition(": ")[2] for told in refused(engine)] == [reason]


def test_nothing_else_uses_the_gpu_while_a_graph_is_recorded(card):
    """No cell has the turn, and a picture that is being fetched is there before it begins."""
    seen, fetching, recorded = [], threading.Event(), threading.Event()

    def answer(x, t):
        if torch.cuda.is_current_stream_capturing():
            seen.append((engine._turn.locked(), fetching.is_set(), done))
            recorded.set()
        return x + t

    def make(job):
        if job:  # the first is finished before the others' batch can be
            fetching.wait(60)
        x = torch.full((1, 3 if job else 1), 1.0, device="cuda")
        return net(x, torch.tensor(1.0, device="cuda"))[0] if job else x

    done = []

    def finish(job, x):
        if not job:
            fetching.set()
            time.sleep(0.2)  # a recording that did not wait would begin
            done.append(recorded.is_set())
        return x.tolist()

    net, engine = Net(answer), Engine(4, Counters(), graphs=True)
    found = dict(engine.run([0, 1, 2, 3, 4], make, finish, [net]))
    assert found == {0: [[1.0]], **{job: [[2.0] * 3] for job in (1, 2, 3, 4)}}
    assert seen == [(True, True, [False])]


@pytest.mark.parametrize("where", ["a batch", "a cell"])
def test_where_memory_ends_graphs_go_before_a_batch_gets_smaller(where, card):
    """Width and pictures are those of `exact`, which would have had that memory."""
    short = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
    whole, decoded = [], []

    def answer(x, t):
        whole.extend([1] * (len(x) == 4))
        if where == "a batch" and len(whole) == 5:  # checked, eager, before, recorded; then this
            raise short
        return x + t

    def make(job):
        x = net(torch.full((1, 3), job, device="cuda"), torch.tensor(1.0, device="cuda"))[0]
        decoded.append(job)
        if where == "a cell" and len(decoded) == 2:
            raise short
        return x if job < 5 else net(x[:, :2], torch.tensor(1.0, device="cuda"))[0]

    net, engine = Net(answer), Engine(4, Counters(), graphs=True)
    jobs = [float(n) for n in range(1, 9)]
    found = dict(engine.run(jobs, make, lambda job, x: (x.tolist()[0], engine.conditions()), [net]))
    assert found == {
        job: ([job + 1] * 3 if job < 5 else [job + 2] * 2, {"batch": 4}) for job in jobs
    }
    assert refused(engine) == ["no CUDA graphs: memory was short"]
    assert engine.counters.replays <= 1


def recorded(replays: Replays, net: Net, columns: int) -> bool:
    """Asks once for a batch of a shape; whether a graph answered."""
    leaves = [torch.ones(4, columns, device="cuda"), torch.ones(4, device="cuda")]
    call = describe(net.forward, tuple(leaves), {})
    return replays.answer(call, leaves)[1]


def test_few_graphs_are_kept_and_those_used_last(card):
    replays, net = Replays(contextlib.nullcontext(), most=2), Net(lambda x, t: x + t)
    assert [recorded(replays, net, n) for n in (1, 2, 1, 3)] == [False, False, True, False]
    assert [recorded(replays, net, n) for n in (3, 1, 2)] == [True, True, False]
    replays.forget()
    assert not recorded(replays, net, 1)


def test_a_failed_recording_leaves_stream_pool_and_generator_as_they_were(card, monkeypatch):
    """PyTorch 2.11 restores none of the three where the end of a capture raises."""
    now, ended = ["the caller's"], []

    def end(self):
        self.card.capturing = None
        raise RuntimeError("CUDA error: operation failed due to a previous error during capture")

    class Ended(contextlib.AbstractContextManager):
        def __init__(self, which):
            self.which = which

        def __enter__(self):
            self.before, now[0] = now[0], self.which

        def __exit__(self, *error):
            now[0] = self.before

    monkeypatch.setattr(torch.cuda, "stream", Ended)
    monkeypatch.setattr(torch.cuda.CUDAGraph, "capture_end", end)
    for name in ("_cuda_endAllocateToPool", "_cuda_releasePool"):
        monkeypatch.setattr(torch._C, name, lambda *told, name=name: ended.append((name, *told)))
    generator = torch.Generator().manual_seed(7)
    monkeypatch.setattr(torch.cuda, "default_generators", (generator,))
    replays = Replays(contextlib.nullcontext())
    assert not recorded(replays, Net(lambda x, t: x + t), 3)
    assert now == ["the caller's"]
    assert ended == [("_cuda_endAllocateToPool", 0, (0, 0)), ("_cuda_releasePool", 0, (0, 0))]
    assert generator.initial_seed() == 7
    assert torch.randn(1, generator=generator).device.type == "cpu"
    assert [*replays.refused] == [
        "Net has no CUDA graph: CUDA error: operation failed due to a previous error during capture"
    ]


def test_cells_work_on_the_stream_of_who_asked(monkeypatch):
    """A new thread begins on the first GPU's default stream, which waits for no other."""
    here, now = threading.local(), []

    class Chosen(contextlib.AbstractContextManager):
        def __init__(self, stream):
            self.stream = stream

        def __enter__(self):
            here.stream = self.stream

        def __exit__(self, *error):
            here.stream = None

    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: getattr(here, "stream", "default"))
    monkeypatch.setattr(torch.cuda, "stream", Chosen)
    here.stream = "the caller's"
    engine, net = Engine(4), Net(lambda x, t: x + t)

    def make(job):
        now.append(torch.cuda.current_stream())
        return net(torch.full((1, 3), job), torch.tensor(1.0))[0]

    assert len(list(engine.run([1.0, 2.0, 3.0], make, lambda job, x: x, [net]))) == 3
    assert set(now) == {"the caller's"}


def test_a_callers_autocast_is_not_a_batchs():
    """Cells' threads have none, so a batch with it would have other bits than a lone call."""
    seen = []

    def answer(x, t):
        seen.append(torch.is_autocast_enabled("cpu"))
        return x + t

    net = Net(answer)
    make = lambda job: net(torch.full((1, 3), job), torch.tensor(1.0))[0]  # noqa: E731
    with torch.autocast("cpu", torch.bfloat16):
        list(Engine(4).run([1.0, 2.0], make, lambda job, x: x, [net]))
    assert seen
    assert not any(seen)


SWITCHES = ("benchmark", "deterministic", "allow_tf32")


@pytest.fixture
def switches():
    before = [getattr(torch.backends.cudnn, name) for name in SWITCHES]
    yield torch.backends.cudnn
    for name, value in zip(SWITCHES, before, strict=True):
        setattr(torch.backends.cudnn, name, value)


def test_what_chooses_kernels_by_chance_is_off_and_told_with_a_picture(card, switches, model):
    switches.benchmark, switches.deterministic, switches.allow_tf32 = True, False, True
    version = f"cudnn {torch.backends.cudnn.version()}"
    assert kernels.told("cuda") == {"kernels": f"{version}, benchmark, tf32"}
    assert "kernels" not in Studio(find_model(str(model)), "cpu").environment()
    assert switches.benchmark
    studio = Studio(find_model(str(model)), "cuda")
    assert studio.environment()["kernels"] == f"{version}, deterministic"
