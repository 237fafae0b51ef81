"""What stands in the latents after some of the steps, and what the denoiser takes it for."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import torch

from .errors import BadPicture, RenderError


class Watch:
    """Looks at the latents after each step: keeps those asked for, tells NaN before it is hidden.

    One run serves every captured step: what step k leaves does not depend on who looks at it.
    """

    def __init__(self, pipe: Any, wanted: Iterable[tuple[str, int]]) -> None:
        self.finite: Any = True  # a tensor on its device: to look is to wait
        self._wanted = set(wanted)
        self._kept: dict[tuple[str, int], torch.Tensor] = {}
        self._prediction: torch.Tensor | None = None
        if any(what == "prediction" for what, _ in self._wanted):
            pipe.scheduler.step = self._listening(pipe.scheduler.step)

    def __call__(self, pipe: Any, step: int, timestep: Any, kept: dict[str, Any]) -> dict[str, Any]:
        latents = kept.get("latents")
        pipe.steps_done = step + 1
        if latents is None:
            return kept
        self.finite = torch.isfinite(latents).all()
        if ("latents", step + 1) in self._wanted:
            # As the network reads them: samplers that keep noise unscaled would be far too bright.
            scale = getattr(pipe.scheduler, "scale_model_input", lambda sample, timestep: sample)
            self._kept["latents", step + 1] = scale(latents, timestep).clone()
        if self._prediction is not None:
            self._kept["prediction", step + 1] = self._prediction
        return kept

    def _listening(self, real: Any) -> Any:
        """A scheduler's step that also keeps its guess at the finished picture."""

        @functools.wraps(real)
        def step(*args: Any, **kwargs: Any) -> Any:
            answer = real(*args, **kwargs)
            told = answer if isinstance(answer, tuple) else tuple(answer.values())
            if len(told) < 2:
                name = type(real.__self__).__name__
                raise RenderError(f"{name} tells no prediction. Capture latents, or use another.")
            self._prediction = told[1].clone()
            return answer

        return step

    def judge(self) -> None:
        if not bool(self.finite):
            raise BadPicture("the final latents hold NaN or infinite values")

    def picture(self, pipe: Any, what: str, step: int) -> torch.Tensor:
        """Decodes what was kept: floats in 0..1, [3, height, width], where they were computed."""
        latents = self._kept.get((what, step))
        if latents is None:
            raise RenderError(f"captured_step: the run ended before step {step}.")
        if latents.ndim != 4:
            raise RenderError(f"{type(pipe).__name__} packs its latents: no captured_step.")
        config = pipe.vae.config
        latents = latents / config.scaling_factor + (getattr(config, "shift_factor", None) or 0)
        with torch.no_grad():
            decoded = pipe.vae.decode(latents.to(pipe.vae.dtype), return_dict=False)[0]
        return pipe.image_processor.postprocess(decoded, output_type="pt")[0]
