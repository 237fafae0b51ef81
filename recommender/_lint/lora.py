"""LoRAs: accelerators that change the settings, and those of another family."""

from __future__ import annotations

from collections.abc import Iterator

from .._metadata.values import shown
from .case import Adapter, Case, Model, between, guidance, plain, times
from .finding import Said, note, warning
from .steps import FAR


def _steps(adapter: Adapter) -> tuple[float, float] | None:
    """Returns the steps an accelerator's authors publish, or those the catalogue comes to."""
    if adapter.model is None or adapter.answer is None or adapter.answer.steps is None:
        return None
    own = Model("", adapter.model, adapter.answer)
    return own.steps()


def accelerator_with_base_steps(case: Case, model: Model) -> Iterator[Said]:
    """An accelerator LoRA with the base model's number of steps.

    Why: Such a LoRA makes the picture in a few steps. More of them only take time, and overcook
    contrast and texture.

    Fix: Use the steps the LoRA was made for.

    Source: the claims of the LoRA in this guide; half as much again as the highest is tolerated
    """
    steps = case.whole("num_inference_steps")
    for adapter in case.accelerators:
        span = _steps(adapter)
        if steps and span and adapter.model and adapter.answer and steps > span[1] * FAR:
            factor = steps / span[1]
            message = (
                f"{steps} steps where {between(*span)} are published for the LoRA "
                f"{adapter.model['name']}: {times(factor)} times the work."
            )
            fix = f"Use {adapter.answer.steps}."
            yield warning("num_inference_steps", message, fix, factor)


def accelerator_with_guidance(case: Case, model: Model) -> Iterator[Said]:
    """An accelerator LoRA with the base model's guidance.

    Why: Guidance is distilled into the LoRA. Guiding again doubles the time of a step and burns
    the picture.

    Fix: Use the guidance the LoRA was made for: 1, or off, for most.

    Source: the claims of the LoRA in this guide
    """
    given = guidance(case, model)
    for adapter in case.accelerators:
        if adapter.model is None or adapter.answer is None or adapter.answer.guidance is None:
            continue
        figures = Model("", adapter.model, adapter.answer).figures("guidance_scale")
        most = max([1.0, *figures])
        embeds = adapter.answer.guidance == "distilled" or given.cfg_id == "true_cfg_scale"
        if given.on and given.cfg is not None and given.cfg > most * FAR and not embeds:
            message = (
                f"{plain(given.cfg)} with the LoRA {adapter.model['name']}, "
                f"which is published with {plain(most)} or less."
            )
            yield warning(given.cfg_id, message, f"Use {plain(most)}.", 2.0)


def lora_of_another_family(case: Case, model: Model) -> Iterator[Said]:
    """A LoRA that was trained on another family of models.

    Why: A LoRA is a change to named layers of one network. On another network its layers are not
    found, and tools leave it out with no more than a line in the log.

    Fix: Use the LoRA made for this model's family.

    Source: the family of the LoRA in this guide
    """
    for adapter in case.accelerators:
        if adapter.model is not None and adapter.model["family"] != model.family:
            name, family = shown(adapter.name), adapter.model["family"]
            message = f"'{name}' is made for {family} models, and {model.name} is none of them."
            yield warning("loras", message, f"Use a LoRA made for {model.family}.")


def accelerator_on_few_step_model(case: Case, model: Model) -> Iterator[Said]:
    """An accelerator LoRA on a model that is distilled already.

    Why: Two distillations are stacked that were never trained together: contrast and detail
    suffer, and there is little time left to save.

    Fix: Use one of the two.

    Source: the distillation of both in this guide
    """
    for adapter in case.accelerators:
        same = adapter.model is not None and adapter.model["family"] == model.family
        if same and model.few_step and adapter.model is not None:
            message = f"{adapter.model['name']} on {model.name}, which is distilled already."
            yield warning("loras", message, "Leave the LoRA out.")


def two_accelerators(case: Case) -> Iterator[Said]:
    """Two accelerator LoRAs at once.

    Why: Each is trained to carry the whole way from noise to picture in its own few steps;
    together they overshoot.

    Fix: Use one of them.

    Source: the claims of the LoRAs in this guide
    """
    found = [one.model["name"] for one in case.accelerators if one.model is not None]
    if len(set(found)) > 1:
        yield warning("loras", f"{found[0]} and {found[1]} are both accelerators.", "Use one.")


def lora_without_weight(case: Case) -> Iterator[Said]:
    """A LoRA of weight 0.

    Why: It is loaded, takes time and memory, and changes nothing.

    Fix: Leave it out, or give it a weight.

    Source: huggingface/diffusers docs/source/en/tutorials/using_peft_for_inference.md
    """
    for adapter in case.adapters[:20]:
        if adapter.weight == 0:
            message = f"'{shown(adapter.name)}' has weight 0 and changes nothing."
            yield note("loras", message, "Leave it out.")


RULES = (two_accelerators, lora_without_weight)
OF_MODEL = (
    accelerator_with_base_steps, accelerator_with_guidance, lora_of_another_family,
    accelerator_on_few_step_model,
)  # fmt: skip
