"""Builds model files from the names and shapes in this folder, in the forms people store them.

The three JSON files hold what real classes make of their published configs on the meta device: the
classes of diffusers 0.42.1 and transformers 5 (class and config stand there), and those of the
projects whose names tools still use (repository, commit and file stand there). `{0-18}` counts,
`{bias,weight}` lists; `like` and `without` say what differs from another header.
"""

from __future__ import annotations

import io
import json
import re
import struct
from functools import cache
from math import prod
from pathlib import Path

Shapes = dict[str, tuple[int, ...]]
Tensors = dict[str, tuple[str, tuple[int, ...]]]
FOLDER = Path(__file__).parent
SIZES = {"BF16": 2, "F16": 2, "F32": 4, "U8": 1, "F8_E4M3": 1, "I32": 4, "I8": 1}
GGML = {"F32": (0, 1, 4), "F16": (1, 1, 2), "Q4_0": (2, 32, 18), "Q8_0": (8, 32, 34)}


@cache
def load(file: str) -> dict[str, Shapes]:
    """Returns name → tensor name → shape of one of the three files."""
    data = json.loads((FOLDER / f"{file}.json").read_text("utf-8"))
    found: dict[str, Shapes] = {}
    for name, entry in data.items():
        shapes = dict(found[entry["like"]]) if "like" in entry else {}
        for pattern in entry.get("without", []):
            for key in expand(pattern):
                del shapes[key]
        for pattern, shape in entry["tensors"].items():
            size = tuple(map(int, shape.split("x"))) if shape else ()
            shapes.update(dict.fromkeys(expand(pattern), size))
        found[name] = shapes
    return found


def expand(pattern: str) -> list[str]:
    """Returns the names that 'a.{0-1}.{bias,weight}' stands for."""
    part = re.search(r"\{([^{}]*)\}", pattern)
    if part is None:
        return [pattern]
    found = []
    for one in part[1].split(","):
        first, dash, last = one.partition("-")
        counted = dash and first.isdigit() and last.isdigit()
        values = map(str, range(int(first), int(last) + 1)) if counted else [one]
        for value in values:
            found += expand(pattern[: part.start()] + value + pattern[part.end() :])
    return found


def prefixed(shapes: Shapes, prefix: str) -> Shapes:
    """Returns the tensors with a prefix before every name."""
    return {prefix + name: shape for name, shape in shapes.items()}


def stored(shapes: Shapes, form: str) -> Tensors:
    """Returns the tensors as a storage form has them: bf16, fp8, nf4, gguf or nunchaku."""
    makers = {"bf16": _bf16, "fp8": _fp8, "nf4": _nf4, "gguf": _gguf}
    return makers[form](shapes)


def _bf16(shapes: Shapes) -> Tensors:
    return {name: ("BF16", shape) for name, shape in shapes.items()}


def _is_linear(name: str, shape: tuple[int, ...]) -> bool:
    return name.endswith(".weight") and len(shape) == 2 and min(shape) > 1


def _fp8(shapes: Shapes) -> Tensors:
    found: Tensors = {"scaled_fp8": ("F8_E4M3", (2,))}
    for name, shape in shapes.items():
        linear = _is_linear(name, shape)
        found[name] = ("F8_E4M3" if linear else "BF16"), shape
        if linear:
            found[name.removesuffix("weight") + "scale_weight"] = "F32", ()
    return found


