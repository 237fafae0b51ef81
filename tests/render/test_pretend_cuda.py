"""The device that pretends refuses what a card refuses, and finds its tensors again everywhere."""

from __future__ import annotations

import copy
import threading

import pytest
import torch

from tests.render.pretend_cuda import CARD, NAME, pretend_cuda

HERE = torch.device("cpu")


@pytest.fixture
def card():
    with pretend_cuda() as card:
        yield card


def test_it_is_there_while_it_lasts():
    before = torch.cuda.is_available()
    with pretend_cuda():
        assert torch.cuda.is_available()
        assert torch.cuda.get_device_name() == NAME
    assert torch.cuda.is_available() == before


def test_what_is_made_or_moved_there_is_there_and_so_is_what_comes_of_it(card):
    made, moved = torch.ones(2, device="cuda"), torch.ones(2).to("cuda")
    for tensor in (made, moved, moved + 1, made[0], made.double(), torch.zeros_like(made)):
        assert tensor.device == CARD
        assert tensor.is_cuda
    for tensor in (torch.ones(2), made.cpu(), made.to("cpu"), made.cpu() + 1):
        assert tensor.device == HERE
    fetched = made.cpu()
    made += 1
    assert fetched.tolist() == [1, 1]  # a copy, as from a card


def test_a_module_takes_its_weights_along_and_learns_there(card):
    with torch.device("cuda"):
        born = torch.nn.Linear(2, 2)
    moved = torch.nn.BatchNorm1d(2).to("cuda", torch.float32)
    model = copy.deepcopy(torch.nn.Sequential(born, moved))
    assert {value.device for value in model.state_dict().values()} == {CARD}
    optimiser = torch.optim.AdamW(model.parameters())
    model(torch.ones(2, 2, device="cuda")).sum().backward()
    optimiser.step()
    assert born.weight.grad is None
    assert model[0].weight.grad.device == CARD
    assert optimiser.state[model[0].weight]["exp_avg"].device == CARD
    assert model.to("cpu")[0].weight.device == HERE


def test_tensors_of_two_devices_are_refused(card):
    there, here = torch.ones(2, device="cuda"), torch.ones(2)
    with pytest.raises(RuntimeError, match="at least two devices, cuda:0 and cpu!"):
        there + here
    with pytest.raises(RuntimeError, match="at least two devices"):
        torch.nn.Linear(2, 2)(there)
    with pytest.raises(RuntimeError, match="at least two devices"):
        here[torch.tensor([0, 1], device="cuda")]
    assert (there + here[0]).device == CARD  # a single number may come from anywhere
    assert there[torch.tensor([0])].device == CARD  # and so may indices
    assert here[torch.tensor(1, device="cuda")].device == HERE
    assert here.copy_(there).device == HERE


def test_numpy_wants_a_copy_and_a_cpu_generator_draws_on_the_cpu(card):
    with pytest.raises(TypeError, match="can't convert cuda:0 device type tensor to numpy"):
        torch.ones(2, device="cuda").numpy()
    with pytest.raises(RuntimeError, match="Expected a 'cuda' device type for generator"):
        torch.randn(2, device="cuda", generator=torch.Generator("cpu"))


def test_a_new_thread_sees_the_card(card):
    found = []
    thread = threading.Thread(target=lambda: found.append(torch.ones(2, device="cuda") * 2))
    thread.start()
    thread.join()
    assert found[0].device == CARD


def test_what_waits_for_the_card_is_counted(card):
    there = torch.ones(2, device="cuda")
    float(there[0] + 1)
    there.sum().item()
    there.cpu()
    torch.cuda.synchronize()
    assert card.waits == ["__float__", "item", "cpu", "synchronize"]


def test_autocast_computes_in_lower_precision(card):
    there = torch.ones(2, 2, device="cuda")
    with torch.autocast("cuda", torch.bfloat16):
        assert (there @ there).dtype == torch.bfloat16


def test_a_graph_replays_on_the_same_memory(card):
    asked, weights = torch.zeros(2, 2, device="cuda"), torch.ones(2, 2, device="cuda")
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        answer = (asked @ weights).view(4)[:2] + 1
    assert answer.tolist() == [1, 1]
    asked.fill_(2)
    graph.replay()
    assert answer.tolist() == [5, 5]


@pytest.mark.parametrize(
    "wait", [lambda t: t.item(), lambda t: t.cpu(), lambda t: t + torch.ones(()).to("cuda")]
)
def test_nothing_may_wait_for_the_card_while_a_graph_is_captured(card, wait):
    there = torch.ones((), device="cuda")
    with (
        pytest.raises(RuntimeError, match="not permitted when stream is capturing"),
        torch.cuda.graph(torch.cuda.CUDAGraph()),
    ):
        wait(there)
    assert not torch.cuda.is_current_stream_capturing()
