"""The same run by diffusers' own pipeline: what a page's pictures are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import RenderError
from ..images import to_uint8
from ..models import find_model
from .choices import choices


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


class Pipeline:
    """A reference model in single precision on the CPU."""

    def __init__(self, name: str) -> None:
        import torch

        from ..loading import load

        self.model = find_model(name)
        self.pipe = load(self.model, torch.float32)

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

        `nudged` changes the last bit of the noise it starts from: what rounding alone can do.
        """
        import torch

        from ..loading import build_scheduler

        self.pipe.scheduler = build_scheduler(spec)
        generator = torch.Generator("cpu").manual_seed(settings.seed)
        shape = (1, self.pipe.unet.config.in_channels, settings.height // 8, settings.width // 8)
        noise = torch.randn(shape, generator=generator)
        if nudged:
            noise = torch.nextafter(noise, torch.full_like(noise, torch.inf))
        latents = self.pipe(
            settings.prompt,
            negative_prompt=settings.negative_prompt,
            num_inference_steps=settings.num_inference_steps,
            guidance_scale=settings.guidance_scale,
            width=settings.width,
            height=settings.height,
            eta=eta,
            generator=generator,
            latents=noise,
            output_type="latent",
        ).images
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
