"""From a cell's settings to one call of a pipeline: keywords, noise, prompt, guidance.

Everything is done to a pipeline object of the cell's own; models are shared and stay as they are.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any

import torch

from .errors import RenderError
from .plan import IMAGES, Cell
from .settings import CALL
from .weighting import parts


def call_arguments(pipe: Any, cell: Cell) -> dict[str, Any]:
    """The keywords of the pipeline's call. A setting it does not take is an error, not a shrug."""
    taken = inspect.signature(pipe.__call__).parameters
    seed = cell.settings.get("seed", 0)
    arguments: dict[str, Any] = {"generator": torch.Generator("cpu").manual_seed(seed)}
    for key, value in cell.settings.items():
        if key not in CALL:
            continue
        if key in taken:
            arguments[key] = value
        elif key == "negative_prompt" and not value:
            continue  # nothing to say, and this pipeline does not listen
        elif key in ("width", "height") and IMAGES & cell.settings.keys():
            continue  # the source's own size
        else:
            raise RenderError(f"{type(pipe).__name__} takes no {key}. Leave it out of the plan.")
    if cell.settings.get("eta") and not _reads(pipe.scheduler, "eta"):
        raise RenderError(
            f"{type(pipe.scheduler).__name__} takes no eta. Leave it out of the plan."
        )
    return arguments


def _reads(scheduler: Any, name: str) -> bool:
    """True where the scheduler's step takes it; pipelines drop what it does not without a word."""
    return name in inspect.signature(scheduler.step).parameters


def prepare(pipe: Any, cell: Cell, arguments: dict[str, Any]) -> None:
    """Does to a cell's own pipeline and keywords what no keyword of the call can do."""
    settings = cell.settings
    if "prompt_weighting" in settings:
        arguments["prompt_embeds"] = weighted_embeds(pipe, settings)
        del arguments["prompt"]
    if "variation_strength" in settings:
        _vary(pipe, settings["variation_seed"], settings["variation_strength"])
    if "guidance_start" in settings or "guidance_end" in settings:
        _limit_guidance(pipe, settings)


def _vary(pipe: Any, seed: int, strength: float) -> None:
    """Blends the starting noise of a second seed in, on the arc between the two."""
    real = pipe.prepare_latents
    signature = inspect.signature(real)

    def blended(*args: Any, **kwargs: Any) -> Any:
        first = real(*args, **kwargs)
        bound = signature.bind(*args, **kwargs)
        bound.arguments["generator"] = torch.Generator("cpu").manual_seed(seed)
        second = real(*bound.args, **bound.kwargs)
        if isinstance(first, torch.Tensor):
            return slerp(first, second, strength)
        return (slerp(first[0], second[0], strength), *first[1:])

    pipe.prepare_latents = blended


def slerp(a: torch.Tensor, b: torch.Tensor, share: float) -> torch.Tensor:
    """The point at `share` of the arc from a to b; a straight line between would be too quiet."""
    cosine = (a * b).sum() / (a.norm() * b.norm())
    angle = torch.acos(cosine.double().clamp(-1, 1))
    if torch.sin(angle) < 1e-6:
        return a
    near = (torch.sin((1 - share) * angle) / torch.sin(angle)).to(a.dtype)
    far = (torch.sin(share * angle) / torch.sin(angle)).to(a.dtype)
    return near * a + far * b


def _limit_guidance(pipe: Any, settings: dict[str, Any]) -> None:
    """Guidance acts on the steps from start to end; before and after, the prompt alone answers.

    Steps are counted as diffusers' guiders count: fractions are rounded down. Where a sampler
    asks the network more often than once a step (Heun, PNDM), they are fractions of its calls.
    Both passes are computed all the same, and at a scale of 1 their sum is the prompt's answer up
    to rounding.
    """
    start, end = settings.get("guidance_start", 0), settings.get("guidance_end", 1)
    kind = type(pipe)
    if not isinstance(getattr(kind, "guidance_scale", None), property):
        raise RenderError(f"{kind.__name__} takes no guidance_start or guidance_end.")

    def guidance_scale(self: Any) -> float:
        self.guidance_was_read = True
        # Pipelines note the number of their calls before the first of them.
        calls = getattr(self, "_num_timesteps", None) or settings["num_inference_steps"]
        within = int(start * calls) <= self.steps_done < int(end * calls)
        return self._guidance_scale if within else 1.0

    pipe.steps_done, pipe.guidance_was_read = 0, False
    pipe.__class__ = type(kind.__name__, (kind,), {"guidance_scale": property(guidance_scale)})


def check_guidance_was_limited(pipe: Any, settings: dict[str, Any]) -> None:
    """A pipeline that never asks for its scale while it runs has not been limited."""
    limited = "guidance_start" in settings or "guidance_end" in settings
    if limited and not pipe.guidance_was_read:
        raise RenderError(f"{type(pipe).__name__} takes no guidance_start or guidance_end.")


def weighted_embeds(pipe: Any, settings: dict[str, Any]) -> torch.Tensor:
    """What the text encoder says of a prompt with weighted phrases.

    `a1111` multiplies the vectors of a phrase and restores the mean of the whole; `comfyui` moves
    them away from those of an empty prompt.
    """
    if getattr(pipe, "text_encoder_2", None) is not None or not hasattr(pipe, "text_encoder"):
        raise RenderError(f"{type(pipe).__name__} takes no prompt_weighting.")
    if "clip_skip" in settings:
        raise RenderError("prompt_weighting: expected no clip_skip beside it.")
    ids, weights = _tokens(pipe.tokenizer, settings["prompt"])
    encode = functools.partial(_encode, pipe)
    plain = encode(ids)
    weight = torch.tensor(weights, dtype=plain.dtype, device=plain.device)[None, :, None]
    if settings["prompt_weighting"] == "comfyui":
        empty = encode(_tokens(pipe.tokenizer, "")[0])
        return empty + (plain - empty) * weight
    scaled = plain * weight
    return scaled * (plain.mean() / scaled.mean())


def _encode(pipe: Any, ids: list[int]) -> torch.Tensor:
    tokens = torch.tensor([ids], device=pipe.device)
    return pipe.text_encoder(tokens)[0].to(pipe.text_encoder.dtype)


def _tokens(tokenizer: Any, prompt: str) -> tuple[list[int], list[float]]:
    """Token ids of one full window, and the weight of each."""
    ids, weights = [tokenizer.bos_token_id], [1.0]
    for text, weight in parts(prompt):
        found = tokenizer(text, add_special_tokens=False).input_ids
        ids += found
        weights += [weight] * len(found)
    window = tokenizer.model_max_length
    ids, weights = ids[: window - 1], weights[: window - 1]
    missing = window - len(ids)
    ids += [tokenizer.eos_token_id] + [tokenizer.pad_token_id] * (missing - 1)
    return ids, weights + [1.0] * missing
