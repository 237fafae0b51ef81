"""Reads the settings that tools write into pictures and workflows. Standard library alone.

Containers (png, webp, jpeg, avif, exif, xmp) give texts; a file per tool reads its own format;
`read` opens a file, asks both, and says what could not be read. No pixel is ever decoded.
"""

from __future__ import annotations

from .draft import Lora, ReadSettings
from .read import read_settings

__all__ = ["Lora", "ReadSettings", "read_settings"]
