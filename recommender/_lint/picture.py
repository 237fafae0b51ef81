"""Starting from a picture: strengths that do nothing or everything, and second passes."""

from __future__ import annotations

from collections.abc import Iterator

from .._metadata.values import number
from .case import Case, Model, plain
from .finding import Said, error, note, warning

# Pipelines that round the number of steps up, so that one is always left.
_ROUNDS_UP = ("Flux", "StableDiffusion3", "QwenImage", "Chroma", "ZImage", "Bria", "SanaSprint")
# Below this, what a latent upscaler blurs is not drawn again (AUTOMATIC1111 issues 6357, 14706).
_LATENT_LEAST = 0.5
_NEW_PICTURE = 0.85


def strength_leaves_no_step(case: Case, model: Model) -> Iterator[Said]:
    """Strength times steps is less than one step, in diffusers.

    Why: The pipelines of Stable Diffusion's line run int(steps * strength) steps. At none they
    fail, or hand the picture back as it was.

    Fix: Raise the steps or the strength until the product is 1 or more.

    Source: huggingface/diffusers src/diffusers/pipelines/stable_diffusion
    /pipeline_stable_diffusion_img2img.py#L726; issue 1867
    """
    strength, steps = case.number("strength"), case.whole("num_inference_steps")
    if strength is None or not steps or not 0 < strength <= 1 or not case.in_diffusers:
        return
    if int(steps * strength) < 1 and not model.pipeline.startswith(_ROUNDS_UP):
        least = int(1 / strength) + (1 / strength % 1 > 0)
        message = f"{plain(strength)} of {steps} steps is less than one step."
        yield error("strength", message, f"Use {least} steps or more.")


def strength_zero(case: Case) -> Iterator[Said]:
    """Strength 0 changes nothing.

    Why: No noise is added and no step is run: the picture comes back as it was, less what the VAE
    loses; diffusers fails for want of a step.

    Fix: Use 0.2 to 0.4 for small changes.

    Source: huggingface/diffusers src/diffusers/pipelines/stable_diffusion
    /pipeline_stable_diffusion_img2img.py#L726
    """
    if case.number("strength") == 0:
        yield warning("strength", "0 leaves the picture as it is.", "Use 0.2 for small changes.")


def strength_one(case: Case) -> Iterator[Said]:
    """Strength 1 ignores the picture.

    Why: The schedule then starts from full noise, and of the picture hardly more than the size is
    left. For inpainting that may be what is wanted.

    Fix: Use 0.6 to 0.8 to keep something of the picture.

    Source: huggingface/diffusers src/diffusers/pipelines/stable_diffusion
    /pipeline_stable_diffusion_inpaint.py: is_strength_max
    """
    if case.number("strength") == 1:
        message = "1 starts from full noise; the picture hardly counts."
        yield note("strength", message, "Use 0.75 to keep part of it.")


def hires_strength_too_weak(case: Case) -> Iterator[Said]:
    """A latent upscaler with a weak second pass.

    Why: Enlarging latents blurs them. Below a strength of about 0.5 the second pass does not draw
    them anew, and grids or blur stay.

    Fix: Raise the strength to 0.5 or more, or use an upscaler that works on pixels.

    Source: AUTOMATIC1111/stable-diffusion-webui issues 6357 and 14706
    """
    strength = case.number("hires_denoising_strength")
    latent = case.text("hires_upscaler").lower().startswith("latent")
    if latent and strength is not None and 0 <= strength < _LATENT_LEAST:
        message = f"{plain(strength)} is too weak for a latent upscaler; blur and grids stay."
        fix = "Use 0.5 or more, or a pixel upscaler."
        yield warning("hires_denoising_strength", message, fix)


def hires_draws_anew(case: Case) -> Iterator[Said]:
    """A second pass so strong that it draws another picture.

    Why: From about 0.85 on the second pass starts near full noise, at a size the model was not
    trained on: the composition goes, and subjects repeat.

    Fix: Use 0.3 to 0.5 with a pixel upscaler, 0.5 to 0.6 with a latent one.

    Source: AUTOMATIC1111/stable-diffusion-webui modules/ui.py#L318 (0.7 by default)
    """
    strength = case.number("hires_denoising_strength")
    if strength is not None and _NEW_PICTURE <= strength <= 1:
        message = f"{plain(strength)} draws a new picture at the larger size."
        yield warning("hires_denoising_strength", message, "Use 0.3 to 0.5.")


def hires_without_a_pass(case: Case) -> Iterator[Said]:
    """A second pass of strength 0.

    Why: The picture is only enlarged; no step of the model is run on it.

    Fix: Use 0.3 or more, or enlarge without the model.

    Source: AUTOMATIC1111/stable-diffusion-webui modules/processing.py: sample_hr_pass
    """
    if case.number("hires_denoising_strength") == 0:
        message = "0 only enlarges; the model draws nothing."
        yield note("hires_denoising_strength", message, "Use 0.3 or more.")


def refiner_split_reversed(case: Case) -> Iterator[Said]:
    """The refiner starts behind the point where its own part ends.

    Why: diffusers raises where denoising_start is at or above denoising_end.

    Fix: Let denoising_start be the smaller one.

    Source: huggingface/diffusers src/diffusers/pipelines/stable_diffusion_xl
    /pipeline_stable_diffusion_xl_img2img.py#L1360
    """
    start, end = case.number("denoising_start"), case.number("denoising_end")
    if start is not None and end is not None and start >= end and case.in_diffusers:
        message = f"{plain(start)} is not below denoising_end {plain(end)}."
        yield error("denoising_start", message, "Let denoising_start be the smaller one.")


def refiner_split_unused(case: Case) -> Iterator[Said]:
    """A split between base and refiner at an end of the schedule.

    Why: A share of 0 or 1 leaves all steps to one of the two models: diffusers then takes no split
    at all, and both draw a whole picture.

    Fix: Split at 0.8, as the SDXL documentation does.

    Source: huggingface/diffusers src/diffusers/pipelines/stable_diffusion_xl
    /pipeline_stable_diffusion_xl.py#L1173-L1176

    Source: huggingface/diffusers
    docs/source/en/api/pipelines/stable_diffusion/stable_diffusion_xl.md#L186
    """
    switch = number(case.other.get("Refiner switch at"))
    pairs = [("denoising_end", case.number("denoising_end")), ("refiner switch", switch)]
    for id, value in pairs:
        if value in (0, 1):
            message = f"{plain(value or 0)} gives one of the two models no step."
            yield warning(id, message, "Split at 0.8.")


def strength_with_a_split(case: Case) -> Iterator[Said]:
    """Strength beside denoising_start, in diffusers.

    Why: Where denoising_start says how much noise is left, strength is not read.

    Fix: Leave strength out.

    Source: huggingface/diffusers src/diffusers/pipelines/stable_diffusion_xl
    /pipeline_stable_diffusion_xl_img2img.py#L651-L667
    """
    start = case.number("denoising_start")
    if start is not None and 0 < start < 1 and "strength" in case.settings and case.in_diffusers:
        message = "is not read beside denoising_start."
        yield note("strength", message, "Leave it out.")


RULES = (
    strength_zero, strength_one, hires_strength_too_weak, hires_draws_anew, hires_without_a_pass,
    refiner_split_reversed, refiner_split_unused, strength_with_a_split,
)  # fmt: skip
OF_MODEL = (strength_leaves_no_step,)
