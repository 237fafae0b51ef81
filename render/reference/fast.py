"""A UNet as it trains fastest on a device."""

from __future__ import annotations

from collections.abc import Callable

import torch
from diffusers.models.attention_processor import AttnProcessor, AttnProcessor2_0

from .loop import Run
from .presets import Part


def prepared(net: torch.nn.Module, run: Run) -> torch.nn.Module:
    """A UNet as it trains fastest: on a CPU the fused attention kernel is slow backwards."""
    net = net.to(run.device, memory_format=torch.channels_last)
    net.set_attn_processor(AttnProcessor() if run.device == "cpu" else AttnProcessor2_0())
    return net


def compiled(net: torch.nn.Module, part: Part, run: Run) -> Callable[[int], torch.nn.Module]:
    """Gives the UNet of a step: through torch.compile if that was asked for.

    What does not compile runs as it is; so does the first step of each size, whose operations are
    counted: the compiler would see the counter and leave the network alone for good.
    """
    if not run.compile:
        return lambda step: net
    torch._dynamo.config.suppress_errors = True
    faster = torch.compile(net, dynamic=False)
    return lambda step: net if step < len(part.scenes) else faster
