"""Adds to a model what its page prints: its answer, its claims with their sources, its facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from setting_pages import weight

STEPS = "num_inference_steps"
BASES = {
    "author": "authors",
    "tool-default": "a tool's default",
    "community": "community",
    "family": "its base model",
    "measured": "measured",
}


def finished(quality: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Returns a measurement that ran to its end: the judge's own accuracy is written last."""
    return quality if quality and "judge_accuracy" in quality else None


def model_view(
    model_id: str,
    model: Mapping[str, Any],
    answer: Mapping[str, Any],
    settings: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Adds to a model its answer and its claims with their sources, ready to print."""
    first = (STEPS, "guidance_scale", "true_cfg_scale", "scheduler")
    told = {name: list(of_setting) for name, of_setting in model.get("claims", {}).items()}
    measured = measured_views(answer)
    if measured:
        told.setdefault(STEPS, [])
    claims = [
        {
            "setting": settings.get(setting_id, {"title": setting_id, "slug": None}),
            "claims": [
                *(measured if setting_id == STEPS else ()),
                *(claim_view(claim, model) for claim in told[setting_id]),
            ],
        }
        for setting_id in sorted(told, key=lambda name: weight(name, first))
    ]
    return {
        "aliases": [],
        "hub_id": None,
        **model,
        "id": model_id,
        "answer": {**answer, "basis": BASES.get(answer["basis"], answer["basis"])},
        "claims": claims,
        "spread": spread(model.get("claims", {}).get(STEPS, [])),
        "facts": facts(model),
    }


def measured_views(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns the measurement that an answer rests on, as a line among the claims, if it does."""
    return [
        {
            **dict.fromkeys(("convention", "from", "scheduler")),
            **{key: answer[key] for key in ("low", "high")},
            "value": answer["steps"],
            "kind": BASES["measured"],
            "note": source["states"].partition(", ")[2],
            "source": {"repo": "this guide", "path": source["where"], "url": source["url"]},
        }
        for source in answer.get("sources", ())
        if source["kind"] == "measured"
    ]


def claim_view(claim: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
    """Adds to a claim who says it and where."""
    return {
        **dict.fromkeys(("value", "low", "high", "scheduler", "convention", "note", "from")),
        **claim,
        "kind": BASES[claim["kind"]],
        "source": model.get("sources", {}).get(claim.get("source")),
    }


def facts(model: Mapping[str, Any]) -> list[tuple[str, object]]:
    """Lists what is known about a model beside its settings."""
    size = model.get("native_resolution")
    told = {
        "Also known as": ", ".join(model.get("aliases", [])),
        "Hugging Face": model.get("hub_id"),
        "Made from": model.get("base"),
        "Kind": model.get("modality"),
        "Pipeline in diffusers": model.get("pipeline"),
        "Network": model.get("architecture"),
        "Predicts": model.get("prediction"),
        "Distilled": {"few-step": "to few steps", "guidance": "guidance only"}.get(
            model["distillation"]
        ),
        "Parameters (billions)": model.get("parameters_b"),
        "Native size": f"{size[0]} × {size[1]}" if size else None,
        "Released": model.get("released"),
        "Licence": model.get("licence"),
    }
    return [(label, text) for label, text in told.items() if text]


def spread(claims: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Says how far apart the figures for one setting lie, or None where there are not two."""
    ends = [claim[key] for claim in claims for key in ("low", "value", "high") if key in claim]
    numbers = [end for end in ends if isinstance(end, int | float)]
    if len(claims) < 2 or not numbers:
        return None
    return {"count": len(claims), "low": min(numbers), "high": max(numbers)}
