"""Cells of which nobody promises that they are within 1/255 of plain diffusers, and their worst.

Large guidance and many steps enlarge the last bits of a sum; a sampler that adds noise at every
step throws dice with them. What that comes to is measured, and printed by the bench.
"""

from __future__ import annotations

from typing import Any

from ..schedulers import adds_noise

GUIDANCE, STEPS = 8, 30  # up to here, and without noise at every step, 1/255 is a promise


def is_beyond(job: dict[str, Any]) -> bool:
    """Whether a call is outside of what is promised."""
    call = job["call"]
    many = call.get("num_inference_steps", 0) > STEPS
    noisy = call.get("eta", 0) > 0 or adds_noise(*job["scheduler"])
    return many or call.get("guidance_scale", 0) > GUIDANCE or noisy


def worst(jobs: list[dict[str, Any]], differences: list[int]) -> dict[str, Any] | None:
    """The farthest of the cells beyond, by grey levels of 255; None where there is no such cell."""
    far = [(off, job) for off, job in zip(differences, jobs, strict=True) if is_beyond(job)]
    if not far:
        return None
    off, job = max(far, key=lambda one: one[0])
    call = job["call"]
    told = f"{job['scheduler'][0]}, {call.get('num_inference_steps')} steps"
    told += f", guidance {call['guidance_scale']:g}" if "guidance_scale" in call else ""
    return {"cells": len(far), "max_pixel_difference": off, "worst": f"{told}, seed {job['seed']}"}


def line(rows: dict[str, Any]) -> str | None:
    """What of all rows is farthest beyond, for a terminal; None where nothing was."""
    found = {name: row["beyond"] for name, row in rows.items() if row and "beyond" in row}
    if not found:
        return None
    name = max(found, key=lambda name: found[name]["max_pixel_difference"])
    cells = sum(one["cells"] for one in found.values())
    return (
        f"guidance above {GUIDANCE}, more than {STEPS} steps or noise at every step, "
        f"{cells} cells: at most {found[name]['max_pixel_difference']}/255 off naive: {name}: "
        f"{found[name]['worst']}"
    )
