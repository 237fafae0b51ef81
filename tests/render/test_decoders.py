"""On a GPU one thread decodes for all cells, in their mode; on a CPU each cell does."""

from __future__ import annotations

import contextlib
import threading

import pytest
import torch

from render.engine import Engine
from tests.render.pretend_cuda import pretend_cuda
from tests.render.test_engine_rows import Net

CELLS = [1.0, 2.0, 3.0, 4.0, 5.0]


class Decoder(torch.nn.Module):
    """Notes who decodes, and whether it would remember how for gradients."""

    def __init__(self, broken: bool = False) -> None:
        super().__init__()
        self.scale = torch.nn.Parameter(torch.tensor(10.0))
        self.broken, self.threads, self.grads = broken, set(), []

    def encode(self, x):
        return x

    def decode(self, x):
        self.threads.add(threading.get_ident())
        self.grads.append((torch.is_grad_enabled(), torch.is_inference_mode_enabled()))
        if self.broken:
            raise ValueError("a decoder with a flaw")
        return x * self.scale


def decoded(device: str, decoder: Decoder, mode=torch.no_grad, runs: int = 2) -> tuple:
    """What the cells found in the last of some runs of one engine, and the cells' own threads."""
    net, cells, engine = Net(lambda x, t: x + t).to(device), set(), Engine(2)
    decoder.to(device)

    def make(job):
        with mode():
            cells.add(threading.get_ident())
            x = net(torch.full((1, 3), job, device=device), torch.tensor(1.0, device=device))[0]
            return decoder.decode(x)

    for _ in range(runs):
        found = dict(engine.run(CELLS, make, lambda job, x: x.tolist()[0], [net, decoder]))
    return found, cells


def test_on_a_gpu_all_cells_of_all_runs_are_decoded_in_one_thread():
    decoder = Decoder()
    with pretend_cuda():
        found, cells = decoded("cuda", decoder)
    assert found == {job: [10 * (job + 1)] * 3 for job in CELLS}
    assert len(decoder.threads) == 1
    assert not decoder.threads & cells
    assert decoder.grads == [(False, False)] * 10


def test_on_a_cpu_each_cell_decodes_for_itself():
    decoder = Decoder()
    found, cells = decoded("cpu", decoder)
    assert found == {job: [10 * (job + 1)] * 3 for job in CELLS}
    assert decoder.threads <= cells


@pytest.mark.parametrize(
    ("mode", "told"),
    [(contextlib.nullcontext, (True, False)), (torch.inference_mode, (False, True))],
)
def test_the_decoders_thread_is_in_its_cells_mode(mode, told):
    decoder = Decoder()
    with pretend_cuda():
        decoded("cuda", decoder, mode, runs=1)
    assert decoder.grads == [told] * 5


def test_what_a_decoder_raises_fails_its_cell_alone():
    decoder = Decoder(broken=True)
    with pretend_cuda():
        found, _ = decoded("cuda", decoder, runs=1)
    assert {str(error) for error in found.values()} == {"a decoder with a flaw"}
    assert len(found) == len(CELLS)
