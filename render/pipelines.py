"""From a model's name to a diffusers pipeline, and from a cell to its pixels.

One path for the small models of this repository and for any other diffusers folder or hub model.
Weights are read from safetensors only and no code of a model repository runs.
"""

from __future__ import annotations

import copy
import inspect
import os
import platform
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import diffusers
import numpy as np
import PIL
import torch
import transformers
from diffusers import AutoPipelineForImage2Image, AutoPipelineForText2Image, DiffusionPipeline
from huggingface_hub import try_to_load_from_cache
from PIL import Image

from . import profiles
from .counters import Counters
from .engine import Engine
from .errors import BadPicture, RenderError
from .images import to_uint8
from .models import ModelSource
from .plan import Cell, Plan

# Rows of a denoiser's batch. Another width changes the last bits, never what a picture shows.
WIDTH = 8
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


class Studio:
    """A model loaded on a device, ready to make cells."""

    def __init__(
        self,
        model: ModelSource,
        device: str = "auto",
        dtype: str = "auto",
        *,
        width: int | None = None,
        counters: Counters | None = None,
        profile: str = "exact",
    ) -> None:
        self.device = pick_device(device)
        self.dtype = (
            DTYPES["float32" if self.device == "cpu" else "bfloat16"]
            if dtype == "auto"
            else DTYPES[dtype]
        )
        self.model = model
        self.pipe = load(model, self.dtype).to(self.device)
        self.profile = profile
        profiles.prepare(self.pipe, profile)
        self.engine = Engine(WIDTH if width is None else width, counters)
        self.engine.counters.model_loads += 1
        self._image_to_image: Any = None

    def make(self, cell: Cell, plan: Plan) -> np.ndarray:
        """Renders one cell: uint8 [height, width, 3]. BadPicture if it must not be kept."""
        [(_, outcome)] = self.make_all([(plan, cell)])
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def make_all(
        self,
        jobs: Iterable[tuple[Any, ...]],
        finish: Callable[[Any, np.ndarray], Any] = lambda job, pixels: pixels,
    ) -> Iterator[tuple[Any, Any]]:
        """Yields (job, finish(job, picture) or the exception) as cells are finished.

        A job is a plan, its cell, and whatever else the caller wants to find in it.
        """
        models = [m for m in self.pipe.components.values() if isinstance(m, torch.nn.Module)]
        return self.engine.run(jobs, self._picture, finish, models)

    def _picture(self, job: tuple[Any, ...]) -> np.ndarray:
        """Calls the pipeline with a scheduler and a generator that are this cell's own."""
        plan, cell = job[:2]
        pipe = copy.copy(self.pipe_for(cell))
        spec = cell.recipe["scheduler"]
        pipe.scheduler = build_scheduler(spec) if spec else copy.deepcopy(pipe.scheduler)
        arguments = call_arguments(pipe, cell)
        if "source_image" in cell.settings:
            with Image.open(plan.folder / cell.settings["source_image"]) as source:
                arguments["image"] = source.convert("RGB")
        watch = _LatentsWatch()
        if "callback_on_step_end" in inspect.signature(pipe.__call__).parameters:
            arguments["callback_on_step_end"] = watch
        try:
            result = pipe(**arguments, output_type="np")
        except (ValueError, TypeError) as error:
            # Pipelines and schedulers refuse values in their own words; ours add which cell it was.
            raise RenderError(f"{type(pipe).__name__} refused the cell: {error}") from None
        watch.judge()
        return to_uint8(result.images[0])

    def pipe_for(self, cell: Cell) -> Any:
        """The pipeline that makes a cell: from noise alone, or from its source image."""
        if "source_image" not in cell.settings:
            return self.pipe
        if self._image_to_image is None:
            self._image_to_image = AutoPipelineForImage2Image.from_pipe(self.pipe)
            self._image_to_image.set_progress_bar_config(disable=True)
        return self._image_to_image

    def environment(self) -> dict[str, Any]:
        """What may change the last bits of a picture: recorded with it, no reason to re-render.

        Asked inside `finish` it tells what that picture was made in.
        """
        name = torch.cuda.get_device_name() if self.device == "cuda" else platform.machine()
        return {
            "device": f"{self.device} ({name})",
            "dtype": str(self.dtype).removeprefix("torch."),
            **self.engine.conditions(),
            **profiles.conditions(self.profile),
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "diffusers": diffusers.__version__,
            "transformers": transformers.__version__,
            "pillow": PIL.__version__,
        }


class _LatentsWatch:
    """Remembers the last latents a pipeline shows, to tell NaN before the decoder hides it."""

    def __init__(self) -> None:
        self.finite = True

    def __call__(self, pipe: Any, step: int, timestep: Any, kept: dict[str, Any]) -> dict[str, Any]:
        latents = kept.get("latents")
        if latents is not None:
            self.finite = bool(torch.isfinite(latents).all())
        return kept

    def judge(self) -> None:
        if not self.finite:
            raise BadPicture("the final latents hold NaN or infinite values")


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
        "local_files_only": model.folder is not None or _offline(),
    }
    if model.revision:
        options["revision"] = model.revision
    if model.repo and _offline():
        _expect_downloaded(model)
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
        reason = " ".join(str(error).split())[:300]
        raise RenderError(
            f"{model.name}: expected a diffusers pipeline with safetensors weights and no code of "
            f"its own, got: {reason}"
        ) from None
    pipe.set_progress_bar_config(disable=True)
    return pipe


def _offline() -> bool:
    """What `--offline` sets, and the hub's own library reads."""
    return os.environ.get("HF_HUB_OFFLINE") == "1"


def _expect_downloaded(model: ModelSource) -> None:
    if not isinstance(
        try_to_load_from_cache(str(model.repo), "model_index.json", revision=model.revision), str
    ):
        raise RenderError(
            f"{model.repo}: expected its files on this machine, found none. Download them with: "
            f"hf download {model.repo} --revision {model.revision}"
        )


def _quiet() -> None:
    """Keeps the libraries' own bars and notes out of ours."""
    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
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


def call_arguments(pipe: Any, cell: Cell) -> dict[str, Any]:
    """The keywords of the pipeline's call. A setting it does not take is an error, not a shrug."""
    taken = inspect.signature(pipe.__call__).parameters
    seed = cell.settings.get("seed", 0)
    arguments: dict[str, Any] = {"generator": torch.Generator("cpu").manual_seed(seed)}
    for key, value in cell.settings.items():
        if key in ("model", "scheduler", "seed", "source_image"):
            continue
        if key in taken:
            arguments[key] = value
        elif key == "negative_prompt" and not value:
            continue  # nothing to say, and this pipeline does not listen
        elif key in ("width", "height") and "source_image" in cell.settings:
            continue  # the source's own size
        else:
            raise RenderError(f"{type(pipe).__name__} takes no {key}. Leave it out of the plan.")
    return arguments
