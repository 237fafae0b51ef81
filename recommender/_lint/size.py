"""Width and height: what a pipeline refuses or rounds, and what a model was not trained on."""

from __future__ import annotations

from collections.abc import Iterator

from .case import Case, Model, times
from .finding import Said, error, note, warning
from .pipelines import multiple_of

# Every latent here is one eighth of the picture or less.
_LATENT = 8
# Twice the native area is where U-Nets begin to repeat the subject (SD 1.5 at 768 x 768 is 2.25),
# and where FLUX's own makers end (2 megapixels for 1).
_LARGE, _SMALL = 2.0, 0.5
# SDXL's widest bucket is 3 : 1; models trained on squares hold out to about 2 : 1.
_WIDEST, _WIDEST_SQUARE = 3.1, 2.2
# The sizes SDXL was trained on, as its tools list them: lllyasviel/Fooocus modules/flags.py at
# 59f183ab9b8e4a4bbf0fb8bc43886e19e8dfdfae, sdxl_aspect_ratios; both ways round.
_SDXL = frozenset(
    (
        (704, 1408), (704, 1344), (768, 1344), (768, 1280), (832, 1216), (832, 1152), (896, 1152),
        (896, 1088), (960, 1088), (960, 1024), (1024, 1024), (1024, 960), (1088, 960), (1088, 896),
        (1152, 896), (1152, 832), (1216, 832), (1280, 768), (1344, 768), (1344, 704), (1408, 704),
        (1472, 704), (1536, 640), (1600, 640), (1664, 576), (1728, 576), (640, 1536), (640, 1600),
        (576, 1664), (576, 1728), (704, 1472),
    )
)  # fmt: skip


def _rounded(size: tuple[int, int], step: int) -> str:
    width, height = (max(step, round(side / step) * step) for side in size)
    return f"{width} x {height}"


def size_not_multiple_of_8(case: Case) -> Iterator[Said]:
    """A side that does not divide by 8.

    Why: A latent pixel stands for eight pixels or more a side. Some pipelines refuse other sizes,
    some tools round them without a word, and the picture is not the size that was asked for.

    Fix: Use multiples of 8; of 16 or 32 where the model wants them; 64 suits every model.

    Source: huggingface/diffusers src/diffusers/pipelines: check_inputs of each pipeline, 0.42.1
    """
    size = case.size
    if size and size != case.native and any(side % _LATENT for side in size):
        message = f"{size[0]} x {size[1]} does not divide by {_LATENT}; it is refused or rounded."
        yield warning("width", message, f"Use {_rounded(size, _LATENT)}.")


def size_refused(case: Case, model: Model) -> Iterator[Said]:
    """A size the model's pipeline refuses, in diffusers.

    Why: The network works on patches of latent pixels, and this pipeline raises ValueError where
    the size leaves part of one over.

    Fix: Round both sides to the multiple named.

    Source: huggingface/diffusers src/diffusers/pipelines: check_inputs of each pipeline, 0.42.1
    """
    wanted, size = multiple_of(model.pipeline), case.size
    if wanted and wanted[1] and size and case.in_diffusers and any(s % wanted[0] for s in size):
        message = f"{size[0]} x {size[1]} is refused: both must divide by {wanted[0]}."
        yield error("width", message, f"Use {_rounded(size, wanted[0])}.")


