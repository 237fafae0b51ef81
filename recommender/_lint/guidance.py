"""Guidance: off where it is needed, on where it harms, and two numbers with one name."""

from __future__ import annotations

from collections.abc import Iterator

from .case import Case, Guidance, Model, between, guidance, plain
from .finding import Said, note, warning
from .pipelines import EMBEDS_GUIDANCE

# Nine in ten models have published guidance within a factor of 1.8 (the catalogue's own figures).
FAR = 2.0


def _free(model: Model) -> float | None:
    """Returns the highest published guidance of a model that runs without, or None for others.

    Several few-step models are published with a little guidance too, and that is then no fault.
    """
    if model.answer.guidance != "off":
        return None
    return max([1.0, *model.figures("guidance_scale"), *model.figures("true_cfg_scale")])


def _unread(case: Case, model: Model) -> bool:
    """True where the pipeline of diffusers takes the number and the network never sees it."""
    if not case.in_diffusers:
        return False
    if model.pipeline.startswith("QwenImage"):
        return True
    return (
        model.few_step and model.pipeline.startswith(EMBEDS_GUIDANCE) and _free(model) is not None
    )


def guidance_on_guidance_free(case: Case, model: Model) -> Iterator[Said]:
    """Guidance on a model that was distilled to run without.

    Why: Guidance is already inside such weights. A second pass doubles the time of every step and
    pushes the picture past what was learnt: burnt colours, hard edges.

    Fix: Switch guidance off: 1 in most tools, 0 where the pipeline counts from zero.

    Source: the claims of the model in this guide
    """
    most, given = _free(model), guidance(case, model)
    if most is None or _unread(case, model) or not given.on or given.cfg is None:
        return
    if given.cfg > most and case.guidance != "distilled":
        off = "0" if given.from_zero else "1"
        message = f"{plain(given.cfg)} on {model.name}, which is distilled to run without guidance."
        yield warning(given.cfg_id, message, f"Use {off}.", 2.0)


def guidance_missing(case: Case, model: Model) -> Iterator[Said]:
    """No guidance on a model that needs it.

    Why: Without the second pass an ordinary model follows the prompt loosely, and shapes stay
    vague; its authors publish pictures made with guidance only.

    Fix: Use the recommended guidance.

    Source: the claims of the model in this guide
    """
    given, answer = guidance(case, model), model.answer
    if not given.off or model.few_step or case.accelerators or case.odd_adapters:
        return
    if model.data["distillation"] != "none" or answer.guidance not in ("cfg", None):
        return
    own = answer.true_cfg_scale if given.cfg_id == "true_cfg_scale" else answer.guidance_scale
    figures = model.figures(given.cfg_id)
    if own is not None and own > 1 and figures and figures[0] > 1:
        span = between(figures[0], figures[-1])
        message = f"{plain(given.cfg or 0)} is off; {model.name} is published with {span}."
        yield warning(given.cfg_id, message, f"Use {plain(own)}.")


def guidance_too_high(case: Case, model: Model) -> Iterator[Said]:
    """Guidance far above every published figure.

    Why: The more the prompt is pushed, the further colours and contrast leave what was learnt:
    burnt highlights, hard outlines, one look for every seed.

    Fix: Use the recommended guidance.

    Source: the claims of the model in this guide; twice the highest is tolerated
    """
    if _free(model) is not None or case.accelerators or case.odd_adapters:
        return
    given = guidance(case, model)
    pairs = [("guidance_scale", given.embedded), (given.cfg_id, given.cfg)]
    for id, value in pairs:
        span = model.span(id)
        if value is None or span is None or _confused(case, model, given):
            continue
        if value > 1 and span[1] > 1 and value > span[1] * FAR and not _other_formula(model, id):
            own = model.own(id)
            fix = "Use less." if own is None else f"Use {plain(own)}."
            message = f"{plain(value)} where {between(*span)} is published for {model.name}."
            yield warning(id, message, fix)


def _other_formula(model: Model, id: str) -> bool:
    """True where sources speak of the number in two formulas, so that it cannot be compared."""
    claims = model.data["claims"].get(id, ())
    return len({claim.get("convention") for claim in claims if not claim.get("unsourced")}) > 1


def _confused(case: Case, model: Model, given: Guidance) -> bool:
    return case.guidance == "cfg" and model.data["distillation"] == "guidance"


def distilled_guidance_as_cfg(case: Case, model: Model) -> Iterator[Said]:
    """A guidance-distilled model is run with ordinary CFG.

    Why: This model takes its guidance as a number fed to the network. CFG above 1 beside it runs
    every step twice, and guides what is guided already: washed or burnt pictures.

    Fix: Set CFG to 1, and the distilled guidance (FluxGuidance, Distilled CFG Scale) to its figure.

    Source: Comfy-Org/ComfyUI comfy_extras/nodes_flux.py: FluxGuidance; issue 5234

    Source: huggingface/diffusers src/diffusers/pipelines/flux/pipeline_flux.py#L847
    """
    scale = case.number("guidance_scale")
    if not _confused(case, model, guidance(case, model)) or scale is None or scale <= 1:
        return
    if model.pipeline.startswith(("Flux", "Hunyuan")) or model.family in ("flux-1", "flux-2"):
        own = model.answer.guidance_scale
        figure = f" and distilled guidance to {plain(own)}" if own else ""
        message = f"CFG {plain(scale)} on {model.name}, whose guidance is an input of the network."
        yield warning("guidance_scale", message, f"Set CFG to 1{figure}.", 2.0)


