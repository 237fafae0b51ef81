"""guard() says once that a pipeline is asked for far too many or too few steps, and only that."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from recommender import AmbiguousModelError, SettingsWarning, guard, recommend
from recommender._guard import far_off

pytestmark = pytest.mark.usefixtures("of_this_checkout")


class Pipe:
    """What guard() needs of a pipeline: a config, a scheduler and a call."""

    def __init__(self, name: str = "Tongyi-MAI/Z-Image-Turbo") -> None:
        self.config = {"_name_or_path": name}
        self.scheduler = object()
        self.calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def __call__(
        self, prompt: str = "", height: int = 512, num_inference_steps: int = 50, **more: Any
    ) -> str:
        self.calls.append(((prompt, height, num_inference_steps), more))
        return f"picture of {prompt}"

    def to(self, device: str) -> str:
        return device


def said_by(pipe: Any, *args: Any, **kwargs: Any) -> list[str]:
    """Returns what a call warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pipe(*args, **kwargs)
    assert all(issubclass(one.category, SettingsWarning) for one in caught)
    assert all(one.filename == __file__ for one in caught)
    return [str(one.message) for one in caught]


def test_far_too_many_steps_are_said_once() -> None:
    pipe = guard(Pipe())
    expected = "z-image-turbo at 50 steps: 5.6× more than needed."
    assert said_by(pipe, "a", num_inference_steps=50) == [expected]
    assert said_by(pipe, "a", num_inference_steps=50) == []


@pytest.mark.parametrize(
    ("args", "kwargs"), [(("a",), {}), (("a", 512, 50), {}), ((), {"num_inference_steps": 50})]
)
def test_the_steps_are_found_by_name_place_and_default(
    args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    assert said_by(guard(Pipe()), *args, **kwargs) == [
        "z-image-turbo at 50 steps: 5.6× more than needed."
    ]


def test_far_too_few_are_said_too_and_what_is_near_is_not() -> None:
    assert said_by(guard(Pipe("Qwen/Qwen-Image")), num_inference_steps=4) != []
    for steps in (5, 8, 9, 12, 17):
        assert said_by(guard(Pipe()), num_inference_steps=steps) == []


def test_the_sentence_counts_from_the_end_of_the_range() -> None:
    found = recommend("sdxl")
    assert found.low is not None and found.high is not None
    assert far_off(found, found.high) is None
    assert far_off(found, 4 * found.high) == (
        f"sdxl-base-1-0 at {4 * found.high} steps: 4.0× more than needed."
    )
    assert far_off(found, 1) == f"sdxl-base-1-0 at 1 step: {found.low}× fewer than needed."


def test_the_call_itself_is_never_altered() -> None:
    bare, pipe = Pipe(), Pipe()
    guarded = guard(pipe)
    with pytest.warns(SettingsWarning):
        assert guarded("a", num_inference_steps=50, eta=0.5) == "picture of a"
    bare("a", num_inference_steps=50, eta=0.5)
    assert pipe.calls == bare.calls


def test_everything_else_passes_through() -> None:
    pipe = Pipe()
    guarded = guard(pipe)
    guarded.scheduler = "another"
    assert pipe.scheduler == guarded.scheduler == "another"
    assert guarded.to("cuda") == "cuda"
    assert set(dir(pipe)) == set(dir(guarded))
    assert repr(guarded) == f"guard({pipe!r})"
    del guarded.scheduler
    assert not hasattr(pipe, "scheduler")
    with pytest.raises(AttributeError, match="'Pipe' object has no attribute 'nothing'"):
        guarded.nothing  # noqa: B018


def test_a_guarded_pipeline_gets_settings_as_the_bare_one_does() -> None:
    found = recommend(guard(Pipe()))
    assert found == recommend(Pipe())
    with pytest.warns(SettingsWarning, match="FlowMatchEulerDiscreteScheduler is not in"):
        assert found.apply(guard(Pipe())) == {"num_inference_steps": 8, "height": 1024}


def test_steps_that_are_no_number_are_the_pipelines_business() -> None:
    assert said_by(guard(Pipe()), num_inference_steps=None) == []
    assert said_by(guard(Pipe()), num_inference_steps=0) == []


def test_a_pipeline_that_could_be_several_models_must_be_named() -> None:
    class FluxPipeline(Pipe):
        pass

    pipe = FluxPipeline("someone/merge")
    with pytest.raises(AmbiguousModelError):
        guard(pipe)
    assert said_by(guard(pipe, known_as="flux-schnell"), num_inference_steps=40) == [
        "flux-1-schnell at 40 steps: 10× more than needed."
    ]
