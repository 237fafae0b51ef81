"""The training loop: a pause, a kill or another machine changes nothing of what is learned."""

from __future__ import annotations

import copy

import pytest
import torch

from render.reference import checkpoint, distill, loop, postcards
from render.reference.presets import ORDER, PRESETS, Part
from render.reference.train import train


class Clock:
    """A clock that stands still but for what is done before it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def learn(folder, *, steps=6, resume=False, until=None, minutes=None, pace=None, clock=None):
    """A small regression; returns the weights and their average, and the record."""
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 1)
    average = copy.deepcopy(model).requires_grad_(False)
    clock = clock or Clock()
    run = loop.Run(folder, resume=resume, until=until, clock=clock)

    def loss_at(step: int) -> torch.Tensor:
        clock.now += pace(step) if pace else 0.0
        inputs = torch.randn(8, 4)
        return (model(inputs) - inputs.sum(1, keepdim=True)).square().mean()

    record = loop.train(
        "small",
        Part(steps, 8, {128: 1, 256: 1}, 0.1, minutes=minutes, average=0.9),
        lambda: loss_at,
        model=model,
        optimiser=loop.adamw(model.parameters(), run),
        rate=lambda step, steps: 1.0,
        run=run,
        average=average,
    )
    return [p.detach().clone() for part in (model, average) for p in part.parameters()], record


def same(a, b) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a[0], b[0], strict=True))


def test_a_paused_run_says_where_it_is_and_goes_on_to_the_same_weights(tmp_path):
    """Paused after every single step, the result is that of one unbroken run, bit for bit."""
    unbroken = learn(tmp_path / "unbroken")
    for step in range(1, 6):
        with pytest.raises(loop.Paused) as paused:
            learn(tmp_path / "broken", resume=step > 1, until=-1.0)
        assert str(paused.value) == (
            f"small: paused at step {step} of 6. The same command with --resume goes on."
        )
    broken = learn(tmp_path / "broken", resume=True, until=-1.0)
    assert same(unbroken, broken)


def test_a_finished_run_resumed_takes_no_step(tmp_path):
    first = learn(tmp_path)
    assert same(first, learn(tmp_path, resume=True))


def test_without_resume_training_begins_anew(tmp_path):
    learn(tmp_path, steps=3)
    longer = learn(tmp_path)
    assert same(longer, learn(tmp_path / "fresh"))


@pytest.mark.parametrize(("seconds", "steps"), [(0.5, 116), (0.25, 232)])
def test_with_minutes_as_many_steps_are_taken_as_fit(tmp_path, seconds, steps):
    """Twice as fast, twice as many; 97 % of the minutes are for steps, the rest for the disk."""
    clock = Clock()
    _, record = learn(tmp_path, steps=1000, minutes=1, pace=lambda _: seconds, clock=clock)
    assert (record.step, record.steps, clock.now) == (steps, steps, pytest.approx(58))


def test_with_minutes_no_more_steps_are_taken_than_the_most(tmp_path):
    _, record = learn(tmp_path, steps=150, minutes=1, pace=lambda _: 0.01)
    assert record.step == 150


def test_the_first_steps_which_compile_do_not_count_as_the_pace(tmp_path):
    """A first step of twelve seconds, then ten a second: 460 more fit into what is left."""
    clock = Clock()
    pace = {0: 12.2}
    _, record = learn(
        tmp_path, steps=1000, minutes=1, pace=lambda step: pace.get(step, 0.1), clock=clock
    )
    assert record.step == pytest.approx(461, abs=2)
    assert clock.now == pytest.approx(58.2, abs=0.2)


def test_steps_that_grow_faster_half_way_are_looked_at_again(tmp_path):
    """Other work on the same cores ended: without the second look a quarter would be idle."""
    clock = Clock()
    learn(
        tmp_path, steps=1000, minutes=1, pace=lambda _: 0.5 if clock.now < 15 else 0.25, clock=clock
    )
    assert 50 < clock.now <= 60


def test_a_resumed_run_keeps_the_number_of_steps_that_was_set(tmp_path):
    """Whatever the pace of the second call: the same schedule, so the same weights."""
    unbroken = learn(tmp_path / "unbroken", steps=1000, minutes=1, pace=lambda _: 0.5)
    with pytest.raises(loop.Paused, match=r"small: paused at step 81 of 116\."):
        learn(tmp_path / "broken", steps=1000, minutes=1, pace=lambda _: 0.5, until=40.0)
    broken = learn(tmp_path / "broken", steps=1000, minutes=1, pace=lambda _: 0.1, resume=True)
    assert broken[1].steps == 116
    assert same(unbroken, broken)


def test_a_run_that_is_killed_loses_the_steps_since_the_last_minute(tmp_path, monkeypatch):
    """Steps of seven seconds: the checkpoint after nine is there when the twelfth is killed."""

    def killed(step: int) -> float:
        if step == 12:
            raise KeyboardInterrupt
        return 7.0

    unbroken = learn(tmp_path / "unbroken", steps=20)
    with pytest.raises(KeyboardInterrupt):
        learn(tmp_path / "killed", steps=20, pace=killed)
    kept = checkpoint.load(tmp_path / "killed" / "small.checkpoint")
    assert kept["record"]["step"] == 9
    assert same(unbroken, learn(tmp_path / "killed", steps=20, resume=True))


def test_the_record_has_a_curve_of_200_points_and_counts_what_was_seen(tmp_path):
    _, record = learn(tmp_path, steps=1000, pace=lambda _: 0.01)
    assert [point[0] for point in record.curve] == list(range(5, 1001, 5))
    assert record.curve[-1][1] < record.curve[0][1] / 10  # it learned
    assert record.pictures == 500 * 8 + 500 * 2  # of 256 px a quarter as many
    # Forward 8 rows of 4 products, and their weights' gradients as many; an operation each way.
    assert record.flops == [128.0, 128.0]
    told = record.told(ceiling=1e-6)
    assert told["seconds"] == 10.0
    assert told["pictures_per_second"] == 500.0
    assert told["tflops"] == pytest.approx(128 * 100 / 1e12)
    assert told["share_of_matmul"] == pytest.approx(0.0128)


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
