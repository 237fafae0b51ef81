"""Batching as the documentation of diffusers teaches it: the fair thing to beat.

Cells with equal settings share a call: a list of generators and prompt embeddings made once per
prompt. One call has one step count, one guidance scale and one scheduler.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch

from .naive import SAVED

TEXTS = ("prompt", "negative_prompt")
EMBEDS = ("prompt_embeds", "negative_prompt_embeds")
EMBEDS += ("pooled_prompt_embeds", "negative_pooled_prompt_embeds")


def batched(pipe: Any, jobs: list[dict[str, Any]], folder: Path, width: int) -> list[np.ndarray]:
    """Jobs as for `naive`, up to `width` rows per call; uint8 pictures in the jobs' order."""
    groups: dict[str, list[int]] = {}
    known: dict[tuple[str, str], dict[str, torch.Tensor]] = {}
    for number, job in enumerate(jobs):
        same = {k: v for k, v in job["call"].items() if k not in (*TEXTS, *EMBEDS, "image")}
        groups.setdefault(repr((same, job["scheduler"])), []).append(number)
    pictures: dict[int, np.ndarray] = {}
    for members in groups.values():
        size = max(1, width // _rows(jobs[members[0]]["call"]))
        for start in range(0, len(members), size):
            numbers = members[start : start + size]
            images = _call(pipe, [jobs[n] for n in numbers], known)
            for number, image in zip(numbers, images, strict=True):
                image.save(folder / f"{number}.webp", "WEBP", **SAVED)
                pictures[number] = np.asarray(image)
    return [pictures[number] for number in range(len(jobs))]


def _rows(call: dict[str, Any]) -> int:
    """Rows of the denoiser's batch per picture: two where guidance runs a second pass."""
    guided = call.get("guidance_scale", 0) > 1 and any(key.startswith("negative") for key in call)
    return 2 if guided else 1


def _call(pipe: Any, jobs: list[dict[str, Any]], known: dict[Any, Any]) -> list[Any]:
    name, config = jobs[0]["scheduler"]
    pipe.scheduler = getattr(diffusers, name).from_config(config)
    call = {k: v for k, v in jobs[0]["call"].items() if k not in (*TEXTS, *EMBEDS)}
    if "image" in call:
        call["image"] = [job["call"]["image"] for job in jobs]
    embeds = [_embeds(pipe, job["call"], known) for job in jobs]
    for key in embeds[0]:
        call[key] = torch.cat([one[key] for one in embeds])
    generators = [torch.Generator("cpu").manual_seed(job["seed"]) for job in jobs]
    return pipe(**call, generator=generators).images


def _embeds(pipe: Any, call: dict[str, Any], known: dict[Any, Any]) -> dict[str, torch.Tensor]:
    """A cell's text as tensors: given with the job, or encoded once per pair of prompts."""
    if "prompt_embeds" in call:
        return {key: call[key] for key in EMBEDS if key in call}
    texts = (call["prompt"], call.get("negative_prompt", ""))
    if texts not in known:
        with torch.no_grad():
            encoded = pipe.encode_prompt(
                prompt=texts[0],
                device=pipe.device,
                num_images_per_prompt=1,
                do_classifier_free_guidance=True,
                negative_prompt=texts[1],
            )
        known[texts] = dict(zip(EMBEDS, encoded, strict=False))
    return known[texts]
