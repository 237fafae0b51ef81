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


class BadPicture(RenderError):
    """A rendered picture that must not be kept."""


class DiskError(RenderError):
    """A file or folder that cannot be written; what was finished before is whole and stays."""
