"""Files that lie, and the sentence each of them is refused with."""

from __future__ import annotations

import json
import struct

ONE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
CUT = "The file is damaged or its download was cut short."


def packed(header: bytes | str, data: bytes = b"", length: int | None = None) -> bytes:
    """Returns a safetensors file with this header, whatever stands in it."""
    text = header.encode() if isinstance(header, str) else header
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(**changes: object) -> bytes:
    """Returns a file with one tensor, some of whose fields are changed."""
    return packed(json.dumps({"a": {**ONE, **changes}}), bytes(8))


def two(first: list[int], second: list[int], size: int) -> bytes:
    """Returns a file with two tensors of 8 bytes at these places."""
    header = {"a": {**ONE, "data_offsets": first}, "b": {**ONE, "data_offsets": second}}
    return packed(json.dumps(header), bytes(size))


def gguf(tail: bytes, version: int = 3, tensors: int = 0, pairs: int = 0) -> bytes:
    """Returns the front of a GGUF file with these counts."""
    return b"GGUF" + struct.pack("<IQQ", version, tensors, pairs) + tail


def text(content: bytes, length: int | None = None) -> bytes:
    """Returns a GGUF string."""
    return struct.pack("<Q", len(content) if length is None else length) + content


def info(name: bytes, shape: tuple[int, ...], kind: int, offset: int) -> bytes:
    """Returns what a GGUF file says of one tensor."""
    sizes = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
    return text(name) + sizes + struct.pack("<IQ", kind, offset)


SAFETENSORS = {
    "empty": (b"", "expected a model, got a file of 0 bytes."),
    "seven-bytes": (b"1234567", "expected a model, got a file of 7 bytes."),
    "zeros": (bytes(64), "header: expected a length above 0, got 0."),
    "length-2-40": (
        packed("{}", length=2**40),
        f"header: expected at most the 2 bytes that follow, got a length of {2**40}. {CUT}",
    ),
    "length-2-63": (
        packed("{}", length=2**63),
        f"header: expected at most the 2 bytes that follow, got a length of {2**63}. {CUT}",
    ),
    "length-all-ones": (
        b"\xff" * 8 + b"{}",
        f"header: expected at most the 2 bytes that follow, got a length of {2**64 - 1}. {CUT}",
    ),
    "cut-in-header": (
        packed('{"a":', length=500),
        f"header: expected at most the 5 bytes that follow, got a length of 500. {CUT}",
    ),
    "no-json": (packed("not json"), "header: expected JSON that begins with '{', "
                "got something else."),
    "half-json": (packed('{"a":'), "header: not JSON: Expecting value at character 5."),
    "list": (packed("[]"), "header: expected JSON that begins with '{', got something else."),
    "two-objects": (packed("{}{}"), "header: not JSON: Extra data at character 2."),
    "not-utf-8": (packed(b'{"\xff":1}'), "header: expected UTF-8, got the byte 0xff at 2."),
    "deep": (packed('{"a":' + "[" * 100_000), "header: not JSON that a model file has: "
             "nested too deeply."),
    "deep-objects": (packed('{"a":' * 100_000), "header: not JSON that a model file has: "
                     "nested too deeply."),
    "commas": (packed("{" + "," * 4_000_000), "header: expected at most some 200,000 tensors, "
               "got far more."),
    "nan": (packed('{"a":NaN}'), "header: not JSON: NaN is not a number."),
    "infinity": (packed('{"a":-Infinity}'), "header: not JSON: -Infinity is not a number."),
    "long-number": (packed('{"a":' + "9" * 5000 + "}"), "header: not JSON: Exceeds the limit "
                    "(4300 digits) for integer string conversion: value has 5000 digits."),
    "twice": (
        packed(f'{{"a":{json.dumps(ONE)},"a":{json.dumps(ONE)}}}', bytes(8)),
        "header: expected every name once, got 'a' twice.",
    ),
    "metadata-twice": (
        packed('{"__metadata__":{"a":"b","a":"c"}}'),
        "header: expected every name once, got 'a' twice.",
    ),
    "metadata-number": (
        packed('{"__metadata__":{"a":1}}'),
        "header: __metadata__: expected text for every key, got something else.",
    ),
    "metadata-list": (
        packed('{"__metadata__":[]}'),
        "header: __metadata__: expected text for every key, got something else.",
    ),
    "hidden-name": (
        packed(json.dumps({"\x1b[2J\u202e": 1})),
        r"tensor '\x1b[2J\u202e': expected dtype, shape and data_offsets, got something else.",
    ),
    "no-shape": (
        packed('{"a":{"dtype":"F32","data_offsets":[0,8]}}', bytes(8)),
        "tensor 'a': expected dtype, shape and data_offsets, got something else.",
    ),
    "dtype-number": (entry(dtype=1), "tensor 'a': expected a dtype that is text, "
                     "got something else."),
    "shape-negative": (entry(shape=[-1]), "tensor 'a': expected a shape of whole numbers from 0, "
                       "got something else."),
    "shape-broken": (entry(shape=[1.5]), "tensor 'a': expected a shape of whole numbers from 0, "
                     "got something else."),
    "shape-true": (entry(shape=[True]), "tensor 'a': expected a shape of whole numbers from 0, "
                   "got something else."),
    "shape-1e999": (
        packed('{"a":{"dtype":"F32","shape":[1e999],"data_offsets":[0,8]}}', bytes(8)),
        "tensor 'a': expected a shape of whole numbers from 0, got something else.",
    ),
    "shape-overflow": (entry(shape=[2**32, 2**32]), "tensor 'a': expected fewer than 2^63 "
                       "elements, got a shape of more."),
    "shape-long": (entry(shape=[1] * 65), "tensor 'a': expected a shape of whole numbers from 0, "
                   "got something else."),
    "shape-lies": (entry(shape=[3]), "tensor 'a': expected 12 bytes for its F32 and shape, "
                   "got data_offsets of 8."),
    "offsets-fall": (entry(data_offsets=[8, 0]), "tensor 'a': expected data_offsets that rise, "
                     "got 8 to 0."),
    "offsets-three": (entry(data_offsets=[0, 4, 8]), "tensor 'a': expected two data_offsets from "
                      "0, got something else."),
    "offsets-negative": (entry(data_offsets=[-8, 0]), "tensor 'a': expected two data_offsets from "
                         "0, got something else."),
    "overlap": (two([0, 8], [4, 12], 12), "data: expected 'b' right after 'a', "
                "got it overlapping it."),
    "same-place": (two([0, 8], [0, 8], 8), "data: expected 'b' right after 'a', "
                   "got it overlapping it."),
    "hole": (two([0, 8], [16, 24], 24), "data: expected 'b' right after 'a', "
             "got it 8 bytes further."),
    "hole-first": (two([8, 16], [16, 24], 24), "data: expected it to begin with a tensor, "
                   "got 8 unnamed bytes."),
    "cut-in-data": (two([0, 8], [8, 16], 12), f"data: expected 16 bytes for its tensors, "
                    f"got 12. {CUT}"),
    "polyglot": (two([0, 8], [8, 16], 116), "data: expected 16 bytes for its tensors, "
                 "got 100 more."),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(50), "expected safetensors, GGUF or a diffusers "
                "folder, got a PNG picture. Its settings, if it has any: sweetspot read."),
    "pointer": (b"version https://git-lfs.github.com/spec/v1\n", "expected safetensors, GGUF or a "
                "diffusers folder, got a Git LFS pointer. Fetch the file itself: git lfs pull."),
    "page": (b"<!DOCTYPE html><html>", "expected safetensors, GGUF or a diffusers folder, "
             "got a web page. A site sends one in place of a file, often until its terms are "
             "accepted. Get it again."),
    "refusal": (b'{"error":"Access to this model is restricted."}', "expected safetensors, GGUF or "
                "a diffusers folder, got JSON. A workflow's settings: sweetspot read. Where a "
                "model was expected, get it again."),
}  # fmt: skip

