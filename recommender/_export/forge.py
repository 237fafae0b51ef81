"""Forge: A1111's text and API with a distilled guidance scale, FLUX and more samplers.

Source: lllyasviel/stable-diffusion-webui-forge@dfdcbab685e57677014f05a3309b48cc87383167,
modules/ui.py#L322, modules/sd_samplers_kdiffusion.py, modules_forge/alter_samplers.py,
modules/processing.py#L743, backend/diffusion_engine/ (what it loads).
"""

from __future__ import annotations

from . import a1111
from .plan import Plan

KIND = a1111.Kind(
    "Forge",
    ("forge", "a1111"),
    a1111.SAMPLERS | {"HeunPP2", "IPNDM", "IPNDM_V", "DEIS", "DDPM", "LCM"},
    frozenset(("sd-1", "sd-2", "sdxl", "sd-3", "flux-1", "chroma")),
    frozenset(),
    distilled=True,
)


def text(plan: Plan) -> str:
    """Returns the infotext as Forge reads it."""
    return a1111.text(plan, KIND)


def body(plan: Plan) -> str:
    """Returns the JSON body for Forge's /sdapi/v1/txt2img."""
    return a1111.body(plan, KIND)
