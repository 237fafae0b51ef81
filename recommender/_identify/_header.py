"""What a model file's header holds, whatever its format: tensors, metadata, how it is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Tensor(NamedTuple):
    """One tensor of a header; `shape` is None where packing or a missing shard hides it.

    `numbers` is how many numbers a packed tensor holds, where its packing tells that much.
    """

    dtype: str
    shape: tuple[int, ...] | None
    numbers: int | None = None


@dataclass(slots=True)
class Header:
    """The tensors and the metadata of one model, and the bytes that were read to learn them."""

    format: str
    tensors: dict[str, Tensor]
    metadata: dict[str, str] = field(default_factory=dict)
    configs: dict[str, dict[str, object]] = field(default_factory=dict)
    bytes_read: int = 0
    notes: list[str] = field(default_factory=list)


# Packed weights are whole numbers of some width; their shape says nothing of the layer's.
_PACKED = frozenset(("U8", "I8", "U16", "I16", "U32", "I32", "I64", "U64", "F4", "F6_E2M3"))
_FOUR_BITS = (".quant_state.bitsandbytes__nf4", ".quant_state.bitsandbytes__fp4")
_WEIGHT = ".weight"


def unpacked(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Returns the tensors with logical shapes: what packing hides is restored, or becomes None.

    A 4-bit weight of bitsandbytes is one column of bytes; its bias gives the rows back, and so
    the columns. A `.qweight` (SVDQuant, GPTQ) stands for the `.weight` it replaced.
    """
    found: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.dtype in _PACKED and tensor.shape is not None and len(tensor.shape) > 1:
            found[name] = _restored(name, tensor.dtype, tensor.shape, tensors)
            if name.endswith(".qweight"):
                found.setdefault(name[: -len(".qweight")] + _WEIGHT, Tensor(tensor.dtype, None))
        else:
            found[name] = tensor
    return found


def _restored(
    name: str, dtype: str, shape: tuple[int, ...], tensors: Mapping[str, Tensor]
) -> Tensor:
    if len(shape) != 2 or not any(name + mark in tensors for mark in _FOUR_BITS):
        return Tensor(dtype, None)
    count = shape[0] * shape[1] * 2
    bias = tensors.get(name.removesuffix(_WEIGHT) + ".bias")
    if bias is None or not bias.shape or not bias.shape[0] or count % bias.shape[0]:
        return Tensor(dtype, None, count)
    return Tensor(dtype, (bias.shape[0], count // bias.shape[0]), count)


def quantisation(header: Header) -> str | None:
    """Returns in which quantised form the weights are stored, or None for plain floats."""
    tensors = header.tensors
    ends = {name.rpartition(".")[2] for name in tensors}
    types = {tensor.dtype for tensor in tensors.values()}
    if header.format == "gguf":
        usual = usual_type(tensors.values())
        return None if usual in ("F32", "F16", "BF16", "F64") else f"GGUF {usual}"
    if "bitsandbytes__nf4" in ends:
        return "bitsandbytes nf4"
    if "bitsandbytes__fp4" in ends:
        return "bitsandbytes fp4"
    if "qweight" in ends and "wscales" in ends:
        return "SVDQuant fp4" if {"wtscale", "wcscales"} & ends else "SVDQuant int4"
    if "qweight" in ends:
        return "GPTQ or AWQ"
    if "SCB" in ends:
        return "bitsandbytes int8"
    if "weight_scale_2" in ends:
        return "nvfp4"
    fp8 = next((name for name in ("F8_E4M3", "F8_E5M2") if name in types), None)
    if fp8:
        scaled = {"scaled_fp8", "scale_weight", "weight_scale"} & ends
        return f"fp8 {'scaled ' if scaled else ''}({fp8[3:].lower()})"
    if "scales" in ends and "U32" in types:
        return "MLX"
    packed = {"U8", "I8", "I32"} & types
    return "SDNQ" if "scale" in ends and packed else None


def usual_type(tensors: Iterable[Tensor]) -> str:
    """Returns the number type that most of the weights have."""
    counts: dict[str, int] = {}
    for tensor in tensors:
        if tensor.shape is None or len(tensor.shape) > 1:
            counts[tensor.dtype] = counts.get(tensor.dtype, 0) + 1
    return max(counts, key=lambda name: counts[name]) if counts else "unknown"