GGUF = {
    "gguf-short": (b"GGUF" + bytes(2), "expected a model, got a file of 6 bytes."),
    "gguf-cut": (b"GGUF" + bytes(6), "header: expected GGUF version 2 or 3, got 0."),
    "gguf-version": (gguf(b"", version=9), "header: expected GGUF version 2 or 3, got 9."),
    "gguf-tensors": (gguf(b"", tensors=2**63), f"header: expected at most 200000 tensors, "
                     f"got {2**63}."),
    "gguf-pairs": (gguf(b"", pairs=2**40), "header: expected at most 4000000 entries, got more."),
    "gguf-no-pair": (gguf(b"", pairs=1), f"header: expected 8 more bytes, got the end of the "
                     f"file. {CUT}"),
    "gguf-long-key": (gguf(text(b"a", 2**62), pairs=1), f"header: expected {2**62 - 1} more "
                      f"bytes, got the end of the file. {CUT}"),
    "gguf-bad-key": (gguf(text(b"\xff"), pairs=1), "header: expected UTF-8, got the byte 0xff."),
    "gguf-type": (gguf(text(b"a") + struct.pack("<I", 77), pairs=1), "header: 'a': expected a "
                  "known type of value, got 77."),
    "gguf-nested": (
        gguf(text(b"a") + struct.pack("<IIQ", 9, 9, 1), pairs=1),
        "header: 'a': expected a list of plain values, got 9.",
    ),
    "gguf-long-list": (
        gguf(text(b"a") + struct.pack("<IIQ", 9, 8, 2**50), pairs=1),
        "header: expected at most 4000000 entries, got more.",
    ),
    "gguf-key-twice": (
        gguf((text(b"a") + struct.pack("<IB", 7, 1)) * 2, pairs=2),
        "header: expected every key once, got 'a' twice.",
    ),
    "gguf-name-twice": (
        gguf(info(b"a", (2,), 0, 0) + info(b"a", (2,), 0, 32), tensors=2),
        "header: expected every name once, got 'a' twice.",
    ),
    "gguf-dimensions": (
        gguf(info(b"a", (1,) * 9, 0, 0), tensors=1),
        "tensor 'a': expected few dimensions, got 9.",
    ),
    "gguf-overflow": (
        gguf(info(b"a", (2**40, 2**40), 0, 0), tensors=1),
        "tensor 'a': expected fewer than 2^63 elements, got more.",
    ),
    "gguf-overlap": (
        gguf(info(b"a", (64,), 0, 0) + info(b"b", (64,), 0, 32) + bytes(999), tensors=2),
        "data: expected 'b' after 'a', got overlap.",
    ),
    "gguf-beyond": (
        gguf(info(b"a", (64,), 0, 0) + bytes(64), tensors=1),
        f"data: expected 256 bytes for its tensors, got 57. {CUT}",
    ),
    "gguf-alignment": (
        gguf(text(b"general.alignment") + struct.pack("<II", 4, 0), pairs=1),
        "header: expected an alignment of bytes, got '0'.",
    ),
}  # fmt: skip
