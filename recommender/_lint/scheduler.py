"""The sampler and its schedule: what a model's family cannot use, and flags nobody reads."""

from __future__ import annotations

from collections.abc import Iterator

from .._metadata.values import shown
from .case import Case, Model, between, plain
from .finding import Said, error, note, warning
from .pipelines import NEVER_FLOW, ONLY_FLOW, READS_ETA, READS_KARRAS

_NOISE = ("epsilon", "v_prediction", "sample")
_WARPED = ("karras", "exponential", "polyexponential")
# What tools and configs write for each kind of prediction.
_PREDICTIONS = {
    "eps": "epsilon", "epsilon": "epsilon", "v_prediction": "v_prediction", "v": "v_prediction",
    "vprediction": "v_prediction", "sample": "sample", "x0": "sample", "flow": "flow",
    "flow_prediction": "flow",
}  # fmt: skip
# Published shifts for one model differ by 2.5 at the median (the catalogue's own high / low).
_SHIFT_FAR = 3.0


def scheduler_not_for_flow(case: Case, model: Model) -> Iterator[Said]:
    """A scheduler for noise prediction on a flow-matching model, in diffusers.

    Why: A flow model answers with a velocity between picture and noise. These classes know neither
    that answer nor its noise levels, and what comes out is noise or an error.

    Fix: Use the model's own scheduler.

    Source: huggingface/diffusers src/diffusers/schedulers: no use_flow_sigmas in these classes

    Source: huggingface/diffusers issues 11907, 9971, 9924
    """
    if model.prediction != "flow" or not case.in_diffusers or not case.classes:
        return
    if case.classes <= NEVER_FLOW and case.settings.get("use_flow_sigmas") is not True:
        own = model.answer.scheduler or "FlowMatchEulerDiscreteScheduler"
        message = f"{min(case.classes)} cannot sample {model.name}, which is a flow model."
        yield error("scheduler", message, f"Use {own}.")


def flow_scheduler_on_noise_model(case: Case, model: Model) -> Iterator[Said]:
    """A flow-matching scheduler on a model that predicts noise.

    Why: Its noise levels run from 1 to 0 and it takes the network's answer for a velocity; a model
    that predicts noise or v gets the wrong levels and gives the wrong answer.

    Fix: Use the model's own scheduler.

    Source: huggingface/diffusers
    src/diffusers/schedulers/scheduling_flow_match_euler_discrete.py
    """
    if model.prediction not in _NOISE or not case.in_diffusers or not case.classes:
        return
    if case.classes <= ONLY_FLOW:
        own = model.answer.scheduler or "EulerDiscreteScheduler"
        message = f"{min(case.classes)} is for flow models; {model.name} predicts noise."
        yield error("scheduler", message, f"Use {own}.")


def karras_on_flow(case: Case, model: Model) -> Iterator[Said]:
    """A Karras or exponential schedule on a flow-matching model.

    Why: These grids are made from the first and the last noise level alone. The model's shift is
    lost, and at shift 3 half of the Karras steps lie below a noise level of 0.1, where the model's
    own grid puts 4 % of them.

    Fix: Use the simple, normal, beta or sgm_uniform schedule.

    Source: Comfy-Org/ComfyUI comfy/k_diffusion/sampling.py: get_sigmas_karras; the share computed
    with rho 7 between 1 and 0.003
    """
    if model.prediction == "flow" and case.schedule in _WARPED:
        message = f"a {case.schedule} schedule drops the shift {model.name} was trained with."
        yield warning("schedule_type", message, "Use 'simple', or leave the flag out.")


def lcm_sampler_without_lcm(case: Case, model: Model) -> Iterator[Said]:
    """The LCM sampler on a model that was not distilled for it.

    Why: LCM jumps to a finished picture at every step and adds noise again. Only a network trained
    to make that jump lands on a sharp picture; another gives a smooth, washed-out one.

    Fix: Add an LCM LoRA, use a distilled model, or choose another sampler.

    Source: huggingface/diffusers src/diffusers/schedulers/scheduling_lcm.py; arXiv 2310.04378
    """
    names = {one.get("class") for one in case.samplers}
    if names != {"LCMScheduler"} or model.few_step or model.prediction == "flow":
        return
    if not case.accelerators and not case.odd_adapters:
        message = f"the LCM sampler needs weights distilled for it; {model.name} has none."
        fix = f"Use {model.answer.scheduler}." if model.answer.scheduler else "Use another sampler."
        yield warning("scheduler", message, fix)


def schedule_not_trailing(case: Case, model: Model) -> Iterator[Said]:
    """A warped schedule on a few-step model whose authors ask for trailing timesteps.

    Why: The student was trained at a handful of evenly spaced timesteps that begin at the noisiest.
    A Karras or exponential grid visits others, and the few steps do not meet.

    Fix: Use sgm_uniform or simple, in diffusers timestep_spacing='trailing'.

    Source: the scheduler claims of the model in this guide
    """
    about = model.data["claims"]
    claims = (*about.get("scheduler", ()), *about.get("timestep_spacing", ()))
    said = " ".join(f"{claim.get('value')} {claim.get('note', '')}" for claim in claims).lower()
    if model.few_step and "trailing" in said and "karras" not in said and case.schedule in _WARPED:
        message = f"{model.name} was distilled on trailing timesteps, not a {case.schedule} grid."
        yield warning("schedule_type", message, "Use 'sgm_uniform' or trailing spacing.")


