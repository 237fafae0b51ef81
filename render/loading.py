"""Loads a pipeline, a scheduler or a view of a network: safetensors only, no repository's code."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers import AutoPipelineForText2Image, DiffusionPipeline
from huggingface_hub import try_to_load_from_cache

from . import hub
from .errors import RenderError
from .models import ModelSource


def pick_device(name: str) -> str:
    """`auto` is CUDA where there is one, else the CPU."""
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise RenderError("--device cuda: expected an NVIDIA GPU, got none. Use --device cpu.")
    return name


def load(model: ModelSource, dtype: torch.dtype) -> Any:
    """Loads a text-to-image pipeline from safetensors, running none of the repository's code."""
    _quiet()
    place = str(model.folder or model.repo)
    options: dict[str, Any] = {
        "dtype": dtype,
        "use_safetensors": True,
        "trust_remote_code": False,
        "local_files_only": model.folder is not None or hub.offline(),
    }
    if model.folder is None:
        options["revision"] = model.revision
        hub.expect_within_reach(place, model.revision, "model_index.json")
    try:
        pipe = _load(place, options)
    except (
        OSError,
        ValueError,
        RuntimeError,
        ImportError,
        AttributeError,
        TypeError,
        KeyError,
    ) as error:
        if model.folder is None and (cause := hub.cut_off(error)):
            raise hub.absent(place, model.revision, cause) from None
        reason = " ".join(str(error).split())[:300]
        if "trust_remote_code" in str(error):  # its hint is an option that nobody has here
            reason = "code of its own, which is never run."
        raise RenderError(
            f"{model.name}: expected a diffusers pipeline with safetensors weights and no code of "
            f"its own, got: {reason}"
        ) from None
    pipe.set_progress_bar_config(disable=True)
    return pipe


def downloaded(model: ModelSource) -> ModelSource:
    """A hub model as the folder that its commit was downloaded to; any other as it is."""
    if model.folder is not None:
        return model
    load(model, torch.float32)
    found = try_to_load_from_cache(str(model.repo), "model_index.json", revision=model.revision)
    return replace(model, folder=Path(str(found)).parent)


def _quiet() -> None:
    """Keeps the libraries' own bars and notes out of ours."""
    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity(logging.CRITICAL)  # what fails is raised, too
        library.utils.logging.disable_progress_bar()


def _load(place: str, options: dict[str, Any]) -> Any:
    try:
        return AutoPipelineForText2Image.from_pretrained(place, **options)
    except ValueError as error:
        if "AutoPipeline" not in str(error):
            raise
        # A pipeline that diffusers has but its automatic table lacks.
        return DiffusionPipeline.from_pretrained(place, **options)


def build_scheduler(spec: dict[str, Any]) -> Any:
    """A fresh scheduler of this class from the model's stored configuration and our flags."""
    cls = getattr(diffusers, spec["class"], None)
    if not (isinstance(cls, type) and issubclass(cls, diffusers.SchedulerMixin)):
        raise RenderError(f"scheduler: expected a class of diffusers, got '{spec['class']}'.")
    try:
        return cls.from_config(spec["config"])
    except (ValueError, NotImplementedError, ImportError) as error:
        raise RenderError(
            f"scheduler: {spec['class']} refused its configuration: {error}"
        ) from None


def take_latents(pipe: Any) -> None:
    """Lets Stable Diffusion's inpainting run a network whose latents have not 4 channels.

    The pipeline reads 4 as "takes latents alone" and 9 as "takes the mask as well", and refuses
    the rest. Nothing else in it depends on the number: it is told 4 of all of the first kind.
    """
    unet, vae = getattr(pipe, "unet", None), pipe.vae.config
    if unet is not None and unet.config.in_channels == getattr(vae, "latent_channels", 4) != 4:
        object.__setattr__(pipe, "unet", _LatentsAlone(unet))


class _LatentsAlone:
    """A network as it is, but for the number of channels that it tells."""

    def __init__(self, unet: Any) -> None:
        self._unet = unet
        self.config = type(unet.config)({**unet.config, "in_channels": 4})

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._unet(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unet, name)
