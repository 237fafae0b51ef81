"""Prints our answers beside all claims for 40 well-known models as Markdown, to be read by eye:
python -m tests.recommender.yardstick.best_known
"""

from __future__ import annotations

from typing import Any

from recommender import catalogue, recommend

# fmt: off
MODELS = [
    "stable-diffusion-v1-5", "stable-diffusion-2-1", "sdxl-base-1-0", "sdxl-turbo",
    "sdxl-lightning-4step", "lcm-lora-sdxl", "pony-diffusion-v6-xl", "illustrious-xl-v1-0",
    "animagine-xl-4-0", "juggernaut-xl-v9", "stable-diffusion-3-medium",
    "stable-diffusion-3-5-large", "stable-diffusion-3-5-large-turbo", "stable-diffusion-3-5-medium",
    "flux-1-dev", "flux-1-schnell", "flux-1-kontext-dev", "flux-1-krea-dev", "flux-1-fill-dev",
    "flux-2-dev", "flux-2-klein-4b", "flux-2-klein-base-4b", "chroma1-hd", "qwen-image",
    "qwen-image-2512", "qwen-image-edit-2511", "qwen-image-lightning-8step", "z-image",
    "z-image-turbo", "hidream-i1-full", "hunyuanimage-2-1", "krea-2-raw", "sana-1600m-1024",
    "pixart-sigma-1024", "kolors", "lumina-image-2-0", "wan-2-1-t2v-14b", "wan-2-2-t2v-a14b",
    "hunyuan-video", "ltx-2-19b",
]
# fmt: on
KINDS = {"author": "A", "tool-default": "T", "community": "C"}


def main() -> None:
    """Prints one row a model: the answer, its range and guidance, then every claim of either."""
    print("A: authors, T: a tool's default, C: community, ~: no source, decides nothing\n")
    print("| model | steps | range | guidance | scheduler | claims: steps | claims: guidance |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for id in MODELS:
        print("| " + " | ".join(cells(id)) + " |")


def cells(id: str) -> list[str]:
    """Returns one model's row."""
    found, claims = recommend(id), catalogue().models[id]["claims"]
    span = "–" if found.low is None else f"{found.low}–{found.high}"
    scale = found.true_cfg_scale if found.guidance is None else found.guidance_scale
    guidance = f"{scale} ({found.guidance or 'true CFG'})" if scale is not None else "–"
    scales = [*claims.get("guidance_scale", []), *claims.get("true_cfg_scale", [])]
    return [
        id,
        str(found.steps),
        span,
        guidance,
        (found.scheduler or "–").removesuffix("Scheduler"),
        ", ".join(figure(claim) for claim in claims["num_inference_steps"]),
        ", ".join(figure(claim) for claim in scales),
    ]


def figure(claim: dict[str, Any]) -> str:
    """Returns one claim in a few characters: 'A50' or 'T20–30 with DDIM'."""
    text = ("~" if claim.get("unsourced") else "") + KINDS[claim["kind"]]
    text += str(claim.get("value", ""))
    if "low" in claim or "high" in claim:
        text += f" [{claim.get('low', '')}–{claim.get('high', '')}]"
    for key, word in (("scheduler", "with"), ("convention", ""), ("task", "for"), ("from", "of")):
        if key in claim and not (key == "task" and claim["task"] == "text-to-image"):
            text += f" {word} {claim[key]}".replace("  ", " ")
    return text


if __name__ == "__main__":
    main()
