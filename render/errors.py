"""What can go wrong in the studio.

SweetspotError
└── RenderError            a request that cannot be met, in one sentence
    ├── BadPicture         a picture that must not be kept: NaN, blank, still noise
    └── DiskError          a file that could not be written: where, why, how much room there is
"""

from __future__ import annotations

from recommender import SweetspotError


class RenderError(SweetspotError):
    """A plan, model or folder that cannot be rendered; the message says where and why."""


def of_cell(plan: str, cell: str, error: Exception) -> str:
    """One line about a cell that could not be made."""
    said = " ".join(str(error).split())
    if not isinstance(error, RenderError):
        said = f"{type(error).__name__}: {said[:300]}"
    return f"{plan}: {cell}: {said.removesuffix('.')}."


class BadPicture(RenderError):
    """A rendered picture that must not be kept."""


class DiskError(RenderError):
    """A file or folder that cannot be written; what was finished before is whole and stays."""
