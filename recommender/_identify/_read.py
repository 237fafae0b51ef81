"""From a path or an opened file to its header, or one sentence why there is none."""

from __future__ import annotations

import os
from typing import BinaryIO

from .._errors import UnreadableError, visible
from . import _folder, _gguf, _safetensors
from ._header import Header
from ._open import Bad, Reader, is_folder, opened

Path = str | os.PathLike[str] | BinaryIO
_PICKLES = (b"PK\x03\x04", b"\x80\x01", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_PICKLED = (".ckpt", ".pt", ".pth", ".bin", ".pkl")
_PICTURE = "Its settings, if it has any: sweetspot read."
_REFUSED = "A site sends one in place of a file, often until its terms are accepted. Get it again."
_KNOWN_KINDS = {
    b"\x89PNG": f"a PNG picture. {_PICTURE}",
    b"\xff\xd8\xff": f"a JPEG picture. {_PICTURE}",
    b"RIFF": f"a RIFF file. {_PICTURE}",
    b"<!DO": f"a web page. {_REFUSED}",
    b"<!do": f"a web page. {_REFUSED}",
    b"<htm": f"a web page. {_REFUSED}",
    b"version ": "a Git LFS pointer. Fetch the file itself: git lfs pull.",
}


def read(path: Path) -> tuple[str, Header]:
    """Returns a file's name and its header; UnreadableError names the file and the cause."""
    if isinstance(path, str | os.PathLike):
        name = os.fsdecode(os.fspath(path))
        read_it = _of_path
    else:
        name = str(getattr(path, "name", "the stream"))
        read_it = None
    try:
        return name, read_it(name) if read_it else _of_stream(path, name)  # type: ignore[arg-type]
    except Bad as error:
        raise UnreadableError(f"{visible(name, 300)}: {error}") from None
    except OSError as error:
        raise UnreadableError(f"{visible(name, 300)}: cannot be read: {error.strerror}.") from None


def _of_path(path: str) -> Header:
    if is_folder(path):
        return _folder.read(path)
    if path.endswith(_folder.INDEX):
        return _folder.read_index(path)
    with opened(path) as (stream, size):
        header = _of_stream(stream, path, size)
    index = _folder.beside(path) if header.format == "safetensors" else None
    if index is not None:
        header = _folder.read_index(index)
        header.notes.append("It is one file of several, so all that its index lists were read.")
    return header


def _of_stream(stream: BinaryIO, name: str, size: int | None = None) -> Header:
    if size is None:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
    if size <= _safetensors.START:
        raise Bad(f"expected a model, got a file of {size} bytes.")
    reader = Reader(stream, size)
    start = reader.take(_safetensors.START)
    if start[:4] == _gguf.MAGIC:
        return _gguf.read(reader, start)
    _refuse(start, name)
    return _safetensors.read(reader, start)


def _refuse(start: bytes, name: str) -> None:
    """Says what a file is that is no safetensors; a pickle is never opened, whatever its name."""
    if start[4:] == b"\0\0\0\0{":  # as a safetensors file begins, and no pickle does
        return
    for magic, kind in _KNOWN_KINDS.items():
        if start.startswith(magic):
            raise Bad(f"expected safetensors, GGUF or a diffusers folder, got {kind}")
    if start.startswith((b"{", b"[")) and b"\0" not in start:  # a length would have zeros
        raise Bad(
            "expected safetensors, GGUF or a diffusers folder, got JSON. "
            "A workflow's settings: sweetspot read. Where a model was expected, get it again."
        )
    if start.startswith(_PICKLES) or name.lower().endswith(_PICKLED):
        raise Bad(
            "expected safetensors, GGUF or a diffusers folder, got a pickle. It can run code when "
            "it is read, so it was not opened. Convert it to safetensors."
        )
