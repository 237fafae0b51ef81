"""What can go wrong in the studio.

SweetspotError
└── RenderError            a request that cannot be met, in one sentence
    └── BadPicture         a picture that must not be kept: NaN, blank, still noise
"""

from __future__ import annotations

from recommender import SweetspotError


class RenderError(SweetspotError):
    """A plan, model or folder that cannot be rendered; the message says where and why."""


class BadPicture(RenderError):
    """A rendered picture that must not be kept."""
