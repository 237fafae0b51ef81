"""Frames, their rate and their motion."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .case import Case, Model, between, plain, times
from .finding import Said, note, warning

_RULE = re.compile(r"(\d{1,3})n\+(\d{1,3})")
# Published lengths for one model differ little; memory and time grow with the square of frames.
_FAR = 2.0
_SVD_BUCKETS, _SVD_FPS = 255, (5, 30)


def frames_off_rule(case: Case, model: Model) -> Iterator[Said]:
    """A number of frames the model cannot make.

    Why: The video VAE packs frames in groups behind the first one, so only counts such as 4n + 1
    exist. Others are rounded, padded or refused, and the clip is not as long as asked.

    Fix: Use the nearest count of the rule.

    Source: the frame rule of the model in this guide

    Source: huggingface/diffusers src/diffusers/pipelines/wan/pipeline_wan.py#L496
    """
    frames, found = case.whole("num_frames"), _RULE.fullmatch(str(model.data.get("frame_rule")))
    if frames is None or found is None or frames < 1:
        return
    step, rest = int(found[1]), int(found[2])
    published = model.figures("num_frames")
    if frames % step != rest % step and frames not in published:
        low = (frames - rest) // step * step + rest
        counts = [str(count) for count in (low, low + step) if count >= 1]
        message = f"{frames} is not of the form {step}n + {rest} that {model.name} makes."
        yield warning("num_frames", message, f"Use {' or '.join(counts)}.")


def frames_above_range(case: Case, model: Model) -> Iterator[Said]:
    """Far more frames than anybody publishes for this model.

    Why: Attention over all frames grows with their square, and beyond the length it was trained on
    a model repeats or freezes the scene.

    Fix: Make several clips, or use a model that continues one.

    Source: the claims of the model in this guide; twice the highest is tolerated
    """
    frames, span = case.whole("num_frames"), model.span("num_frames")
    if frames is not None and span is not None and frames > span[1] * _FAR:
        factor = frames / span[1]
        message = (
            f"{frames} frames where {between(*span)} are published for {model.name}: "
            f"{times(factor)} times as many."
        )
        yield warning("num_frames", message, f"Use {plain(span[1])} or fewer.", factor)


def motion_outside_training(case: Case) -> Iterator[Said]:
    """A motion bucket above those the model was trained on.

    Why: Stable Video Diffusion was trained on buckets 0 to 255, and its own script warns above.
    ComfyUI's box goes to 1023, where frames warp.

    Fix: Use 127, the usual one, or up to 255 for more motion.

    Source: Stability-AI/generative-models scripts/sampling/simple_video_sample.py#L194
    at commit 0ad7de9a5c
    """
    bucket = case.number("motion_bucket_id")
    if bucket is not None and bucket > _SVD_BUCKETS:
        message = f"{plain(bucket)} is above 255, the last that was trained."
        yield warning("motion_bucket_id", message, "Use 127 to 255.")


def fps_outside_training(case: Case, model: Model) -> Iterator[Said]:
    """A frame rate outside what Stable Video Diffusion was trained on.

    Why: This model reads the frame rate as a condition; it was trained on 5 to 30, and its own
    script warns outside.

    Fix: Condition on 6 or 7, and change the speed when the file is written.

    Source: Stability-AI/generative-models scripts/sampling/simple_video_sample.py#L199
    at commit 0ad7de9a5c
    """
    fps = case.number("fps")
    low, high = _SVD_FPS
    if fps is not None and model.family == "stable-video-diffusion" and not low <= fps <= high:
        message = f"{plain(fps)} is outside {low} to {high}, which {model.name} was trained on."
        yield warning("fps", message, "Use 6 or 7.")


def frames_of_a_still(case: Case, model: Model) -> Iterator[Said]:
    """A number of frames for a model that makes pictures.

    Why: The setting is not read, or the pipeline refuses the keyword.

    Fix: Leave num_frames out, or choose a video model.

    Source: the modality of the model in this guide
    """
    frames = case.whole("num_frames")
    if frames is not None and frames > 1 and model.data["modality"] == "text-to-image":
        message = f"{frames} frames, but {model.name} makes single pictures."
        yield note("num_frames", message, "Leave it out.")


RULES = (motion_outside_training,)
OF_MODEL = (frames_off_rule, frames_above_range, fps_outside_training, frames_of_a_still)
