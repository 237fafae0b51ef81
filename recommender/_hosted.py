"""What hosted endpoints accept: figures of their own schemas, each with where it stands.

Lint refuses what is outside them, and the exports stay within them. Only what a schema states is a
limit here; an endpoint that is not listed is not judged.
"""

from __future__ import annotations

from typing import NamedTuple

from ._names import loose


class Limit(NamedTuple):
    """The lowest and highest value an endpoint takes, and what it must divide by."""

    low: float | None = None
    high: float | None = None
    step: int | None = None

    @property
    def span(self) -> tuple[float | None, float | None]:
        """The lowest and highest value alone."""
        return self.low, self.high


class Endpoint(NamedTuple):
    """One hosted endpoint: its names, the model it runs, its limits and what it lacks."""

    names: tuple[str, ...]
    model: str | None
    limits: dict[str, Limit]
    lacks: tuple[str, ...]
    source: str


_COG = "https://github.com/replicate/cog-flux/blob/51e81e03b5d80180edaaa852022cd5c4b835872c/"
_COG_SIDE = Limit(256, 1440, 16)  # predict.py#L822, with aspect_ratio=custom
_COG_SHARED = {"num_images_per_prompt": Limit(1, 4), "width": _COG_SIDE, "height": _COG_SIDE}
_COG_LACKS = ("negative_prompt", "scheduler", "true_cfg_scale")
_BFL = "https://docs.bfl.ml/api-reference/tasks/"
_BFL_SIDE = Limit(256, 1440, 32)
_BFL_SIZE = {"width": _BFL_SIDE, "height": _BFL_SIDE}
_BFL_LACKS = ("negative_prompt", "scheduler", "true_cfg_scale")
_RUNWARE_SIDE = Limit(512, 2048, 64)

ENDPOINTS = {
    "replicate-flux-dev": Endpoint(
        ("replicate/flux-dev", "black-forest-labs/flux-dev"),
        "flux-1-dev",
        # predict.py#L385-L395: prompt_strength, num_inference_steps, guidance
        {
            "num_inference_steps": Limit(1, 50),
            "guidance_scale": Limit(0, 10),
            "strength": Limit(0, 1),
            **_COG_SHARED,
        },
        _COG_LACKS,
        f"{_COG}predict.py#L385-L395",
    ),
    "replicate-flux-schnell": Endpoint(
        ("replicate/flux-schnell", "black-forest-labs/flux-schnell"),
        "flux-1-schnell",
        # predict.py#L393: num_inference_steps 1 to 4
        {"num_inference_steps": Limit(1, 4), **_COG_SHARED},
        _COG_LACKS,
        f"{_COG}predict.py#L393",
    ),
    "replicate-flux-krea-dev": Endpoint(
        ("replicate/flux-krea-dev", "black-forest-labs/flux-krea-dev"),
        "flux-1-krea-dev",
        {
            "num_inference_steps": Limit(1, 50),
            "guidance_scale": Limit(0, 10),
            "strength": Limit(0, 1),
            **_COG_SHARED,
        },
        _COG_LACKS,
        f"{_COG}predict.py#L1041",
    ),
    "replicate-flux-fill-dev": Endpoint(
        ("replicate/flux-fill-dev", "black-forest-labs/flux-fill-dev"),
        "flux-1-fill-dev",
        {
            "num_inference_steps": Limit(1, 50),
            "guidance_scale": Limit(0, 100),
            "num_images_per_prompt": Limit(1, 4),
        },
        _COG_LACKS,
        f"{_COG}predict.py#L708",
    ),
    "bfl-flux-pro": Endpoint(
        ("bfl/flux-pro", "flux-pro"),
        None,
        {"num_inference_steps": Limit(1, 50), "guidance_scale": Limit(1.5, 5), **_BFL_SIZE},
        _BFL_LACKS,
        f"{_BFL}generate-an-image-with-flux1-[pro]",
    ),
    "bfl-flux-dev": Endpoint(
        ("bfl/flux-dev",),
        "flux-1-dev",
        {"num_inference_steps": Limit(1, 50), "guidance_scale": Limit(1.5, 5), **_BFL_SIZE},
        _BFL_LACKS,
        f"{_BFL}generate-an-image-with-flux1-[dev]",
    ),
    "bfl-flux-2-flex": Endpoint(
        ("bfl/flux-2-flex", "flux-2-flex"),
        None,
        {"num_inference_steps": Limit(None, 50), "guidance_scale": Limit(1.5, 10)},
        (),
        f"{_BFL}generate-an-image-with-flux2-[flex]",
    ),
    "runware": Endpoint(
        ("runware",),
        None,
        # L54 sides, L57 steps, L58 CFGScale, L70 strength, L72 seed, L73 clipSkip. Newer models
        # of theirs take guidance up to 50, so only more than that is judged.
        {
            "num_inference_steps": Limit(1, 100),
            "guidance_scale": Limit(0, 50),
            "strength": Limit(0, 1),
            "seed": Limit(1, 2**63 - 1),
            "width": _RUNWARE_SIDE,
            "height": _RUNWARE_SIDE,
        },
        (),
        "https://github.com/Runware/sdk-python/blob/"
        "5cad93528cd6b7b79c76209e2ffd978b8d22c84f/docs/text_to_image.md#L54-L73",
    ),
    "openai-images": Endpoint(
        ("openai/images", "gpt-image-1", "dall-e-3", "dall-e-2"),
        None,
        # image_generate_params.py#L48: n 1 to 10; nothing of a sampler can be set
        {"num_images_per_prompt": Limit(1, 10)},
        (
            "seed",
            "negative_prompt",
            "num_inference_steps",
            "guidance_scale",
            "true_cfg_scale",
            "scheduler",
        ),
        "https://github.com/openai/openai-python/blob/"
        "e43b422412a9e96c9cc5192c61fffbe2d7e04836/src/openai/types/image_generate_params.py",
    ),
}


def endpoint_named(name: str) -> str | None:
    """Returns the id of the endpoint with this name, however it is spelt, or None."""
    wanted = loose(name[:120])
    for id, one in ENDPOINTS.items():
        if wanted and wanted in {loose(word) for word in (id, *one.names)}:
            return id
    return None


def limits(endpoint: str) -> dict[str, Limit]:
    """Returns what an endpoint takes, by setting, as far as its schema bounds it."""
    return ENDPOINTS[endpoint].limits
