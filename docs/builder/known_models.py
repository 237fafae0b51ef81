"""The models most people ask about: pages answer for these before they link to all."""

from __future__ import annotations

WELL_KNOWN = (
    "flux-1-schnell",
    "flux-1-dev",
    "z-image-turbo",
    "qwen-image",
    "stable-diffusion-3-5-large",
    "sdxl-base-1-0",
    "sdxl-turbo",
    "stable-diffusion-v1-5",
)
