"""The networks of a Stable Diffusion pipeline as ONNX graphs, in single precision.

Each is wrapped so that a page needs no arithmetic of its own around it: the timestep is a float,
as many schedulers place steps between the trained ones; the decoder takes a sampler's latents as
they are and gives the bytes of a picture.
"""

from __future__ import annotations

import io
import warnings
from typing import Any
from unittest import mock

import onnx
import torch
from diffusers.models.upsampling import Upsample2D

OPSET = 20
ENDLESS = 20  # halvings that would leave no latents whole, so that diffusers tells every size


class TextEncoder(torch.nn.Module):
    """Token ids to the vectors that the UNet listens to."""

    def __init__(self, pipe: Any) -> None:
        super().__init__()
        self.encoder = pipe.text_encoder

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        return self.encoder(input_ids)[0]


class Denoiser(torch.nn.Module):
    """One call of the UNet, at any size.

    Halved twice, latents lose an odd row, and the way back must give it again: diffusers then
    tells each enlargement what size to come to. Here all are told, even where twice is right.
    """

    def __init__(self, pipe: Any) -> None:
        super().__init__()
        self.unet = pipe.unet

    def forward(
        self, sample: torch.Tensor, timestep: torch.Tensor, encoder_hidden_states: torch.Tensor
    ) -> torch.Tensor:
        always = mock.patch.object(self.unet, "num_upsamplers", ENDLESS)
        with always, mock.patch.object(Upsample2D, "forward", _enlarged):
            return self.unet(sample, timestep, encoder_hidden_states, return_dict=False)[0]


def _enlarged(
    layer: Upsample2D, hidden_states: torch.Tensor, output_size: Any = None
) -> torch.Tensor:
    """What Upsample2D does with a size, without its question whether 2^31 numbers are exceeded."""
    larger = torch.nn.functional.interpolate(hidden_states, size=output_size, mode="nearest")
    return layer.conv(larger)


class Decoder(torch.nn.Module):
    """A sampler's last latents to a picture: floats in 0..1, and the bytes a canvas takes."""

    def __init__(self, pipe: Any) -> None:
        super().__init__()
        self.decoder = pipe.vae.decoder
        self.scaling = pipe.vae.config.scaling_factor
        self.shift = pipe.vae.config.shift_factor or 0.0

    def forward(self, latents: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        decoded = self.decoder(latents / self.scaling + self.shift)
        picture = (decoded * 0.5 + 0.5).clamp(0, 1)
        levels = (picture.permute(0, 2, 3, 1) * 255).round()
        opaque = torch.full_like(levels[..., :1], 255)
        return picture, torch.cat([levels, opaque], -1).to(torch.uint8)


def text_encoder(pipe: Any) -> onnx.ModelProto:
    """`input_ids` [batch, words] to `prompt_embeds` [batch, words, width]."""
    words = pipe.tokenizer.model_max_length
    ids = torch.zeros(2, words, dtype=torch.int32)
    return _traced(TextEncoder(pipe), {"input_ids": (ids, {0: _batch()})}, ["prompt_embeds"])


def unet(pipe: Any) -> onnx.ModelProto:
    """`sample`, `timestep` [1], `encoder_hidden_states` to `out_sample`."""
    shape, batch = pipe.unet.config, _batch()
    high, wide = (torch.export.Dim(name, min=4, max=256) for name in ("high", "wide"))
    words = (2, pipe.tokenizer.model_max_length, shape.cross_attention_dim)
    inputs = {
        "sample": (torch.zeros(2, shape.in_channels, 13, 22), {0: batch, 2: high, 3: wide}),
        "timestep": (torch.zeros(1), {}),
        "encoder_hidden_states": (torch.zeros(words), {0: batch}),
    }
    return _traced(Denoiser(pipe), inputs, ["out_sample"])


def decoder(pipe: Any) -> onnx.ModelProto:
    """`latents` to `picture` [batch, 3, height, width] and `rgba` [batch, height, width, 4]."""
    high, wide = (torch.export.Dim(name, min=1, max=256) for name in ("high", "wide"))
    latents = torch.zeros(2, pipe.vae.config.latent_channels, 16, 24)
    inputs = {"latents": (latents, {0: _batch(), 2: high, 3: wide})}
    return _traced(Decoder(pipe), inputs, ["picture", "rgba"])


def _batch() -> Any:
    return torch.export.Dim("batch", min=1, max=16)


def _traced(
    network: torch.nn.Module, inputs: dict[str, tuple[torch.Tensor, dict[int, Any]]], out: list[str]
) -> onnx.ModelProto:
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of the exporter's own making, about its own parts
        program = torch.onnx.export(
            network.eval(),
            tuple(example for example, _ in inputs.values()),
            input_names=list(inputs),
            output_names=out,
            dynamic_shapes=tuple(sides for _, sides in inputs.values()),
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
        content = io.BytesIO()
        program.save(content)
    return _stripped(onnx.load_model_from_string(content.getvalue()))


def _stripped(model: onnx.ModelProto) -> onnx.ModelProto:
    """Without what only its author would read: where in whose source each node came from."""
    graph = model.graph
    for thing in (model, graph, *graph.node, *graph.initializer, *graph.input, *graph.output):
        thing.ClearField("doc_string")
        thing.ClearField("metadata_props")
    del graph.value_info[:]
    for field in ("producer_name", "producer_version", "domain"):
        model.ClearField(field)
    kept = {one.name for one in (*graph.input, *graph.output, *graph.initializer)} | {""}
    short: dict[str, str] = {}
    for node in graph.node:
        node.ClearField("name")
        for names in (node.input, node.output):
            for i, name in enumerate(names):
                if name not in kept:
                    names[i] = short.setdefault(name, f"v{len(short)}")
    return model
