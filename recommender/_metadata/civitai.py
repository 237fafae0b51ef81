"""Civitai: the list of models and adapters behind an A1111 text."""

from __future__ import annotations

from . import jsons
from .draft import Draft
from .values import Unclear


def read(text: str, draft: Draft) -> None:
    """Fills in the model and the adapters that the text itself does not name."""
    if not text:
        return
    try:
        found = jsons.parse(text)
    except Unclear as error:
        draft.note(f"Civitai resources: {error}")
        return
    named = bool(draft.loras)
    for one in found if isinstance(found, list) else []:
        if not isinstance(one, dict):
            continue
        words = (one.get("modelName"), one.get("modelVersionName"))
        name = " ".join(word for word in words if isinstance(word, str))
        if one.get("type") == "checkpoint" and draft.model is None:
            draft.name_model(name)
        elif one.get("type") in ("lora", "lycoris", "dora") and not named:
            draft.lora(name, one.get("weight"))
