# ruff: noqa: PTH112, PTH118, PTH122, PTH123, PTH207
"""Which weights lie in a folder or run in a pipeline: what a measurement holds for, and no other.

A model's file may pin its weights by their digest. A folder with these bytes is that model,
whatever else it looks like.
"""

from __future__ import annotations

import json
import os
import struct
from glob import escape, glob
from hashlib import sha256
from typing import Any

from .._catalog import Catalogue
from .._names import loose

_COUNTED = (".json", ".safetensors", ".txt")
_PIECE = 1 << 20
# Pictures and measurements name the reference models as they were when their configurations still
# named a folder of the machine that trained them, which nothing reads. New weights end this.
_BEFORE = {
    "8649b4dc0e87d74a2e970661fbf49516": "35f846edf22289c1392b5fcd971411bf",
    "cc743b6d4bb340ed1cdfefd2bc9c331d": "2e3d2861fbd6a1d4eb040c4ad32e4c7f",
}
_SAMPLE = 4  # values compared of each tensor: a fused LoRA or more training moves them all
_FORMATS = {"F64": ("d", 8), "F32": ("f", 4), "F16": ("e", 2), "BF16": ("H", 2)}
_ROUNDED = {"torch.bfloat16": 2**-7, "torch.float16": 2**-10}


def told_by_weights(known: Catalogue, path: str, known_as: str | None) -> str | None:
    """Returns the model whose pinned weights lie at a path, of those it or `known_as` names.

    No other model is tried: reading the weights of a large one takes minutes.
    """
    last = path.rstrip("/\\").replace("\\", "/").rsplit("/", 1)[-1]
    for id in known["names"].get(loose(known_as or last), []):
        pinned = known.models[id].get("weights")
        if pinned and digest(path) == pinned:
            return str(id)
    return None


def weights_of(known: Catalogue, id: str, path: str) -> str | None:
    """Returns the digest of the weights at a path; read only where a measurement names one."""
    return digest(path) if id in known["sweet_spots"] else None


def weights_in(known: Catalogue, id: str, pipe: Any, path: str) -> str | None:
    """Returns the digest of a pipeline's weights, empty where it no longer runs what it loaded."""
    found = weights_of(known, id, path)
    return found if not found or unchanged(pipe, path) else ""


def digest(folder: str) -> str:
    """Returns one digest over every configuration and weight file of a folder, names included.

    It is empty for what is no folder: one file is not all that a measurement was made with.
    """
    if not os.path.isdir(folder):
        return ""
    total = sha256()
    for name in sorted(_files(folder), key=lambda one: one.split("/")):
        total.update(f"{name} {_of_file(os.path.join(folder, name))}\n".encode())
    found = total.hexdigest()[:32]
    return _BEFORE.get(found, found)


def _files(folder: str) -> list[str]:
    return [
        os.path.relpath(os.path.join(here, name), folder).replace(os.sep, "/")
        for here, _, names in os.walk(folder)
        for name in names
        if os.path.splitext(name)[1] in _COUNTED
    ]


def _of_file(path: str) -> str:
    content = sha256()
    with open(path, "rb") as stream:
        while piece := stream.read(_PIECE):
            content.update(piece)
    return content.hexdigest()


def unchanged(pipe: Any, folder: str) -> bool:
    """True where every network of a pipeline comes from this folder and still holds its values.

    False for a network put in place of another, a LoRA that is loaded or was fused, more training,
    and for what cannot be looked at. The folder is one whose digest is known.
    """
    parts = getattr(pipe, "components", {})
    networks = {n: one for n, one in parts.items() if hasattr(one, "named_parameters")}
    try:
        return bool(networks) and all(_same(one, folder, n) for n, one in networks.items())
    except (OSError, ValueError, RuntimeError, AttributeError, LookupError, struct.error):
        return False


def _same(network: Any, folder: str, part: str) -> bool:
    config = getattr(network, "config", {})
    origin = getattr(config, "_name_or_path", None) or config.get("_name_or_path")
    if os.path.normpath(str(origin)) != os.path.normpath(os.path.join(folder, part)):
        return False
    stored: dict[str, tuple[float, ...]] = {}
    for path in glob(os.path.join(escape(folder), part, "*.safetensors")):
        stored |= _samples(path)
    found = dict(network.named_parameters())
    both = stored.keys() & found.keys()
    return (
        bool(both)
        and not any(".lora_" in n for n in found)
        and all(_close(found[name], stored[name]) for name in both)
    )


def _samples(path: str) -> dict[str, tuple[float, ...]]:
    """Returns the first values of each tensor of a safetensors file."""
    found = {}
    with open(path, "rb") as stream:
        size = int.from_bytes(stream.read(8), "little")
        header = json.loads(stream.read(size))
        header.pop("__metadata__", None)
        for name, one in header.items():
            letter, width = _FORMATS.get(one["dtype"], ("", 0))
            begin, end = one["data_offsets"]
            count = min(_SAMPLE, (end - begin) // width) if width else 0
            stream.seek(8 + size + begin)
            values = struct.unpack(f"<{count}{letter}", stream.read(count * width))
            found[name] = tuple(map(_widened, values)) if letter == "H" else values
    return {name: values for name, values in found.items() if values}


def _widened(bits: int) -> float:
    """Returns a bfloat16, given as its 16 bits: the upper half of a float32."""
    number: float = struct.unpack("<f", struct.pack("<I", bits << 16))[0]
    return number


def _close(tensor: Any, stored: tuple[float, ...]) -> bool:
    """True where a tensor begins with these values, as far as its own precision goes."""
    slack = _ROUNDED.get(str(tensor.dtype), 2**-20)
    values = tensor.detach().flatten()[: len(stored)].tolist()
    return all(
        abs(value - was) <= slack * max(abs(was), 2**-14)
        for value, was in zip(values, stored, strict=True)
    )