def wrong_prediction_type(case: Case, model: Model) -> Iterator[Said]:
    """The scheduler is told to expect another kind of answer than the model gives.

    Why: Noise read as v, or v read as noise, gives a picture of noise or of burnt colours.

    Fix: Set prediction_type to what the model was trained for.

    Source: huggingface/diffusers src/diffusers/schedulers/scheduling_ddim.py: prediction_type
    """
    said = _PREDICTIONS.get(case.text("prediction_type").strip().lower())
    own = model.prediction
    if said is not None and own in _PREDICTIONS.values() and said != own:
        message = f"'{said}' where {model.name} predicts '{own}'."
        yield error("prediction_type", message, f"Set prediction_type to '{own}'.")


def shift_without_flow(case: Case, model: Model) -> Iterator[Said]:
    """A shift on a model that is no flow model.

    Why: The shift moves the noise levels of flow models. Schedulers for noise prediction have no
    such setting, and a node that sets it turns the model into what it is not.

    Fix: Leave the shift out.

    Source: Comfy-Org/ComfyUI comfy_extras/nodes_model_advanced.py: ModelSamplingSD3
    """
    shift = case.number("shift")
    if shift is not None and shift != 1 and model.prediction in _NOISE:
        message = f"{plain(shift)} on {model.name}, which predicts noise and has no shift."
        yield warning("shift", message, "Leave the shift out.")


def shift_far_off(case: Case, model: Model) -> Iterator[Said]:
    """A shift far from every published one for this model.

    Why: The shift says how many of the steps go to composition and how many to detail. Far too
    high leaves texture unfinished, far too low loses the composition.

    Fix: Use the published shift.

    Source: the claims of the model in this guide; three times more or less is tolerated
    """
    shift, span = case.number("shift"), model.span("shift")
    if shift is None or shift <= 0 or span is None or model.prediction not in ("flow", None):
        return
    if case.accelerators or case.odd_adapters or span[0] <= 0:
        return
    if not span[0] / _SHIFT_FAR <= shift <= span[1] * _SHIFT_FAR:
        own = model.own("shift")
        fix = "Leave it to the model." if own is None else f"Use {plain(own)}."
        message = f"{plain(shift)} where {between(*span)} is published for {model.name}."
        yield warning("shift", message, fix)


def eta_not_read(case: Case) -> Iterator[Said]:
    """Eta with a scheduler that does not read it, in diffusers.

    Why: A pipeline hands eta only to schedulers whose step takes it: DDIM, TCD and CogVideoX's own.
    With all others it changes nothing.

    Fix: Use DDIM or TCD, or leave eta out.

    Source: huggingface/diffusers src/diffusers/pipelines/stable_diffusion
    /pipeline_stable_diffusion.py: prepare_extra_step_kwargs
    """
    eta = case.number("eta")
    if eta and case.in_diffusers and case.classes and not case.classes & READS_ETA:
        message = f"{plain(eta)} has no effect: {min(case.classes)} does not read it."
        yield note("eta", message, "Use DDIMScheduler, or leave eta out.")


def karras_flag_not_read(case: Case) -> Iterator[Said]:
    """A Karras flag for a class that has none, in diffusers.

    Why: EulerAncestral, DDIM, PNDM and others have no use_karras_sigmas. from_config drops a flag
    a class does not know, and the plain schedule runs.

    Fix: Use a class that reads the flag, such as DPMSolverMultistepScheduler.

    Source: the signatures of huggingface/diffusers src/diffusers/schedulers, 0.42.1
    """
    flags = ("use_karras_sigmas", "use_exponential_sigmas")
    flag = next((name for name in flags if case.settings.get(name) is True), None)
    if flag and case.in_diffusers and case.classes and not case.classes & READS_KARRAS:
        message = f"{min(case.classes)} has no such flag, so its plain schedule runs."
        yield warning(flag, message, "Use DPMSolverMultistepScheduler, or drop the flag.")


def unknown_spacing(case: Case) -> Iterator[Said]:
    """A timestep spacing that is none of the three.

    Why: Schedulers of diffusers know linspace, leading and trailing, and raise for all else.

    Fix: Use one of the three.

    Source: huggingface/diffusers src/diffusers/schedulers/scheduling_euler_discrete.py
    """
    spacing = case.text("timestep_spacing")
    if spacing and spacing not in ("linspace", "leading", "trailing"):
        message = f"expected linspace, leading or trailing, got '{shown(spacing)}'."
        yield error("timestep_spacing", message, "Use 'trailing' for few steps.")


RULES = (eta_not_read, karras_flag_not_read, unknown_spacing)
OF_MODEL = (
    scheduler_not_for_flow, flow_scheduler_on_noise_model, karras_on_flow, lcm_sampler_without_lcm,
    schedule_not_trailing, wrong_prediction_type, shift_without_flow, shift_far_off,
)  # fmt: skip
