"""From any name of a setting to its canonical id, and from a sampler's name to the catalogue's."""

from __future__ import annotations

from typing import Any

from .._catalog import Catalogue
from .._names import loose

# Settings the readers of pictures know, or that only a rule here asks for, with or without a page.
_IDS = (
    "true_cfg_scale", "image_guidance_scale", "guidance_rescale", "guidance_scale_2",
    "min_guidance_scale", "max_guidance_scale", "nag_scale", "shift", "max_shift", "base_shift",
    "eta", "clip_skip", "max_sequence_length", "num_frames", "fps", "motion_bucket_id",
    "noise_aug_strength", "denoising_start", "denoising_end", "hires_denoising_strength",
    "hires_steps", "hires_scale", "hires_upscaler", "refiner_steps", "schedule_type",
    "prediction_type", "vae", "vae_precision", "precision", "batch_size", "num_images_per_prompt",
    "timestep_spacing", "use_karras_sigmas", "use_exponential_sigmas", "use_flow_sigmas",
    "skip_prk_steps", "steps_offset", "prior_num_inference_steps", "controlnet_conditioning_scale",
    "lora_scale", "pag_scale", "sigmas", "timesteps", "boundary_ratio", "sharpness",
)  # fmt: skip
# How libraries and hosted services call them where no setting's page says so.
_ALIASES = {
    "sampler": "scheduler", "samplername": "scheduler", "samplingmethod": "scheduler",
    "scheduletype": "schedule_type", "torchdtype": "precision", "dtype": "precision",
    "flowshift": "shift", "sigmashift": "shift", "numoutputs": "num_images_per_prompt",
    "numimages": "num_images_per_prompt", "numberresults": "num_images_per_prompt",
    "promptstrength": "strength", "denoisingstrength": "strength", "denoise": "strength",
    "truecfg": "true_cfg_scale", "realcfgscale": "true_cfg_scale",
    "numsteps": "num_inference_steps", "framerate": "fps", "framespersecond": "fps",
    "noiseseed": "seed", "cfgrescale": "guidance_rescale", "steps": "num_inference_steps",
    "cfg": "guidance_scale", "cfgscale": "guidance_scale", "negativeprompt": "negative_prompt",
}  # fmt: skip


# What is made of one catalogue, under its digest: the last one used is kept.
_INDEXES: dict[str, dict[str, str]] = {}
_SPELT: dict[str, list[tuple[frozenset[str], dict[str, Any]]]] = {}


def index(known: Catalogue) -> dict[str, str]:
    """Returns loose name → id; of two owners the id's own name wins, then an alias, then a tool."""
    digest = known["digest"]
    if digest not in _INDEXES:
        _INDEXES.clear()
        _INDEXES[digest] = _indexed(known)
    return _INDEXES.get(digest) or _indexed(known)


def _indexed(known: Catalogue) -> dict[str, str]:
    found: dict[str, str] = {}
    settings = known.settings
    for id in (*settings, *_IDS):
        found.setdefault(loose(id), id)
    for id, one in settings.items():
        for alias in one.get("aliases", ()):
            found.setdefault(loose(alias), id)
    for name, id in _ALIASES.items():
        found.setdefault(name, id)
    for id, one in settings.items():
        for tool in one.get("tools", ()):
            # 'KSampler.steps' and '--steps' are called 'steps' where they are written down.
            found.setdefault(loose(str(tool["name"]).rsplit(".", 1)[-1]), id)
    return found


def samplers(known: Catalogue, *names: Any) -> tuple[dict[str, Any], ...]:
    """Returns every sampler of the catalogue that one of these names may mean.

    A class of diffusers means each sampler made from it, and a name that two tools give to two
    samplers means both: a rule that needs one of them to be wrong needs all of them to be.
    """
    wanted = {loose(name[:80]) for name in names if isinstance(name, str)} - {""}
    return tuple(one for spelt, one in _spelt(known) if wanted & spelt) if wanted else ()


def _spelt(known: Catalogue) -> list[tuple[frozenset[str], dict[str, Any]]]:
    digest = known["digest"]
    if digest not in _SPELT:
        _SPELT.clear()
        _SPELT[digest] = [
            (frozenset(loose(word) for word in _spellings(id, one)), one)
            for id, one in known.schedulers.items()
        ]
    return _SPELT.get(digest, [])


def _spellings(id: str, one: dict[str, Any]) -> list[str]:
    names = [id, one["name"], *one.get("aliases", ()), *one.get("names", {}).values()]
    return [*names, one["class"]] if one.get("class") else names
