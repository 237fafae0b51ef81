"""The training loop: a pause, a kill or another machine changes nothing of what is learned."""

from __future__ import annotations

import copy
import time

import pytest
import torch

from render.reference import distill, loop, postcards
from render.reference.train import ORDER, PRESETS, train


def learn(run, *, steps=6, resume=False, until=None):
    """Six steps of a small regression; returns the weights and their average."""
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 1)
    average = copy.deepcopy(model).requires_grad_(False)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1.0)

    def loss_at(step: int) -> torch.Tensor:
        inputs = torch.randn(8, 4)
        return (model(inputs) - inputs.sum(1, keepdim=True)).square().mean()

    options = {"run": run, "resume": resume, "until": until, "average": average, "decay": 0.9}
    loop.train(
        "small", steps, loss_at, model=model, optimiser=optimiser, rate=lambda _: 0.1, **options
    )
    return [p.detach().clone() for part in (model, average) for p in part.parameters()]


def test_a_paused_run_says_where_it_is_and_goes_on_to_the_same_weights(tmp_path):
    """Paused after every single step, the result is that of one unbroken run, bit for bit."""
    unbroken = learn(tmp_path / "unbroken")
    for step in range(1, 6):
        with pytest.raises(loop.Paused) as paused:
            learn(tmp_path / "broken", resume=step > 1, until=time.monotonic() - 1)
        assert str(paused.value) == (
            f"small: paused at step {step} of 6. The same command with --resume goes on."
        )
    broken = learn(tmp_path / "broken", resume=True, until=time.monotonic() - 1)
    assert all(torch.equal(a, b) for a, b in zip(unbroken, broken, strict=True))


def test_a_finished_run_resumed_takes_no_step(tmp_path):
    first = learn(tmp_path)
    assert all(torch.equal(a, b) for a, b in zip(first, learn(tmp_path, resume=True), strict=True))


def test_without_resume_training_begins_anew(tmp_path):
    learn(tmp_path, steps=3)
    longer = learn(tmp_path)
    assert all(torch.equal(a, b) for a, b in zip(longer, learn(tmp_path / "fresh"), strict=True))


def test_every_preset_trains_every_model():
    names = {frozenset(sizes) for sizes in PRESETS.values()}
    assert names == {frozenset(ORDER)}


def test_the_smoke_preset_never_replaces_trained_weights():
    with pytest.raises(Exception, match="--preset smoke: expected --out DIR"):
        train("judge", device="cpu", preset="smoke", resume=False, out=None)


def test_a_solver_step_of_the_teacher_is_that_of_diffusers_ddim():
    """One step from t to s of a v prediction equals DDIMScheduler's, with its own schedule."""
    from diffusers import DDIMScheduler

    scheduler = DDIMScheduler(
        **postcards.NOISE, clip_sample=False, timestep_spacing="trailing", set_alpha_to_one=False
    )
    scheduler.set_timesteps(distill.SOLVER_STEPS)
    z, v = torch.randn(2, 1, 8, 4, 4, generator=torch.Generator().manual_seed(1))
    for t in (999, 519, 79):
        ours = distill._ddim(
            z, v, scheduler.alphas_cumprod, torch.tensor([t]), torch.tensor([t - 40])
        )
        theirs = scheduler.step(v, t, z).prev_sample
        assert torch.allclose(ours, theirs, atol=1e-5)


def test_the_student_samples_as_it_was_trained():
    """The times LCMScheduler visits in 1, 2, 4 and 8 steps are times that distillation saw."""
    from diffusers import LCMScheduler

    seen = {(k + 1) * 1000 // distill.SOLVER_STEPS - 1 for k in range(distill.SOLVER_STEPS)}
    for steps in (1, 2, 4, 8):
        scheduler = LCMScheduler(**distill.SAMPLING)
        scheduler.set_timesteps(steps)
        assert set(scheduler.timesteps.tolist()) <= seen
