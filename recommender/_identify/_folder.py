# ruff: noqa: PTH113, PTH118, PTH119, PTH120, PTH208
"""Reads folders in the diffusers layout and *.index.json: small JSON files and headers alone."""

from __future__ import annotations

import os
from typing import Any

from . import _safetensors
from ._header import Header, Tensor
from ._open import Bad, Reader, is_folder, opened, read_json

INDEX = ".index.json"
_MOST_SHARDS = 256
_MAX_INDEX = 32 * 1024 * 1024
_NETWORKS = ("transformer", "unet", "prior", "decoder")
_CONFIGS = {
    "scheduler": "scheduler/scheduler_config.json",
    "transformer": "transformer/config.json",
    "unet": "unet/config.json",
}
_WEIGHTS = ("diffusion_pytorch_model", "model", "pytorch_model", "pytorch_lora_weights")


def read(folder: str) -> Header:
    """Returns what a diffusers folder says of itself and the header of its network's weights."""
    names = _listed(folder)
    header = Header("diffusers", {})
    if "model_index.json" in names:
        _config(header, "index", os.path.join(folder, "model_index.json"))
        for name, file in _CONFIGS.items():
            if os.path.isfile(os.path.join(folder, file)):
                _config(header, name, os.path.join(folder, file))
        for part in _NETWORKS:
            if part in names and is_folder(os.path.join(folder, part)):
                _weights(header, os.path.join(folder, part))
                break
    elif "config.json" in names:
        _config(header, "config", os.path.join(folder, "config.json"))
        _weights(header, folder)
    else:
        raise Bad(
            "expected a diffusers folder with model_index.json or config.json, got a folder "
            f"of {len(names)} other files. Name the file in it."
        )
    return header


def _listed(folder: str) -> set[str]:
    try:
        return set(os.listdir(folder))
    except OSError as error:
        raise Bad(f"cannot be opened: {error.strerror}.") from None


def _config(header: Header, name: str, path: str) -> None:
    try:
        header.configs[name], size = read_json(path)
    except Bad as error:
        raise Bad(f"{os.path.basename(path)}: {error}") from None
    header.bytes_read += size


def _weights(header: Header, folder: str) -> None:
    """Adds the tensors of the folder's weights, where they are safetensors and complete enough."""
    names = _listed(folder)
    for stem in _WEIGHTS:
        for middle in ("", ".fp16", ".bf16", ".fp8"):
            single = f"{stem}{middle}.safetensors"
            for name in (
                single + INDEX,
                f"{stem}.safetensors{INDEX.removesuffix('.json')}{middle}.json",
            ):
                if name in names:
                    _merge(header, read_index(os.path.join(folder, name)))
                    return
            if single in names:
                _merge(header, _file(os.path.join(folder, single)))
                return
    header.notes.append("No safetensors weights lie in the folder, so only its configs were read.")


def _merge(header: Header, weights: Header) -> None:
    header.tensors = weights.tensors
    header.metadata = weights.metadata
    header.bytes_read += weights.bytes_read
    header.notes += weights.notes


def _file(path: str) -> Header:
    try:
        with opened(path) as (stream, size):
            reader = Reader(stream, size)
            return _safetensors.read(reader, reader.take(min(size, _safetensors.START)))
    except Bad as error:
        raise Bad(f"{os.path.basename(path)}: {error}") from None


def read_index(path: str) -> Header:
    """Returns the names an index lists, with the shapes from those shards that lie beside it."""
    data, size = read_json(path, _MAX_INDEX)
    listed = data.get("weight_map")
    if not isinstance(listed, dict) or not all(isinstance(file, str) for file in listed.values()):
        raise Bad("weight_map: expected tensor names with the file each is in, got something else.")
    header = Header("safetensors-index", dict.fromkeys(listed, Tensor("unknown", None)))
    header.bytes_read = size
    shards = sorted(set(listed.values()))
    if len(shards) > _MOST_SHARDS:
        raise Bad(f"weight_map: expected at most {_MOST_SHARDS} files, got {len(shards)}.")
    absent = sum(not _add(header, os.path.dirname(path), shard) for shard in shards)
    if absent:
        header.notes.append(
            f"{absent} of the {len(shards)} files it lists are not here, so of theirs only the "
            "names were compared."
        )
    return header


def _add(header: Header, folder: str, shard: str) -> bool:
    if shard != os.path.basename(shard) or shard in ("", ".", "..") or "\\" in shard:
        raise Bad(f"weight_map: expected plain file names, got {Bad.quoted(shard)}.")
    path = os.path.join(folder, shard)
    if not os.path.lexists(path):
        return False
    part = _file(path)
    header.tensors.update({k: v for k, v in part.tensors.items() if k in header.tensors})
    header.metadata.update(part.metadata)
    header.bytes_read += part.bytes_read
    return True


def beside(path: str) -> str | None:
    """Returns the index that a shard such as model-00002-of-00003.safetensors belongs to."""
    folder, name = os.path.split(path)
    stem = name.removesuffix(".safetensors")
    first, of, total = stem.rpartition("-of-")
    start, dash, number = first.rpartition("-")
    if not (of and dash and total.isdecimal() and number.isdecimal()):
        return None
    index = os.path.join(folder, f"{start}.safetensors{INDEX}")
    return index if os.path.isfile(index) else None


def lookup(configs: dict[str, dict[str, Any]], key: str) -> Any:
    """Returns a config's value by a dotted key: 'scheduler.shift', or None."""
    name, _, field = key.partition(".")
    return configs.get(name, {}).get(field)
