"""Prompts: negative ones nobody reads, weights that stay words, and texts that are cut."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .case import Case, Model, guidance, plain
from .finding import Said, error, note, warning

# What CLIP cuts a text into before it looks words up: each of these is one token or more.
_PIECES = re.compile(r"[^\W\d_]+|\d|[^\s\w]+|_+")
_CLIP_TOKENS = 77
_CLIP_ONLY = ("sd-1", "sd-2", "sdxl")
# '(word:1.2)', which A1111, ComfyUI and their like read, and not the time '(10:30)'; bounded, so
# that it never runs away.
_WEIGHT = re.compile(r"\([^()\n]{1,200}:\s?[0-9]?(?:\.[0-9]{1,4})?\)")
_LORA_TAG = re.compile(r"<(?:lora|lyco):[^<>\n]{1,200}>")
_NO_WEIGHTS = (None, "InvokeAI", "mflux")
_NO_TAGS = (None, "ComfyUI", "InvokeAI", "mflux")
# Families whose text encoders hold CLIP and whose pipelines take clip_skip.
_CLIP_FAMILIES = ("sd-1", "sd-2", "sdxl", "sd-3", "animatediff", "modelscope", "text2video-zero")
_REFUSED_LENGTH = {
    "Flux": 512, "StableDiffusion3": 512, "Lumina2": 512, "Chroma": 512, "VisualCloze": 512,
    "QwenImage": 1024, "Kandinsky5": 1024, "Kolors": 256, "OvisImage": 256,
}  # fmt: skip


def negative_prompt_without_guidance(case: Case) -> Iterator[Said]:
    """A negative prompt with guidance off.

    Why: The negative prompt takes the place of the empty prompt in guidance's second pass. With
    CFG at 1 or below that pass does not run, and the text is never read.

    Fix: Raise guidance above 1, or drop the negative prompt.

    Source: huggingface/diffusers src/diffusers/pipelines/stable_diffusion
    /pipeline_stable_diffusion.py: do_classifier_free_guidance
    """
    given = guidance(case, None)
    if not case.has_negative() or not given.off or "nag_scale" in case.settings:
        return
    # Some pipelines of diffusers count from zero: between 0 and 1 only the model tells.
    if given.cfg == 1 or not case.in_diffusers or given.cfg == 0:
        message = f"is not read: {given.cfg_id} {plain(given.cfg or 0)} switches guidance off."
        yield warning("negative_prompt", message, "Drop it, or raise guidance above 1.")


def negative_prompt_not_read(case: Case, model: Model) -> Iterator[Said]:
    """A negative prompt on a model that reads none.

    Why: Models distilled to run without guidance, and those fed their guidance as a number, make
    one pass a step; there is no second one for a negative prompt to steer.

    Fix: Say in the prompt what shall be there instead.

    Source: the claims of the model in this guide
    """
    given = guidance(case, model)
    if not case.has_negative() or given.on or given.off or "nag_scale" in case.settings:
        return
    reads_none = model.answer.negative_prompt is False
    embedded = model.data["distillation"] == "guidance" and given.cfg is None
    if (reads_none or embedded) and not case.accelerators:
        message = f"{model.name} makes one pass a step and does not read it."
        yield warning("negative_prompt", message, "Say in the prompt what shall be there instead.")


def prompt_too_long_for_clip(case: Case, model: Model) -> Iterator[Said]:
    """The prompt is longer than CLIP reads, in diffusers.

    Why: CLIP takes 77 tokens, two of them marks. A1111, ComfyUI and others read longer prompts in
    parts; diffusers cuts the rest off with a line in the log.

    Fix: Put what matters first, shorten the prompt, or pass prompt_embeds made by a library.

    Source: huggingface/diffusers src/diffusers/pipelines/stable_diffusion
    /pipeline_stable_diffusion.py: encode_prompt
    """
    if model.family not in _CLIP_ONLY or not case.in_diffusers:
        return
    tokens = len(_PIECES.findall(case.prompt[:20_000])) + 2
    if tokens > _CLIP_TOKENS:
        message = (
            f"about {tokens} tokens or more, and {_CLIP_TOKENS} are read; the rest is cut off."
        )
        yield warning("prompt", message, "Put what matters first, or shorten it.")


def prompt_too_long_for_encoder(case: Case, model: Model) -> Iterator[Said]:
    """The prompt is longer than the text length the model is run with.

    Why: Everything behind that many tokens is cut off; a longer length than the one trained with
    is not better read.

    Fix: Shorten the prompt, or raise max_sequence_length where the model was trained for it.

    Source: the claims about max_sequence_length of the model in this guide
    """
    own = [case.number("max_sequence_length") or 0, *model.figures("max_sequence_length")]
    # A word is one token or more in every encoder, so this is the least it can be.
    words = len(case.prompt[:100_000].split())
    if max(own) and words > max(own) and case.in_diffusers and model.family not in _CLIP_ONLY:
        message = f"about {words} tokens or more, and {model.name} reads {plain(max(own))}."
        yield warning("prompt", message, "Shorten it.")


def text_length_refused(case: Case, model: Model) -> Iterator[Said]:
    """A text length above what the pipeline takes, in diffusers.

    Why: The pipeline raises ValueError before it begins.

    Fix: Use the limit named, or less.

    Source: huggingface/diffusers src/diffusers/pipelines: check_inputs of each pipeline, 0.42.1
    """
    length = case.number("max_sequence_length")
    for begin, most in _REFUSED_LENGTH.items():
        fits = model.pipeline.startswith(begin) and not model.pipeline.startswith("Flux2")
        if length is not None and fits and length > most and case.in_diffusers:
            message = f"{plain(length)} where {model.pipeline} takes at most {most}."
            yield error("max_sequence_length", message, f"Use {most} or less.")


def weights_not_read(case: Case) -> Iterator[Said]:
    """Weights such as (word:1.2) in a tool that takes them for text.

    Why: diffusers and mflux have no such syntax, and InvokeAI writes a weight behind the bracket:
    (word)1.2. Brackets, colon and figure then reach the encoder as words of the prompt.

    Fix: Drop the brackets, or write them as the tool does.

    Source: huggingface/diffusers docs/source/en/using-diffusers/weighted_prompts.md

    Source: invoke-ai/InvokeAI invokeai/app/invocations/compel.py#L100 (Compel's syntax)
    """
    if case.tool in _NO_WEIGHTS and case.endpoint is None and _WEIGHT.search(case.prompt):
        who = case.tool or "diffusers"
        message = f"{who} reads weights such as (word:1.2) as plain text."
        fix = "Write (word)1.2." if who == "InvokeAI" else "Drop the brackets and the figure."
        yield warning("prompt", message, fix)


def lora_tag_not_read(case: Case) -> Iterator[Said]:
    """A <lora:…> tag in a tool that takes it for text.

    Why: A1111, Forge, SD.Next, SwarmUI and stable-diffusion.cpp load the LoRA a tag names. ComfyUI,
    InvokeAI, mflux and diffusers load LoRAs elsewhere, and the tag becomes words of the prompt.

    Fix: Load the LoRA as the tool does, and drop the tag.

    Source: Comfy-Org/ComfyUI nodes.py: LoraLoader beside CLIPTextEncode

    Source: huggingface/diffusers docs/source/en/tutorials/using_peft_for_inference.md
    """
    if case.tool in _NO_TAGS and case.endpoint is None and _LORA_TAG.search(case.prompt):
        who = case.tool or "diffusers"
        message = f"{who} reads a <lora:…> tag as plain text, and loads nothing for it."
        yield warning("prompt", message, "Load the LoRA itself, and drop the tag.")


def clip_skip_without_clip(case: Case, model: Model) -> Iterator[Said]:
    """CLIP skip on a model whose text encoder is not CLIP.

    Why: Diffusion transformers are fed by T5 or a language model. There is no CLIP layer to skip;
    where a CLIP stands beside, only its pooled output is used. diffusers refuses the keyword.

    Fix: Leave clip_skip out.

    Source: the pipelines of huggingface/diffusers 0.42.1 that take clip_skip
    """
    skip = case.number("clip_skip")
    if skip is None or skip <= 1 or model.family in _CLIP_FAMILIES or model.is_unet:
        return
    transformer = "dit" in str(model.data.get("architecture")) or model.prediction == "flow"
    if transformer:
        message = f"no effect: {model.name} does not read CLIP's layers."
        yield warning("clip_skip", message, "Leave it out.")


def clip_skip_dead_on_sdxl(case: Case, model: Model) -> Iterator[Said]:
    """CLIP skip on SDXL in A1111 or Forge.

    Why: SDXL reads the last layer but one by itself, and these tools leave their slider without
    effect there unless a special option is on.

    Fix: Leave it; it is not what makes the picture.

    Source: lllyasviel/stable-diffusion-webui-forge issue 1393
    """
    skip = case.number("clip_skip")
    if skip is not None and skip > 1 and model.family == "sdxl" and case.tool in ("A1111", "Forge"):
        message = f"{plain(skip)} has no effect on SDXL models in {case.tool} as installed."
        yield note("clip_skip", message, "Leave it at 1.")


RULES = (negative_prompt_without_guidance, weights_not_read, lora_tag_not_read)
OF_MODEL = (
    negative_prompt_not_read, prompt_too_long_for_clip, prompt_too_long_for_encoder,
    text_length_refused, clip_skip_without_clip, clip_skip_dead_on_sdxl,
)  # fmt: skip
