"""Accelerator LoRAs: what they put in the place of their base model's settings."""

from __future__ import annotations

from typing import Any

from .._catalog import Catalogue
from .._errors import AmbiguousModelError, OptionError, UnknownModelError, visible

_LORA = "lora-acceleration"

# What an acceleration changes, so that no figure of the undistilled model may stand in for it.
_REPLACED = frozenset((
    "num_inference_steps", "guidance_scale", "true_cfg_scale", "image_guidance_scale", "scheduler",
    "guidance_scale_2", "min_guidance_scale", "max_guidance_scale", "guidance_rescale",
    "negative_prompt", "shift", "eta", "timesteps", "original_inference_steps",
    "intermediate_timesteps", "timestep_spacing", "prediction_type",
))  # fmt: skip


def with_loras(
    known: Catalogue, id: str, names: tuple[str, ...]
) -> tuple[dict[str, Any], tuple[str, ...], list[str]]:
    """Returns the model as its accelerators make it, their ids, and what speaks against them.

    Raises OptionError for a LoRA of another family or one that is no accelerator.
    """
    model = known.models[id]
    ids = tuple(dict.fromkeys(_accelerator(known, id, name) for name in names))
    if not ids:
        return model, (), []
    lora, warnings = known.models[ids[0]], []
    base = lora.get("base")
    if base not in (id, *ancestors(known, id)):
        made_for = known.models[base]["name"] if base in known.models else "another model"
        warnings.append(
            f"{lora['name']} was made for {made_for}, and nobody publishes figures for it on "
            f"{model['name']}. Compare a few pictures with its {made_for} first."
        )
    if lora["modality"] != _LORA and not any("lora" in one.lower() for one in _names_of(lora)):
        warnings.append(
            f"The figures are those of {lora['name']}, a model of its own. They hold for a LoRA "
            "that its authors took from it."
        )
    if model["distillation"] == "few-step":
        warnings.append(
            f"{model['name']} is step-distilled already. Leave {lora['name']} out, or load it on "
            "the undistilled model."
        )
    if len(ids) > 1:
        others = " and ".join(known.models[one]["name"] for one in ids[1:])
        warnings.append(
            f"{len(ids)} accelerators at once: the settings are those of {lora['name']}. "
            f"Each is trained to act alone. Leave {others} out."
        )
    return _changed(model, lora, ids[0]), ids, warnings


def ancestors(known: Catalogue, id: str) -> list[str]:
    """Returns the models a model was made from, the nearest first."""
    found: list[str] = []
    base = known.models[id].get("base")
    while base in known.models and base not in found:
        found.append(base)
        base = known.models[base].get("base")
    return found


def accelerators(known: Catalogue, id: str) -> list[str]:
    """Returns the ids of the accelerator LoRAs made for a model, or for what it was made from."""
    bases = (id, *ancestors(known, id))
    return [
        one
        for one, model in known.models.items()
        if model["modality"] == _LORA and model.get("base") in bases
    ]


def _accelerator(known: Catalogue, id: str, name: str) -> str:
    found = _found(known, id, name)
    lora, model = known.models[found], known.models[id]
    related = lora.get("base") in (id, *ancestors(known, id))
    if lora["modality"] != _LORA and lora["distillation"] != "few-step":
        raise OptionError(
            f"loras: expected an accelerator LoRA, got '{visible(name)}', which is the model "
            f"{lora['name']}. Other LoRAs change no settings: leave them out."
        )
    if lora["family"] != model["family"] and not related:
        fitting = accelerators(known, id)[:3]
        hint = f" Made for it: {', '.join(fitting)}." if fitting else " None is known for it."
        raise OptionError(
            f"loras: expected a LoRA of the {model['family']} family for {model['name']}, got "
            f"'{visible(name)}', which is of the {lora['family']} family.{hint}"
        )
    return found


def _names_of(model: dict[str, Any]) -> list[str]:
    return [model["name"], *model.get("aliases", [])]


def _found(known: Catalogue, id: str, name: str) -> str:
    """Returns the accelerator of this name; among several, the one made for this model."""
    try:
        return known.find(name)
    except AmbiguousModelError as error:
        bases = (id, *ancestors(known, id))
        models = {one: known.models[one] for one in error.candidates}
        fitting = tuple(
            one
            for one, lora in models.items()
            if lora.get("base") in bases and lora["distillation"] == "few-step"
        )
        loras = tuple(one for one in fitting if models[one]["modality"] == _LORA) or fitting
        if len(loras) == 1:
            return loras[0]
        raise AmbiguousModelError(name, loras or error.candidates) from None
    except UnknownModelError as error:
        near = [one for one in error.nearest if known.models[one]["distillation"] == "few-step"]
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise OptionError(
            f"loras: no accelerator LoRA called '{visible(name)}' is known.{hint} "
            "A LoRA that only adds a style or a subject changes no settings: leave it out."
        ) from None


def _changed(model: dict[str, Any], lora: dict[str, Any], id: str) -> dict[str, Any]:
    kept = {name: said for name, said in model["claims"].items() if name not in _REPLACED}
    # Two files may use one key for two sources, so a LoRA's key names the LoRA.
    claims = {
        name: [
            {**one, "source": f"{id}:{one['source']}"} if "source" in one else one for one in said
        ]
        for name, said in lora["claims"].items()
    }
    sources = {f"{id}:{key}": source for key, source in lora["sources"].items()}
    return {
        **model,
        "distillation": lora["distillation"],
        "claims": {**kept, **claims},
        "sources": {**model["sources"], **sources},
    }
