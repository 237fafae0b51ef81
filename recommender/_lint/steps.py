"""How many steps: too many, too few, and counts that do not mean what they say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from .._samplers import TRAINED, one_step_from_zero, overruns, spacings
from .case import Case, Model, between, plain, times
from .finding import Said, error, note, warning
from .pipelines import LEADING_BY_DEFAULT, REFUSES_OVER_TRAINING

# Published figures for one model differ by a factor of 2 at the median (the catalogue's own
# high / low), and two tools agree within a factor of 1.4. Half as much again as the highest figure
# anybody publishes is therefore no longer a matter of taste; nor is a third less than the lowest.
FAR = 1.5
_FORMULA = re.compile(r"(\d*)N([+-]\d+)?")


def effective(case: Case, steps: int) -> float:
    """Returns the steps that cost time: where a picture is given, a share of them in most tools.

    ComfyUI and SD.Next stretch the schedule instead, and run as many as were asked for.
    """
    strength = case.number("strength")
    if strength is None or not 0 <= strength <= 1 or case.tool in ("ComfyUI", "SD.Next"):
        return float(steps)
    return steps * strength


def steps_above_range(case: Case, model: Model) -> Iterator[Said]:
    """Far more steps than anybody publishes for this model.

    Why: Time grows with every step, and beyond the published range nobody reports a gain; a model
    distilled to few steps even loses contrast and detail.

    Fix: Use the recommended number of steps.

    Source: the claims of the model in this guide; half as much again as the highest is tolerated
    """
    steps, span = case.whole("num_inference_steps"), model.steps()
    if steps is None or span is None or case.accelerators or _ignores_steps(case):
        return
    run = effective(case, steps)
    if run > span[1] * FAR:
        factor = run / span[1]
        message = (
            f"{count(run)} where {between(*span)} are published for {model.name}: "
            f"{times(factor)} times the work."
        )
        fix = f"Use {model.answer.steps}."
        yield _said(model, run)("num_inference_steps", message, fix, factor)


def steps_below_range(case: Case, model: Model) -> Iterator[Said]:
    """Far fewer steps than anybody publishes for this model.

    Why: Each step then crosses more noise than the solver can follow: shapes stay soft and noise
    is left over. Only models distilled for it make a picture in a few steps.

    Fix: Use the recommended number of steps, or a distilled version of the model.

    Source: the claims of the model in this guide; two thirds of the lowest is tolerated
    """
    steps, span = case.whole("num_inference_steps"), model.steps()
    if steps is None or span is None or steps < 1 or case.accelerators or case.odd_adapters:
        return
    if steps < span[0] / FAR and not _ignores_steps(case):
        message = f"{count(steps)} where {between(*span)} are published for {model.name}."
        yield _said(model, steps)("num_inference_steps", message, f"Use {model.answer.steps}.")


def _said(model: Model, steps: float) -> Callable[..., Said]:
    """Returns how loud to be: what a tool ships for this very model is not called wrong."""
    figures = model.figures("num_inference_steps")
    return note if figures and figures[0] <= steps <= figures[-1] else warning


def count(steps: float) -> str:
    """Returns '1 step' or '20 steps'."""
    return "1 step" if steps == 1 else f"{plain(steps)} steps"


def _ignores_steps(case: Case) -> bool:
    name = case.text("scheduler").lower().replace("-", " ").replace("_", " ")
    return "dpm adaptive" in name


def steps_ignored(case: Case) -> Iterator[Said]:
    """DPM adaptive does not read the number of steps.

    Why: It chooses its own step sizes from an error tolerance, however many steps are asked for.

    Fix: Choose another sampler where the number of steps, and so the time, shall count.

    Source: Comfy-Org/ComfyUI comfy/k_diffusion/sampling.py#L625 at
    a125cd84b054a57729b5eecab930ca9408719832

    Source: AUTOMATIC1111/stable-diffusion-webui issue 2000
    """
    steps = case.whole("num_inference_steps")
    if steps is not None and _ignores_steps(case):
        message = f"DPM adaptive does not read it: {steps} has no effect."
        yield note("num_inference_steps", message, "Choose another sampler to set the steps.")


def two_calls_a_step(case: Case) -> Iterator[Said]:
    """This sampler calls the network more than once a step.

    Why: Heun, DPM2, DPM++ SDE and their like evaluate the network twice for nearly every step, so
    the same number of steps takes twice as long as with Euler or DPM++ 2M.

    Fix: Halve the steps when coming from a sampler with one call a step.

    Source: calls counted by running the classes of huggingface/diffusers at
    58eb52c0803ea9af3abec60841c2a093bdf1f951
    """
    steps = case.whole("num_inference_steps")
    calls = {_calls(str(one.get("calls_per_step")), steps or 0) for one in case.samplers}
    if not steps or steps < 2 or len(calls) != 1:
        return
    count = calls.pop()
    if count is not None and count > steps + 1:
        name = case.samplers[0]["name"]
        message = f"{steps} steps of {name} are {count} calls of the network."
        fix = f"Half the steps cost what {steps} do with a sampler of one call."
        yield note("scheduler", message, fix, count / steps)


def _calls(formula: str, steps: int) -> int | None:
    found = _FORMULA.fullmatch(formula)
    return int(found[1] or 1) * steps + int(found[2] or 0) if found else None


def trailing_extra_step(case: Case) -> Iterator[Said]:
    """With trailing spacing, this number of steps makes one step too many in diffusers.

    Why: The grid is counted down in floating point, and at 61, 103, 121 and 59 other counts up to
    1000 it overshoots to timestep -1. One call is wasted; DDIM then reads the noise level at index
    -1, which is the noisiest of all, and ruins the picture.

    Fix: Use one step more or fewer.

    Source: huggingface/diffusers src/diffusers/schedulers/scheduling_ddim.py#L375, tried with
    version 0.42.1
    """
    steps = case.whole("num_inference_steps")
    if not steps or not 0 < steps <= TRAINED or not case.in_diffusers:
        return
    spaced = any(spacings(case.known, name) for name in case.classes)
    if spaced and case.text("timestep_spacing") == "trailing" and overruns(steps):
        message = f"{steps} steps with trailing spacing make {steps + 1}, the last at timestep -1."
        fix = f"Use {steps - 1} or {steps + 1} steps."
        if "DDIMScheduler" in case.classes:
            yield error("num_inference_steps", message, fix)
        else:
            yield warning("num_inference_steps", message, fix)


def one_step_at_the_end(case: Case) -> Iterator[Said]:
    """One step with leading or linspace spacing runs at timestep 0.

    Why: The single point of these grids is the end of the schedule, where no noise is expected, so
    pure noise goes in and pure noise comes out.

    Fix: Set timestep_spacing to trailing, which starts at the noisiest timestep.

    Source: set_timesteps(1) of each class of huggingface/diffusers 0.42.1, tried
    """
    if case.whole("num_inference_steps") != 1 or not case.in_diffusers or not case.classes:
        return
    usual = "leading" if case.classes <= LEADING_BY_DEFAULT else ""
    spacing = case.text("timestep_spacing") or usual
    ours = [spacings(case.known, name) for name in case.classes]
    if all(spacing in found and one_step_from_zero(found, spacing) for found in ours):
        message = f"one step with {spacing} spacing runs at timestep 0, on pure noise."
        yield error("num_inference_steps", message, "Set timestep_spacing to 'trailing'.")


def pndm_needs_four(case: Case) -> Iterator[Said]:
    """PNDM with its Runge-Kutta start needs four steps.

    Why: skip_prk_steps=False, the default of the class, begins with a four-point start and raises
    for fewer steps.

    Fix: Set skip_prk_steps to true, or use four steps or more.

    Source: huggingface/diffusers src/diffusers/schedulers/scheduling_pndm.py, tried with 0.42.1
    """
    steps = case.whole("num_inference_steps")
    if steps is None or case.settings.get("skip_prk_steps") is not False:
        return
    if 0 < steps < 4 and case.classes == {"PNDMScheduler"}:
        message = f"PNDM with skip_prk_steps=false raises at {steps} steps; it needs 4."
        yield error("num_inference_steps", message, "Set skip_prk_steps to true.")


def steps_over_training(case: Case) -> Iterator[Said]:
    """More steps than the noise levels the model was trained on.

    Why: With leading spacing the distance between two of 1,000 timesteps rounds to nothing: DDIM,
    DDPM, LCM and TCD refuse, and the others run every step at timestep 0.

    Fix: Stay at 1,000 steps or fewer; a fiftieth of that is enough.

    Source: set_timesteps(1001) of each class of huggingface/diffusers 0.42.1, tried
    """
    steps = case.whole("num_inference_steps")
    if steps is None or steps <= TRAINED or not case.in_diffusers or not case.classes:
        return
    if case.classes <= REFUSES_OVER_TRAINING:
        message = f"{steps} steps where the scheduler takes at most {TRAINED}."
        yield error("num_inference_steps", message, f"Use at most {TRAINED}.")
    elif case.text("timestep_spacing") == "leading" and all(
        spacings(case.known, name) for name in case.classes
    ):
        message = f"{steps} steps with leading spacing all run at timestep 0."
        yield error("num_inference_steps", message, f"Use at most {TRAINED}.")


RULES = (
    steps_ignored, two_calls_a_step, trailing_extra_step, one_step_at_the_end, pndm_needs_four,
    steps_over_training,
)  # fmt: skip
OF_MODEL = (steps_above_range, steps_below_range)
