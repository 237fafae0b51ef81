"""Too little memory: a smaller width, which is recorded, then tiles, then the cell alone fails."""

from __future__ import annotations

import pytest
import torch

from render.counters import Counters
from render.engine import Engine
from render.memory import out_of_memory
from tests.render.test_engine_rows import JOBS, Net

SAID = [
    "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 8.00 GiB",
    "HIP out of memory. Tried to allocate 2.00 GiB",
    "XPU out of memory. Tried to allocate 2.00 GiB",
    "MPS backend out of memory (MPS allocated: 17.50 GB, other allocations: 1.02 GB)",
    "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: "
    "you tried to allocate 4294967296 bytes. Error code 12 (Cannot allocate memory)",
    "cuDNN error: CUDNN_STATUS_NOT_SUPPORTED. This error may appear if you passed in a "
    "non-contiguous input.",
    "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
    "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
    "GET was unable to find an engine to execute this computation",
]


@pytest.mark.parametrize("text", SAID, ids=range(len(SAID)))
def test_every_devices_way_to_say_it_is_recognised(text):
    assert out_of_memory(RuntimeError(text))
    assert out_of_memory(RuntimeError(text, "a second argument"))
    assert out_of_memory(torch.OutOfMemoryError(text))


@pytest.mark.parametrize("error", [RuntimeError("expected a tensor"), ValueError(SAID[0]), None])
def test_other_errors_are_not_taken_for_it(error):
    assert not out_of_memory(error)


def narrow(most: int) -> Net:
    """A network that fits `most` rows into memory."""

    def answer(x, t):
        if len(x) > most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return x + t

    return Net(answer)


def make(net):
    """Three evaluations per cell, so that memory may end in the middle of a trajectory."""

    def made(job):
        x = torch.full((1, 3), job[0])
        for _ in range(3):
            x = net(x, torch.tensor(float(job[1])))[0]
        return x

    return made


def conditions(engine, net, jobs=JOBS) -> dict:
    found = engine.run(jobs, make(net), lambda job, x: (x.tolist()[0], engine.conditions()), [net])
    return dict(found)


@pytest.mark.parametrize(("most", "width"), [(8, 8), (5, 4), (3, 2), (1, 1)])
def test_the_width_is_halved_until_it_fits_and_told_with_every_picture(most, width):
    engine = Engine(8, Counters())
    found = conditions(engine, narrow(most))
    assert found == {job: ([job[0] + 3 * job[1]] * 3, {"batch": width}) for job in JOBS}
    assert engine.conditions() == {"batch": width}


def test_a_picture_has_one_width_though_memory_ends_in_its_middle():
    """Some are finished at the first width; those under way begin again at the next."""
    calls = []

    def answer(x, t):
        calls.append(len(x))
        if len(x) == 4 and len(calls) > 9:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return x * (1 + len(x) / 100)  # what a width does to the last bits, made plain

    jobs = [(float(i), 1) for i in range(1, 13)]
    found = conditions(Engine(4), Net(answer), jobs)
    widths = [told["batch"] for _, told in found.values()]
    assert set(widths) == {4, 2}
    for (start, _), (value, told) in found.items():
        assert value == pytest.approx([start * (1 + told["batch"] / 100) ** 3] * 3)


def test_a_call_too_large_for_any_width_costs_its_own_cell():
    def answer(x, t):
        if bool((x == 30.0).any()):
            raise RuntimeError(SAID[1])
        return x + t

    found = conditions(Engine(4), Net(answer), [*JOBS, (30.0, 1)])
    error = found.pop((30.0, 1))
    assert isinstance(error, RuntimeError)
    assert str(error) == SAID[1]
    assert error.__traceback__ is None  # it would keep the tensors of its frames alive
    # Who shares a batch with it, at which width, is the threads' affair.
    assert {told["batch"] for _, told in found.values()} <= {4, 2, 1}
    assert {job: value for job, (value, _) in found.items()} == {
        job: [job[0] + 3 * job[1]] * 3 for job in JOBS
    }


class Decoder(torch.nn.Module):
    """An autoencoder that is too large for the memory unless it works in tiles."""

    def __init__(self, fits_tiled: bool):
        super().__init__()
        self.tiles, self.fits = False, fits_tiled

    def enable_tiling(self):
        self.tiles = True

    def encode(self, x):
        return x

    def decode(self, x):
        if not (self.tiles and self.fits):
            raise RuntimeError(SAID[0])
        return x * 10


@pytest.mark.parametrize("fits", [True, False])
def test_a_decoder_falls_back_on_tiles_once_the_width_is_one(fits):
    net, decoder, engine = Net(lambda x, t: x + t), Decoder(fits), Engine(4)

    def whole(job):
        return decoder.decode(make(net)(job))

    found = dict(
        engine.run(
            JOBS, whole, lambda job, x: (x.tolist()[0][0], engine.conditions()), [net, decoder]
        )
    )
    if fits:
        told = {"batch": 1, "vae": "tiled"}
        assert found == {job: (10 * (job[0] + 3 * job[1]), told) for job in JOBS}
    else:
        assert {str(error) for error in found.values()} == {SAID[0]}
        assert len(found) == len(JOBS)
