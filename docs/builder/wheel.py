"""The library's wheel in the built site: what a page runs is what `pip install` would.

Built from this checkout without a network, and kept under .cache/ until a file of it changes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import recommender

FOLDER = "assets/vendor/sweetspot"
# What 1 January 1980, the oldest day a zip file knows, is in seconds: no clock in the wheel.
_NO_CLOCK = "315532800"


class WheelError(Exception):
    """The wheel cannot be built."""


def wheel() -> Path:
    """Returns the wheel of the checkout that `recommender` runs from, built where it changed.

    Raises WheelError with what the build said.
    """
    root = Path(recommender.__file__).parents[1]
    folder = root / ".cache/sweetspot" / f"wheel-{_digest(root)}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Builds may run side by side: each has a folder of its own, and the first is kept.
        with tempfile.TemporaryDirectory(dir=folder.parent) as own:
            build(root, Path(own) / "dist")
            try:
                (Path(own) / "dist").rename(folder)
            except OSError:
                if not folder.is_dir():
                    raise
        _forget(folder)
    (found,) = folder.glob("*.whl")
    return found


def build(root: Path, out: Path) -> None:
    """Builds the wheel of a checkout into a folder: for one commit always the same bytes."""
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(out)],
        cwd=root,
        env={**os.environ, "SOURCE_DATE_EPOCH": _NO_CLOCK},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise WheelError(f"{root}: the wheel cannot be built: {done.stderr.strip()[-800:]}")


def _digest(root: Path) -> str:
    """Returns what the wheel is made of in 16 signs: the catalogue, the code, the project."""
    whole = hashlib.sha256(str(recommender.catalogue(root)["digest"]).encode())
    parts = [
        *(root / "recommender").rglob("*.py"),
        root / "pyproject.toml",
        root / "hatch_build.py",
    ]
    for path in sorted(path for path in [*parts, root / "README.md"] if path.is_file()):
        whole.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()[:16]


def _forget(newest: Path) -> None:
    """Removes the wheels of earlier states."""
    for folder in newest.parent.glob("wheel-*"):
        if folder != newest:
            shutil.rmtree(folder, ignore_errors=True)
