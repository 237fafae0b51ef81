"""Asks diffusers' image-to-image pipelines how many steps they run, without loading a model."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from .levels import STABLE_DIFFUSION


def img2img_steps(steps: int, strength: float, *, flow: bool) -> int:
    """Returns the count from the pipeline's own get_timesteps, which reads only its scheduler."""
    from diffusers import (
        EulerDiscreteScheduler,
        FlowMatchEulerDiscreteScheduler,
        FluxImg2ImgPipeline,
        StableDiffusionImg2ImgPipeline,
    )

    scheduler: Any = (
        FlowMatchEulerDiscreteScheduler() if flow else EulerDiscreteScheduler(**STABLE_DIFFUSION)
    )
    scheduler.set_timesteps(steps)
    pipeline: Any = FluxImg2ImgPipeline if flow else StableDiffusionImg2ImgPipeline
    holder = SimpleNamespace(scheduler=scheduler)
    timesteps, count = pipeline.get_timesteps(holder, steps, strength, "cpu")
    assert len(timesteps) == count
    return int(count)