def size_rounded(case: Case, model: Model) -> Iterator[Said]:
    """A size the model's pipeline rounds, in diffusers.

    Why: FLUX, Qwen-Image and their like cut the picture down to the next multiple with a line in
    the log; what is drawn is smaller than what was asked for.

    Fix: Round both sides yourself.

    Source: huggingface/diffusers src/diffusers/pipelines/flux/pipeline_flux.py#L455
    """
    wanted, size = multiple_of(model.pipeline), case.size
    if wanted and not wanted[1] and size and case.in_diffusers:
        multiple = wanted[0]
        if any(side % multiple for side in size):
            width, height = (side // multiple * multiple for side in size)
            message = f"{size[0]} x {size[1]} is drawn as {width} x {height}."
            yield note("width", message, f"Use multiples of {multiple}.")


def _area(case: Case, model: Model) -> float | None:
    """Returns how many times the native area is asked for, where that says anything."""
    native, size = model.data.get("native_resolution"), case.size
    if not native or not size or model.is_video or model.data["modality"] == "upscale":
        return None
    width, height = model.own("width"), model.own("height")
    areas = [float(native[0] * native[1])] + ([width * height] if width and height else [])
    return min((size[0] * size[1] / area for area in areas), key=lambda ratio: abs(ratio - 1))


def area_above_native(case: Case, model: Model) -> Iterator[Said]:
    """Far more pixels than the model was trained on.

    Why: A model knows shapes at its own size. In one pass at twice the area or more, U-Nets repeat
    the subject, and all pay for every pixel.

    Fix: Draw at the native size and enlarge in a second pass.

    Source: the native size of the model in this guide
    """
    ratio = _area(case, model)
    if ratio is None or ratio <= _LARGE:
        return
    width, height = model.data["native_resolution"]
    message = f"{times(ratio)} times the area {model.name} was trained on ({width} x {height})."
    fix = f"Draw at about {width} x {height}, then enlarge."
    said = warning if model.is_unet else note
    yield said("width", message, fix, ratio)


def area_below_native(case: Case, model: Model) -> Iterator[Said]:
    """Far fewer pixels than the model was trained on.

    Why: At half the area or less the older U-Nets lose composition and faces: SDXL at 512 x 512 is
    worse than SD 1.5, and slower. Newer transformers were trained on small sizes too.

    Fix: Draw at the native size and shrink the picture.

    Source: the native size of the model in this guide
    """
    ratio = _area(case, model)
    if ratio is None or ratio > _SMALL or not model.is_unet:
        return
    width, height = model.data["native_resolution"]
    share = f"{100 * ratio:.0f} %"
    message = f"{share} of the area {model.name} was trained on ({width} x {height})."
    yield warning("width", message, f"Draw at about {width} x {height}, then shrink.")


def size_off_buckets(case: Case, model: Model) -> Iterator[Said]:
    """A size SDXL was not trained on.

    Why: SDXL saw pictures in a fixed list of sizes, all of about one megapixel and multiples of
    64. Between them it works, with heads cut off a little more often.

    Fix: Use the nearest trained size.

    Source: lllyasviel/Fooocus modules/flags.py at 59f183ab9b8e4a4bbf0fb8bc43886e19e8dfdfae
    """
    size, native = case.size, model.data.get("native_resolution")
    if size is None or model.family != "sdxl" or native != [1024, 1024] or size in _SDXL:
        return
    area = size[0] * size[1] / (native[0] * native[1])
    if not _SMALL < area <= _LARGE or max(size) / min(size) > _WIDEST:
        return  # said louder by the rules above and below
    published = (model.answer.settings.get("width"), model.answer.settings.get("height"))
    if model.is_unet and size not in (published, published[::-1]):
        wanted = size[0] / size[1]
        width, height = min(_SDXL, key=lambda one: (abs(one[0] / one[1] - wanted), one))
        message = f"{size[0]} x {size[1]} is none of the sizes SDXL was trained on."
        yield note("width", message, f"The nearest in shape is {width} x {height}.")


def ratio_beyond_training(case: Case, model: Model) -> Iterator[Said]:
    """A picture far wider or taller than any the model was trained on.

    Why: SDXL's trained sizes end at 3 : 1, and SD 1.5 and 2 were trained on squares. Beyond them
    the scene is repeated side by side.

    Fix: Draw a trained shape and extend it by outpainting.

    Source: lllyasviel/Fooocus modules/flags.py at 59f183ab9b8e4a4bbf0fb8bc43886e19e8dfdfae
    """
    size = case.size
    if size is None or not model.is_unet or model.is_video:
        return
    ratio = max(size) / min(size)
    most = _WIDEST if model.family in ("sdxl", "kolors") else _WIDEST_SQUARE
    if ratio > most:
        message = f"{times(ratio)} : 1 is beyond the shapes {model.name} was trained on."
        yield warning("width", message, "Draw a trained shape, then outpaint.")


RULES = (size_not_multiple_of_8,)
OF_MODEL = (
    size_refused, size_rounded, area_above_native, area_below_native, size_off_buckets,
    ratio_beyond_training,
)  # fmt: skip
