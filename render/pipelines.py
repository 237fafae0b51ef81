"""From a model's name to a diffusers pipeline, and from a cell to its pixels.

One path for the small models of this repository and for any other diffusers folder or hub model.
Weights are read from safetensors only and no code of a model repository runs.
"""

from __future__ import annotations

import copy
import inspect
import io
import platform
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import diffusers
import numpy as np
import PIL
import torch
import transformers
from diffusers import (
    AutoPipelineForImage2Image,
    AutoPipelineForInpainting,
    AutoPipelineForText2Image,
)
from PIL import Image

from . import kernels, profiles, widths
from .calls import call_arguments, check_guidance_was_limited, prepare
from .capture import Watch
from .counters import Counters
from .engine import Engine
from .errors import RenderError
from .estimate import run_of
from .images import saved_and_opened
from .loading import build_scheduler, load, pick_device, take_latents
from .models import ModelSource
from .pixels import arrived, rounded
from .plan import IMAGES, Cell, Plan
from .variants import DTYPES, adapt, dtype_of, load_controlnet, variant_of

# Rows of a denoiser's batch. Another width changes the last bits, never what a picture shows.
WIDTH = 8


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
        self.profile = profile
        profiles.expect(profile, self.device)
        kernels.settle(self.device)
        self._width, told = widths.chosen(self._place(), width, WIDTH)
        told += widths.doubts(self._place(), self._width) if profile == "graphs" else []
        self.notes = dict.fromkeys(told)  # what its user should know and no picture tells
        self._counters = counters or Counters()
        self._load(self.dtype)
        self._variant = "{}"

    def _load(self, dtype: torch.dtype) -> None:
        self._kinds: dict[str, Any] = {}
        # What is at hand goes before the next comes: two may not fit, and an engine knows models
        # by their address.
        graphs = self.profile == "graphs"
        self.pipe, self.engine = None, Engine(self._width, self._counters, graphs=graphs)
        if self.engine.replays:
            self.engine.replays.refused = self.notes
        self.pipe = load(self.model, dtype).to(self.device)
        profiles.prepare(self.pipe, self.profile)
        self._counters.model_loads += 1

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

        A job is a plan, its cell, and whatever else the caller wants to find in it. Cells that
        differ only in what becomes of the finished latents share one run of the pipeline.
        """
        variants: dict[str, dict[str, list[Any]]] = {}
        for job in jobs:
            runs = variants.setdefault(variant_of(job[1]), {})
            runs.setdefault(run_of(job[1]), []).append(job)
        for variant, runs in sorted(variants.items(), key=lambda v: (v[0] != self._variant, v[0])):
            together = [*runs.values()]
            try:
                self._become(variant, *together[0][0][:2])
            except RenderError as error:
                yield from ((job, error) for jobs in together for job in jobs)
                continue
            models = [m for m in self._components() if isinstance(m, torch.nn.Module)]
            each = partial(_each, finish)
            done = self.engine.run(together, self._pictures, each, models, _evaluations)
            for same, outcome in done:
                outcomes = [outcome] * len(same) if isinstance(outcome, BaseException) else outcome
                yield from zip(same, outcomes, strict=True)

    def _become(self, variant: str, plan: Plan, cell: Cell) -> None:
        """Loads the model anew where cells want other weights than those at hand."""
        if variant == self._variant:
            return
        self._variant = "unknown"  # until it is whole
        dtype = dtype_of(cell, self.dtype)
        self._load(dtype)
        adapt(self.pipe, cell, plan, dtype)
        if "controlnet" in cell.recipe:
            net = load_controlnet(plan.data["controlnet"], dtype).to(self.device)
            self._kinds["controlnet"] = net
        self._variant = variant

    def _components(self) -> list[Any]:
        return [*self.pipe.components.values(), self._kinds.get("controlnet")]

    @torch.no_grad()
    def _pictures(self, jobs: list[tuple[Any, ...]]) -> tuple[Watch, list[Any]]:
        """The pictures of cells that share one run: one, or one for each captured step.

        They are on their way; `_each` waits for them, beside the denoiser.
        """
        plan, cell = jobs[0][:2]
        pipe, arguments = self._prepared(plan, cell)
        wanted = [_captured(job[1]) for job in jobs]
        watch = Watch(pipe, filter(None, wanted))
        if "callback_on_step_end" in inspect.signature(pipe.__call__).parameters:
            arguments["callback_on_step_end"] = watch
        # A crop is pasted back as a picture, which diffusers does with Pillow's alone.
        arguments["output_type"] = "pil" if "padding_mask_crop" in arguments else "pt"
        result = _called(pipe, arguments)
        check_guidance_was_limited(pipe, cell.settings)
        if "hires_scale" in cell.settings:
            watch.judge()
            result = self._second_pass(cell, arrived(_kept(result.images[0])))
        last = _kept(result.images[0])
        return watch, [rounded(watch.picture(pipe, *one)) if one else last for one in wanted]

    def _prepared(self, plan: Plan, cell: Cell) -> tuple[Any, dict[str, Any]]:
        """A cell's own pipeline, scheduler and generator, and the keywords of its call."""
        pipe = copy.copy(self.pipe_for(cell))
        pipe.scheduler = self._scheduler(cell)
        arguments = call_arguments(pipe, cell)
        prepare(pipe, cell, arguments)
        images = {key: cell.settings[key] for key in IMAGES & cell.settings.keys()}
        for key, file in images.items():
            alone = key == "source_image" or "source_image" not in images
            with Image.open(io.BytesIO(plan.source(file))) as picture:
                arguments["image" if alone else key] = picture.convert(
                    "L" if key == "mask_image" else "RGB"
                )
        if "mask_image" in images:
            soft = cell.settings.get("mask_blur", 0)
            arguments["mask_image"] = pipe.mask_processor.blur(arguments["mask_image"], soft)
            take_latents(pipe)
        return pipe, arguments

    def _scheduler(self, cell: Cell) -> Any:
        """A fresh scheduler; of a hub model the recipe holds only what differs from its own."""
        spec, own = cell.recipe["scheduler"], self.pipe.scheduler
        if spec is None:
            return copy.deepcopy(own)
        if self.model.folder is None:
            name = spec["class"] or type(own).__name__
            spec = {"class": name, "config": {**own.config, **spec["config"]}}
        return build_scheduler(spec)

    def _second_pass(self, cell: Cell, first: np.ndarray) -> Any:
        """Hires fix: the finished picture enlarged, and repainted in part from there."""
        scale, settings = cell.settings["hires_scale"], dict(cell.settings)
        image = Image.fromarray(first)
        size = tuple(round(side * scale / 8) * 8 for side in image.size)
        if steps := settings.get("hires_steps"):
            settings["num_inference_steps"] = steps
        settings["strength"] = settings["hires_denoising_strength"]
        again = replace(cell, settings={**settings, "source_image": "the first pass"})
        pipe = copy.copy(self.pipe_for(again))
        pipe.scheduler = self._scheduler(cell)
        arguments = call_arguments(pipe, again)
        arguments["image"] = image.resize(size, Image.Resampling.LANCZOS)
        return _called(pipe, {**arguments, "output_type": "pt"})

    def pipe_for(self, cell: Cell) -> Any:
        """The pipeline that makes a cell: from noise alone, from a picture, around a mask."""
        images = IMAGES & cell.settings.keys()
        kind = (
            AutoPipelineForInpainting
            if "mask_image" in images
            else AutoPipelineForImage2Image
            if "source_image" in images
            else AutoPipelineForText2Image
        )
        control = {"controlnet": self._kinds["controlnet"]} if "control_image" in images else {}
        if kind is AutoPipelineForText2Image and not control:
            return self.pipe
        name = f"{kind.__name__} {sorted(control)}"
        if name not in self._kinds:
            try:
                made = kind.from_pipe(self.pipe, **control)
            except (ValueError, TypeError) as error:
                raise RenderError(f"{self.model.name}: {error}") from None
            made.set_progress_bar_config(disable=True)
            self._kinds[name] = made
        return self._kinds[name]

    def _place(self) -> str:
        name = torch.cuda.get_device_name() if self.device == "cuda" else platform.machine()
        return f"{self.device} ({name})"

    def environment(self) -> dict[str, Any]:
        """What may change the last bits of a picture: recorded with it, no reason to re-render.

        Asked inside `finish` it tells what that picture was made in.
        """
        return {
            "device": self._place(),
            "dtype": str(self.dtype).removeprefix("torch."),
            **self.engine.conditions(),
            **profiles.conditions(self.profile),
            **kernels.told(self.device),
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "diffusers": diffusers.__version__,
            "transformers": transformers.__version__,
            "pillow": PIL.__version__,
        }


