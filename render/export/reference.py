"""The same run by diffusers' own pipeline: what a page's pictures are compared with."""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from ..errors import RenderError
from ..images import to_uint8
from ..models import find_model
from ..plan import Cell
from .choices import choices
from .sources import opened


@dataclass(frozen=True)
class Settings:
    """What a reader of the page can choose; None means the model's own."""

    model: str
    prompt: str
    seed: int
    num_inference_steps: int
    guidance_scale: float
    scheduler: str | None = None  # an id of the manifest's schedulers
    negative_prompt: str = ""
    width: int = 128
    height: int = 128
    guidance_rescale: float = 0.0
    guidance_start: float = 0.0
    guidance_end: float = 1.0
    variation_seed: int = 0
    variation_strength: float = 0.0
    strength: float | None = None
    source_image: str | None = None  # an id of the manifest's sources

    def told(self) -> dict[str, Any]:
        """As a form holds them, without what is seldom set and is not."""
        usual = {one.name: one.default for one in fields(self)[OFTEN:]}
        return {k: v for k, v in asdict(self).items() if k not in usual or v != usual[k]}

    def asked(self) -> dict[str, Any]:
        """As a plan's cell holds them: what the renderer is asked for."""
        size = () if self.source_image else ("width", "height")
        beside = {"model", "scheduler", "width", "height"} - {*size}
        asked = {k: v for k, v in self.told().items() if k not in beside}
        if self.variation_strength:
            asked["variation_seed"] = self.variation_seed
        return asked


OFTEN = 9  # so many settings, the first, are told whatever they are


class Pipeline:
    """A reference model in single precision on the CPU."""

    def __init__(self, name: str) -> None:
        import torch
        from diffusers import AutoPipelineForImage2Image

        from ..loading import load

        self.model = find_model(name)
        self.pipe = load(self.model, torch.float32)
        self.from_picture = AutoPipelineForImage2Image.from_pipe(self.pipe)
        self.from_picture.set_progress_bar_config(disable=True)

    def ids(self, *texts: str) -> np.ndarray:
        """Token ids as the pipeline asks for them, a row for each text."""
        words = self.pipe.tokenizer
        return words(
            list(texts),
            padding="max_length",
            max_length=words.model_max_length,
            truncation=True,
            return_tensors="np",
        ).input_ids

    def run(
        self, settings: Settings, spec: dict[str, Any], eta: float = 0.0, *, nudged: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Final latents [1, channels, height/8, width/8], and the picture's bytes as RGB.

        The call is made as for a plan's cell. `nudged` changes the last bit of the latents it
        starts from: what rounding alone can do.
        """
        from ..calls import call_arguments, prepare
        from ..capture import Watch
        from ..loading import build_scheduler

        pipe = copy.copy(self.from_picture if settings.source_image else self.pipe)
        pipe.scheduler = build_scheduler(spec)
        asked = {**settings.asked(), **({"eta": eta} if eta else {})}
        cell = Cell(self.model, {}, asked, {})
        arguments = call_arguments(pipe, cell)
        if settings.source_image:
            arguments["image"] = opened(settings.source_image)
        prepare(pipe, cell, arguments)
        if nudged:
            _nudge(pipe)
        watch = Watch(pipe, ())
        latents = pipe(**arguments, callback_on_step_end=watch, output_type="latent").images
        return latents.numpy(), self.picture(latents)

    def told(self, one: Settings) -> tuple[np.ndarray, np.ndarray]:
        """The same, with the scheduler by its id: `Pipeline("postcards").told(Settings(…))`."""
        own, *others = choices(self.model)
        offered = {None: own, own.id: own, **{choice.id: choice for choice in others}}
        if one.scheduler not in offered:
            known = ", ".join(sorted(filter(None, offered)))
            raise RenderError(f"scheduler: expected one of {known}, got '{one.scheduler}'.")
        return self.run(one, offered[one.scheduler].spec, offered[one.scheduler].eta)

    def picture(self, latents: Any) -> np.ndarray:
        """Decodes latents as the pipeline does."""
        import torch

        pipe = self.pipe
        with torch.no_grad():
            decoded = pipe.vae.decode(latents / pipe.vae.config.scaling_factor, return_dict=False)
        [pixels] = pipe.image_processor.postprocess(decoded[0], output_type="np")
        return to_uint8(pixels)


def _nudge(pipe: Any) -> None:
    """Changes the last bit of what a pipeline starts from."""
    import torch

    real = pipe.prepare_latents

    def nudged(*args: Any, **kwargs: Any) -> Any:
        latents = real(*args, **kwargs)
        return torch.nextafter(latents, torch.full_like(latents, torch.inf))

    pipe.prepare_latents = nudged
