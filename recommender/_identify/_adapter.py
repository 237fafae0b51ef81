"""Tells which family a LoRA belongs to by the layers it changes, whatever dialect names them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ._header import Tensor

Shape = tuple[int | None, int | None]

# The end of a name → which side of the layer its tensor tells: rows, columns, both, or neither.
_ENDS = {
    ".lora_A.weight": "in", ".lora_B.weight": "out", ".lora_A.default.weight": "in",
    ".lora_B.default.weight": "out", ".lora_down.weight": "in", ".lora_up.weight": "out",
    ".lora.down.weight": "in", ".lora.up.weight": "out", ".lora_A": "in", ".lora_B": "out",
    ".hada_w1_a": "out", ".hada_w1_b": "in", ".hada_w2_a": "out", ".hada_w2_b": "in",
    ".lokr_w1": "", ".lokr_w2": "", ".lokr_w1_a": "", ".lokr_w1_b": "", ".lokr_w2_a": "",
    ".lokr_w2_b": "", ".lora_mid.weight": "", ".alpha": "", ".dora_scale": "", ".diff": "both",
    ".diff_b": "", ".bias.alpha": "", ".lora_magnitude_vector": "",
}  # fmt: skip
_TEXT = ("lora_te", "text_encoder", "text_model", "te1_", "te2_", "cond_stage_model", "conditioner")
_PREFIXES = (
    "base_model.model.", "model.diffusion_model.", "diffusion_model.", "lora_transformer_",
    "lora_unet_", "lycoris_", "transformer.", "unet.", "model.",
)  # fmt: skip
_FEWEST = 2


class Changes(NamedTuple):
    """The layers a LoRA changes: normal name → shape, and stem → its highest block number."""

    layers: Mapping[str, Shape]
    highest: Mapping[str, int]
    text: bool


def is_adapter(tensors: Mapping[str, Tensor]) -> bool:
    """True when at least half of the names end as those of a LoRA do."""
    marked = sum(1 for name in tensors if _ending(name))
    return marked > 0 and marked * 2 >= len(tensors)


def changes(tensors: Mapping[str, Tensor]) -> Changes:
    """Returns the layers that a LoRA's tensors belong to, with numbers in names written as #."""
    layers: dict[str, Shape] = {}
    highest: dict[str, int] = {}
    text = False
    for name, tensor in tensors.items():
        end = _ending(name)
        if not end:
            continue
        module = name[: -len(end)]
        if module.startswith(_TEXT):
            text = True
            continue
        normal = _normal(module, highest)
        rows, columns = layers.get(normal, (None, None))
        shape = tensor.shape
        side = _ENDS[end]
        if shape is not None and len(shape) > 1:
            rows = shape[0] if side in ("out", "both") else rows
            columns = shape[1] if side in ("in", "both") else columns
        layers[normal] = rows, columns
    return Changes(layers, highest, text)


def _ending(name: str) -> str:
    # At most three of the name's last parts can be an ending: no list to walk through.
    cut = len(name)
    best = ""
    for _ in range(3):
        cut = name.rfind(".", 0, cut)
        if cut <= 0:
            break
        if name[cut:] in _ENDS:
            best = name[cut:]
    return best


def _normal(module: str, highest: dict[str, int]) -> str:
    for prefix in _PREFIXES:
        module = module.removeprefix(prefix)
    parts = module.replace(".", "_").split("_")
    for place, part in enumerate(parts):
        if part.isdecimal() and part.isascii() and len(part) < 6:
            if "#" not in parts[:place]:
                stem = "_".join(parts[:place])
                highest[stem] = max(highest.get(stem, 0), int(part))
            parts[place] = "#"
    return "_".join(parts)


def families(signatures: Mapping[str, Any], made: Changes) -> list[tuple[str, dict[str, Any]]]:
    """Returns the families, with their rule, that explain the most of the layers changed.

    Networks that share the names and sizes of their layers differ in how many blocks they have, so
    of several the one whose last block is changed goes before.
    """
    scores = [
        (_score(rule, made), _reaches_the_end(rule, made), family, rule)
        for family, signature in signatures.items()
        for rule in signature.get("adapters", [])
    ]
    best = max((one[:2] for one in scores), default=(0, False))
    return [one[2:] for one in scores if one[:2] == best] if best[0] else []


def _reaches_the_end(rule: dict[str, Any], made: Changes) -> bool:
    ends = [made.highest[stem] + 1 == count for stem, count in rule.get("blocks", {}).items()
            if stem in made.highest]  # fmt: skip
    return bool(ends) and all(ends)


def _score(rule: dict[str, Any], made: Changes) -> int:
    """Returns how many layers the rule knows; none where one has another shape or is too many."""
    for stem, count in rule.get("blocks", {}).items():
        if made.highest.get(stem, 0) >= count:
            return 0
    layers = rule["layers"]
    known = [name for name in made.layers if name in layers]
    measured = 0
    for name in known:
        for size, want in zip(made.layers[name], layers[name], strict=True):
            if size is not None and want != -1:
                if size != want:
                    return 0
                measured += 1
    # Names alone are believed only where they are several: LoKr hides every size.
    enough = measured >= _FEWEST or len(known) > _FEWEST
    return len(known) if enough and len(known) * 2 >= len(made.layers) else 0
