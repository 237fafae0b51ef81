"""What was measured of a model: the sweep that answers a question, and how an answer tells it."""

from __future__ import annotations

from typing import Any

from .._catalog import Catalogue
from .schedule import Sampler

HOME = "https://github.com/sweetspot-guide/sweetspot/blob/main/"


def measurement(
    known: Catalogue,
    id: str,
    model: dict[str, Any],
    chosen: Sampler,
    task: str,
    weights: str | None,
) -> dict[str, Any] | None:
    """Returns the sweet spot of these very weights with this scheduler, where one was measured.

    `weights` is the digest of the weights at hand, empty where they have none, and None where only
    the model's name is: a name stands for the weights that its file pins.
    """
    if task != model["task"]:
        return None
    for name, spot in known["sweet_spots"].get(id, {}).items():
        if weights in (None, spot["weights"]) and _is_it(known, chosen, name, spot):
            found: dict[str, Any] = spot
            return found
    return None


def _is_it(known: Catalogue, chosen: Sampler, name: str, spot: dict[str, Any]) -> bool:
    """True where the scheduler of the answer is configured as the measured one was.

    A class alone runs with what the model has stored, and so does a sweep that says `own`.
    """
    if chosen.diffusers != spot["scheduler_class"]:
        return False
    if spot["own"]:
        config = spot["scheduler_config"]
        return all(config.get(flag) == value for flag, value in chosen.flags.items())
    return bool(chosen.flags == known.schedulers[name].get("flags", {}))


def why_measured(spot: dict[str, Any]) -> list[str]:
    """Returns how a measurement came to its figures, how sure they are, and where they stand."""
    lines = [_fewest(spot)]
    if "range" in spot:
        first, last = spot["range"]
        lines.append(
            f"With other prompts of this kind it may be {first} to {last}: only "
            f"{spot['stable']:.0%} of resampled answers lie within one rung."
        )
    lines.append(f"Measured on {_pictures(spot)}{_fixed(spot['fixed'])}: {spot['file']}.")
    return lines


def _fewest(spot: dict[str, Any]) -> str:
    """Returns the rule with its limits: of fidelity, of change, or of both."""
    rule, high = spot["rule"], spot.get("high")
    judged, converges = "margin" in rule, "settled" in rule
    wanted, looser = [], []
    if judged:
        wanted.append(f"prompt fidelity lies no more than {rule['margin']:g} below the best")
        looser.append(f"{rule['loose_margin']:g} below")
    if converges:
        wanted.append(f"the picture stays within {rule['noticeable']:g} ꟻLIP of the converged one")
        looser.append(f"within {rule['loose_change']:g}")
    said = (
        f"{spot['steps']} is the fewest steps at which, with {rule['confidence']:.0%} confidence, "
        f"{' and '.join(wanted)}; {spot['low']}, {' and '.join(looser)}"
    )
    if not converges:
        return f"{said}; from {high} on it is at its best."
    if high is None:
        return f"{said}; by the last step measured it has not settled."
    return f"{said}; from {high} on it has settled, within {rule['settled']:g}."


def _pictures(spot: dict[str, Any]) -> str:
    counts = ((spot["prompts"], "prompt"), (spot["seeds"], "seed"))
    return " × ".join(f"{n} {word}{'s' if n != 1 else ''}" for n, word in counts)


def _fixed(fixed: dict[str, Any]) -> str:
    """Returns what did not vary: ', guidance_scale 3, 128 × 128'."""
    rest = dict(fixed)
    size = [rest.pop(side, None) for side in ("width", "height")]
    said = [f"{name} {value:g}" for name, value in rest.items() if isinstance(value, int | float)]
    if None not in size:
        said.append(f"{size[0]} × {size[1]}")
    return "".join(f", {one}" for one in said)


def figures(spot: dict[str, Any]) -> str:
    """Returns a sweet spot as '10 (6–20)'."""
    high = spot.get("high")
    return f"{spot['steps']} ({spot['low']}–{'?' if high is None else high})"


def as_source(spot: dict[str, Any]) -> dict[str, Any]:
    """Returns the measurement as a source of the answer."""
    return {
        "key": "measured",
        "kind": "measured",
        "where": spot["file"],
        "url": HOME + spot["file"],
        "states": f"{figures(spot)} steps, {_pictures(spot)}",
        "settings": ("num_inference_steps",),
    }