def _nf4(shapes: Shapes) -> Tensors:
    found: Tensors = {}
    for name, shape in shapes.items():
        if not _is_linear(name, shape) or prod(shape) % 128 or "embed" in name.split(".")[0]:
            found[name] = "BF16", shape
            continue
        found[name] = "U8", (prod(shape) // 2, 1)
        found[f"{name}.absmax"] = "U8", (prod(shape) // 64,)
        found[f"{name}.quant_map"] = "F32", (16,)
        found[f"{name}.nested_absmax"] = "F32", (prod(shape) // 64 // 256 + 1,)
        found[f"{name}.nested_quant_map"] = "F32", (256,)
        found[f"{name}.quant_state.bitsandbytes__nf4"] = "U8", (147,)
    return found


def _gguf(shapes: Shapes) -> Tensors:
    return {
        name: ("Q8_0" if _is_linear(name, shape) and shape[1] % 32 == 0 else "F16", shape)
        for name, shape in shapes.items()
        if len(shape) <= 4
    }


def svdquant(shapes: Shapes) -> Tensors:
    """Returns the layers of transformer blocks as SVDQuant stores them, q, k and v fused."""
    found: Tensors = {}
    for name, shape in shapes.items():
        inside = re.match(r"(?:single_)?transformer_blocks\.|layers\.", name)
        if inside and _is_linear(name, shape):
            stem = re.sub(r"\.to_q\.weight$", ".to_qkv.weight", name)
            stem = re.sub(r"\.add_q_proj\.weight$", ".add_qkv_proj.weight", stem)
            if re.search(r"\.(to_[kv]|add_[kv]_proj)\.weight$", name):
                continue
            rows = shape[0] * (3 if stem != name else 1)
            base = stem.removesuffix("weight")
            found[base + "qweight"] = "I8", (rows, shape[1] // 2)
            found[base + "wscales"] = "BF16", (shape[1] // 64, rows)
            found[base + "proj_down"] = "BF16", (shape[1], 32)
            found[base + "proj_up"] = "BF16", (rows, 32)
            found[base + "smooth_factor"] = "BF16", (shape[1],)
        else:
            found[name] = "BF16", shape
    return found


FIRST_SVDQUANT = {
    ".attn.to_qkv.": ".qkv_proj.", ".attn.add_qkv_proj.": ".qkv_proj_context.",
    ".attn.to_out.0.": ".out_proj.", ".attn.to_add_out.": ".out_proj_context.",
    ".ff.net.0.proj.": ".mlp_fc1.", ".ff.net.2.": ".mlp_fc2.",
    ".ff_context.net.0.proj.": ".mlp_context_fc1.", ".ff_context.net.2.": ".mlp_context_fc2.",
    ".proj_mlp.": ".mlp_fc1.", ".proj_out.": ".mlp_fc2.", "proj_down": "lora_down",
    "proj_up": "lora_up", "smooth_factor": "smooth", ".attn.norm_": ".norm_",
}  # fmt: skip


def first_svdquant(shapes: Shapes) -> Tensors:
    """Returns FLUX.1 under the names the first release of SVDQuant gave its layers."""
    found: Tensors = {}
    for name, tensor in svdquant(shapes).items():
        if "transformer_blocks." in name:
            for new, old in FIRST_SVDQUANT.items():
                name = name.replace(new, old)
        found[name] = tensor
    return found


class File(io.RawIOBase):
    """A model file of which only the front exists; reading beyond it fails the test."""

    def __init__(self, front: bytes, size: int, name: str = "model.safetensors") -> None:
        self.front, self.size, self.name = front, size, name
        self.place = 0
        self.count = 0

    def seek(self, place: int, whence: int = 0) -> int:
        """Moves without reading."""
        self.place = place if whence == 0 else self.size + place
        return self.place

    def read(self, count: int = -1) -> bytes:
        """Reads from the front alone."""
        assert count >= 0, "read without a limit"
        part = self.front[self.place : self.place + count]
        assert len(part) == count or self.place + count > self.size, "a weight was read"
        self.place += len(part)
        self.count += len(part)
        return part


def safetensors(tensors: Tensors, metadata: dict[str, str] | None = None) -> tuple[bytes, int]:
    """Returns 8 + N bytes of a safetensors file and the size the whole file would have."""
    header: dict[str, object] = {"__metadata__": metadata} if metadata else {}
    at = 0
    for name, (kind, shape) in tensors.items():
        end = at + prod(shape) * SIZES[kind]
        header[name] = {"dtype": kind, "shape": list(shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text, 8 + len(text) + at


def gguf(tensors: Tensors, architecture: str | None = None) -> tuple[bytes, int]:
    """Returns the front of a GGUF file, padded for a reader in chunks, and the whole size."""
    pairs = [(b"general.architecture", architecture.encode())] if architecture else []
    front = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs))
    for key, value in pairs:
        front += struct.pack("<Q", len(key)) + key + struct.pack("<IQ", 8, len(value)) + value
    parts = [front]
    at = 0
    for name, (kind, shape) in tensors.items():
        number, block, width = GGML.get(kind, GGML["F16"])
        encoded = name.encode()
        parts.append(struct.pack("<Q", len(encoded)) + encoded + struct.pack("<I", len(shape)))
        parts.append(struct.pack(f"<{len(shape)}Q", *shape[::-1]) + struct.pack("<IQ", number, at))
        at += -(-prod(shape) // block * width // 32) * 32
    front = b"".join(parts)
    return front + bytes(min(at + 32, 70_000)), len(front) + at + 32


def opened(tensors: Tensors, form: str, name: str = "model.safetensors") -> File:
    """Returns the tensors as an opened file."""
    return File(*(gguf(tensors) if form == "gguf" else safetensors(tensors)), name)


def lora(shapes: Shapes, dialect: str, rank: int = 8) -> Tensors:
    """Returns a LoRA for every linear layer of a network's blocks, named as a trainer names it."""
    found: Tensors = {}
    for name, shape in shapes.items():
        if not _is_linear(name, shape) or not re.search(r"\.\d+\.", name):
            continue
        module = name.removesuffix(".weight")
        down, up = ("BF16", (rank, shape[1])), ("BF16", (shape[0], rank))
        if dialect == "kohya":
            base = "lora_unet_" + module.replace(".", "_")
            found[f"{base}.lora_down.weight"], found[f"{base}.lora_up.weight"] = down, up
            found[f"{base}.alpha"] = "F32", ()
        elif dialect == "lokr":
            base = "lycoris_" + module.replace(".", "_")
            found[f"{base}.lokr_w1"] = "F32", (4, 4)
            found[f"{base}.lokr_w2"] = "F32", (shape[0] // 4, shape[1] // 4)
        else:
            found[f"{dialect}{module}.lora_A.weight"] = down
            found[f"{dialect}{module}.lora_B.weight"] = up
    return found