def true_cfg_beside_distilled(case: Case, model: Model) -> Iterator[Said]:
    """True CFG runs beside distilled guidance.

    Why: It brings the negative prompt back, at the price of a second pass: twice the time a step.

    Fix: Set true CFG to 1 unless the negative prompt is worth the time.

    Source: huggingface/diffusers src/diffusers/pipelines/flux/pipeline_flux.py: do_true_cfg
    """
    true = case.number("true_cfg_scale")
    runs = case.has_negative() or not case.in_diffusers
    if model.data["distillation"] == "guidance" and true is not None and true > 1 and runs:
        message = f"{plain(true)} runs {model.name} twice a step."
        yield note("true_cfg_scale", message, "Set it to 1 for half the time.", 2.0)


def true_cfg_without_negative(case: Case, model: Model) -> Iterator[Said]:
    """True CFG without a negative prompt stays off, in diffusers.

    Why: These pipelines run the second pass only where a negative prompt is given; Qwen-Image says
    so in a line of the log, FLUX says nothing. A blank one is enough.

    Fix: Pass negative_prompt=" ".

    Source: huggingface/diffusers src/diffusers/pipelines/qwenimage/pipeline_qwenimage.py#L555

    Source: huggingface/diffusers src/diffusers/pipelines/flux/pipeline_flux.py#L771
    """
    true = case.number("true_cfg_scale")
    if not case.in_diffusers or true is None or true <= 1 or "negative_prompt" in case.settings:
        return
    # Settings alone, without a prompt, are no call yet: the negative prompt may come with it.
    if case.prompt and model.pipeline.startswith(("QwenImage", "Flux")):
        message = f"{plain(true)} stays off, as no negative prompt is given."
        yield warning("true_cfg_scale", message, 'Pass a negative prompt, " " at least.')


def guidance_not_read(case: Case, model: Model) -> Iterator[Said]:
    """A guidance scale that the pipeline takes and the network never sees, in diffusers.

    Why: FLUX schnell and klein have no input for guidance, and Qwen-Image is guided by
    true_cfg_scale; the number is dropped, at most with a line in the log.

    Fix: Leave guidance_scale out; for Qwen-Image set true_cfg_scale.

    Source: huggingface/diffusers src/diffusers/pipelines/flux/pipeline_flux.py#L847

    Source: huggingface/diffusers src/diffusers/pipelines/qwenimage/pipeline_qwenimage.py#L623
    """
    scale = case.number("guidance_scale")
    if scale is not None and scale > 1 and _unread(case, model):
        qwen = model.pipeline.startswith("QwenImage")
        fix = "Set true_cfg_scale instead." if qwen else "Leave it out."
        message = f"{plain(scale)} has no effect on {model.name}."
        yield note("guidance_scale", message, fix)


def rescale_without_guidance(case: Case) -> Iterator[Said]:
    """Guidance rescale with guidance off.

    Why: It mends the contrast that guidance adds, and is computed only where guidance runs.

    Fix: Leave guidance_rescale out, or switch guidance on.

    Source: huggingface/diffusers src/diffusers/pipelines/stable_diffusion_xl
    /pipeline_stable_diffusion_xl.py: do_classifier_free_guidance and guidance_rescale > 0.0
    """
    rescale = case.number("guidance_rescale")
    if rescale and guidance(case, None).off:
        message = f"{plain(rescale)} has no effect while guidance is off."
        yield note("guidance_rescale", message, "Leave it out.")


def guidance_ramp_reversed(case: Case) -> Iterator[Said]:
    """The lowest guidance of a video is above its highest.

    Why: Stable Video Diffusion raises guidance from the first frame to the last; the wrong way
    round, the frame that is given is the one pushed hardest.

    Fix: Swap the two.

    Source: huggingface/diffusers src/diffusers/pipelines/stable_video_diffusion
    /pipeline_stable_video_diffusion.py#L395
    """
    low, high = case.number("min_guidance_scale"), case.number("max_guidance_scale")
    if low is not None and high is not None and low > high:
        message = f"{plain(low)} is above max_guidance_scale {plain(high)}."
        yield warning("min_guidance_scale", message, "Swap the two.")


def image_guidance_below_one(case: Case) -> Iterator[Said]:
    """Image guidance below 1 switches all guidance off, in diffusers.

    Why: InstructPix2Pix runs its three passes only where guidance_scale is above 1 and
    image_guidance_scale is 1 or more.

    Fix: Use 1.5, the authors' figure.

    Source: huggingface/diffusers src/diffusers/pipelines/stable_diffusion
    /pipeline_stable_diffusion_instruct_pix2pix.py#L920
    """
    scale = case.number("image_guidance_scale")
    if scale is not None and 0 <= scale < 1 and case.in_diffusers:
        message = f"{plain(scale)} switches the prompt's guidance off too."
        yield warning("image_guidance_scale", message, "Use 1.5.")


RULES = (rescale_without_guidance, guidance_ramp_reversed, image_guidance_below_one)
OF_MODEL = (
    guidance_on_guidance_free, guidance_missing, guidance_too_high, distilled_guidance_as_cfg,
    true_cfg_beside_distilled, true_cfg_without_negative, guidance_not_read,
)  # fmt: skip
