"""One whole call of every architecture at full size, its networks on the meta device.

The pipeline's own loop runs on the CPU in bfloat16; each network is asked at its full size, with
the shapes and precisions of a card, and answers numbers of the right shape. Nothing is computed.
"""

from __future__ import annotations

from unittest import mock

import pytest
import torch
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.flop_counter import FlopCounterMode

from render.bench import fullsize
from render.bench.full import pieces
from render.bench.full.runs import RUNS
from render.rows import answers, describe, padding
from tests.prove import PROVE

SPECS = pieces.architectures()
WEIGHTS = {"sd-1.5": 1.76, "sdxl": 4.94, "sdxl-turbo": 4.94, "flux.1-dev": 22.3}
WEIGHTS["flux.1-schnell"] = 22.3  # GiB, autoencoder included


class Asked:
    """Stands in the place of a network's method: asks it on the meta device, answers on the CPU."""

    def __init__(self, real) -> None:
        self.real, self.tflop, self.calls = real, [], []

    def __call__(self, *args, **kwargs):
        self.calls.append((args, kwargs))
        there = tree_map(_on_meta, (args, kwargs))
        given = {x.dtype for x in tree_leaves(there) if isinstance(x, torch.Tensor)}
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            answer = self.real(*there[0], **there[1])
        self.tflop.append(counter.get_total_flops() / 1e12)
        told = {x.dtype for x in tree_leaves(answer) if isinstance(x, torch.Tensor)}
        assert told == {torch.bfloat16}, (given, told)
        return tree_map(_here, answer)


def _on_meta(leaf):
    return leaf.to("meta") if isinstance(leaf, torch.Tensor) else leaf


def _here(leaf):
    return torch.randn(leaf.shape).to(leaf.dtype) if isinstance(leaf, torch.Tensor) else leaf


SAMPLE = ("flux.1-schnell", "sd-1.5")


@pytest.fixture(scope="module", params=sorted(SPECS) if PROVE else SAMPLE)
def called(request):
    """An architecture's name, its pipeline's networks, what they were asked, and the picture."""
    spec = SPECS[request.param]
    pipe = fullsize.build(spec, "meta")
    denoiser, vae = getattr(pipe, spec["denoiser"]), pipe.vae
    asked = {"denoiser": Asked(denoiser.forward), "decoder": Asked(vae.decode)}
    denoiser.forward, vae.decode = asked["denoiser"], asked["decoder"]
    [job] = fullsize.jobs(spec, "cpu", (2,))
    call = {key: _half(value) for key, value in job["call"].items()}
    place = property(lambda pipe: torch.device("cpu"))
    with mock.patch.object(type(pipe), "_execution_device", place):
        generator = torch.Generator("cpu").manual_seed(0)
        picture = pipe(**call, generator=generator, output_type="pt").images
    return request.param, pipe, asked, picture


def _half(value):
    return value.to(torch.bfloat16) if isinstance(value, torch.Tensor) else value


def test_a_whole_call_at_full_size_fits_together(called):
    name, pipe, asked, picture = called
    call = SPECS[name]["call"]
    assert picture.shape == (1, 3, call["height"], call["width"])
    assert len(asked["decoder"].calls) == 1
    assert len(asked["denoiser"].calls) >= 2
    networks = [m for m in pipe.components.values() if isinstance(m, torch.nn.Module)]
    weights = [tensor for m in networks for tensor in (*m.parameters(), *m.buffers())]
    assert {tensor.dtype for tensor in weights} == {torch.bfloat16}
    taken = sum(tensor.nbytes for tensor in weights) / 2**30
    assert taken == pytest.approx(WEIGHTS[name], abs=0.1)


def test_the_plans_operations_are_those_that_are_counted(called):
    name, _, asked, _ = called
    spec = SPECS[name]
    step = spec["tflop"]["evaluation"] * pieces.rows_of(spec)
    assert asked["denoiser"].tflop[0] == pytest.approx(step, rel=0.01)
    assert asked["decoder"].tflop[0] == pytest.approx(spec["tflop"]["decode"], rel=0.01)


def test_calls_at_full_size_stack_to_the_width_of_their_run(called):
    name, _, asked, _ = called
    args, kwargs = asked["denoiser"].calls[0]
    shapes = []

    def forward(*args, **kwargs):
        tensors = [x for x in tree_leaves((args, kwargs)) if isinstance(x, torch.Tensor)]
        shapes.append({len(x) for x in tensors if x.ndim})
        return asked["denoiser"](*args, **kwargs)

    call = describe(forward, args, kwargs)
    assert call is not None
    width = next(run.width for run in RUNS.values() if run.architecture == name)
    assert call.rows == pieces.rows_of(SPECS[name])
    [answer] = answers([call], padding(call, width - call.rows), width)
    assert len(answer[0]) == call.rows
    assert width in shapes[-1]
