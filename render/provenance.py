"""What made a picture, inside the picture itself, so that a folder needs no other memory.

The text stands in EXIF's ImageDescription as JSON: recipe, environment, and a seal, the SHA-256 of
the whole file with the seal's own digits as zeros. Readable by any EXIF tool; neither torch nor
Pillow is needed to read it here.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from typing import Any

FORM = 1
# Allow-listed: a picture must not tell its reader anything else of the machine it was made on.
ENVIRONMENT = (
    *("device", "dtype", "batch", "vae", "profile", "kernels", "threads"),
    *("torch", "diffusers", "transformers", "pillow"),
)
_OPEN = b"0" * 64
_TEXT = re.compile(rb'\{"sweetspot":%d,[\x20-\x7e]{0,200000}?,"sha256":"([0-9a-f]{64})"\}' % FORM)


def allowed(environment: dict[str, Any]) -> dict[str, Any]:
    """What of an environment is written down."""
    return {key: environment[key] for key in ENVIRONMENT if key in environment}


def described(recipe: dict[str, Any], environment: dict[str, Any]) -> bytes:
    """The EXIF block of a picture that is still to be sealed."""
    content = {
        "sweetspot": FORM,
        "recipe": recipe,
        "environment": allowed(environment),
        "sha256": _OPEN.decode(),
    }
    text = json.dumps(content, separators=(",", ":")).encode() + b"\0"
    # TIFF, little-endian: one directory at byte 8 with one text (type 2), which follows it at 26.
    entry = struct.pack("<HHII", 0x010E, 2, len(text), 26)
    return b"II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4) + text


def seal(content: bytes) -> bytes:
    """The finished file: as given, with its own digest in the place left open for it."""
    found = _TEXT.search(content)
    if found is None or found[1] != _OPEN:
        raise ValueError("expected a picture with a description that is not sealed yet")
    return _with(content, found.span(1), hashlib.sha256(content).hexdigest().encode())


def read(content: bytes) -> dict[str, Any] | None:
    """The sealed description of a picture; None when a byte of the file is not as it was made."""
    found = _TEXT.search(content)
    if found is None:
        return None
    bare = _with(content, found.span(1), _OPEN)
    if hashlib.sha256(bare).hexdigest().encode() != found[1]:
        return None
    try:
        told = json.loads(found[0])
    except (ValueError, RecursionError):
        return None
    whole = all(isinstance(told.get(key), dict) for key in ("recipe", "environment"))
    return told if whole else None


def size(content: bytes) -> tuple[int, int]:
    """Width and height in pixels of a WebP with metadata, from its VP8X header."""
    width, height = (int.from_bytes(content[i : i + 3], "little") + 1 for i in (24, 27))
    return width, height


def _with(content: bytes, span: tuple[int, int], digits: bytes) -> bytes:
    return content[: span[0]] + digits + content[span[1] :]