def _evaluations(jobs: list[tuple[Any, ...]]) -> int:
    """About how many times a run of the pipeline asks the denoiser."""
    return jobs[0][1].settings.get("num_inference_steps", 0)


def _captured(cell: Cell) -> tuple[str, int] | None:
    """What a cell shows of its run, and after which step; None for the finished picture."""
    step = cell.settings.get("captured_step")
    return None if step is None else (cell.settings.get("captured", "latents"), step)


def _kept(image: Any) -> Any:
    """A pipeline's picture as bytes where it is, or floats of one that is Pillow's."""
    return rounded(image) if isinstance(image, torch.Tensor) else np.asarray(image) / 255


def _each(
    finish: Callable[[Any, Any], Any], jobs: list[Any], made: tuple[Watch, list[Any]]
) -> list[Any]:
    """Finishes the pictures of one run; what one of them cannot be, the others still are."""
    outcomes: list[Any] = []
    watch, pictures = made
    watch.judge()
    for job, picture in zip(jobs, pictures, strict=True):
        try:
            outcomes.append(finish(job, saved_and_opened(arrived(picture), job[1].settings)))
        except Exception as error:
            outcomes.append(error)
    return outcomes


def _called(pipe: Any, arguments: dict[str, Any]) -> Any:
    try:
        return pipe(**arguments)
    except (ValueError, TypeError) as error:
        # Pipelines and schedulers refuse values in their own words; ours add which cell it was.
        raise RenderError(f"{type(pipe).__name__} refused the cell: {error}") from None
