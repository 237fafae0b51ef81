"""Puts stand-ins in the place of models' own methods for a while."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from transformers import PreTrainedModel

from .coders import Coders


@contextlib.contextmanager
def in_place_of(
    models: Iterable[torch.nn.Module],
    denoise: Callable[..., Any],
    coders: Coders,
    inside: Callable[[], bool],
) -> Iterator[None]:
    """Replaces each model's methods; where `inside` says no, they are the models' own.

    What encodes and decodes is an autoencoder, what comes from transformers reads texts or
    pictures, the rest denoises.
    """
    with contextlib.ExitStack() as undo:
        for model in {id(m): m for m in models}.values():
            stand_ins: dict[str, tuple[Any, ...]] = {"forward": (denoise,)}
            if hasattr(model, "encode") and hasattr(model, "decode"):
                encode = (coders.encode, "image_encodes")
                stand_ins = {"encode": encode, "decode": (coders.decode,)}
            elif isinstance(model, PreTrainedModel):
                stand_ins = {"forward": (coders.encode, "text_encodes")}
            for name, (stand_in, *extra) in stand_ins.items():
                real, own = getattr(model, name), name in vars(model)
                wrapped = functools.partial(_either, inside, real, stand_in, extra)
                setattr(model, name, functools.update_wrapper(wrapped, real))
                put_back = (setattr, model, name, real) if own else (delattr, model, name)
                undo.callback(*put_back)
        yield


def _either(
    inside: Callable[[], bool],
    real: Callable[..., Any],
    stand_in: Callable[..., Any],
    extra: list[Any],
    /,
    *args: Any,
    **kwargs: Any,
) -> Any:
    return stand_in(real, *extra, *args, **kwargs) if inside() else real(*args, **kwargs)
