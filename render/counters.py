"""What a run did, counted. No torch here: a run with nothing to do counts zeros without it."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass
class Counters:
    """How often each costly thing happened. A row is one picture's share of a denoiser call."""

    model_loads: int = 0
    text_encodes: int = 0
    image_encodes: int = 0
    cache_hits: int = 0  # text and image encodings that were there already
    denoiser_calls: int = 0
    denoiser_rows: int = 0  # rows that belong to a picture
    shared_rows: int = 0  # rows not computed, since another picture had the same
    padding_rows: int = 0  # rows computed only to fill a batch
    checks: int = 0  # denoiser calls to find out which calls stack, and in which widths
    alone: int = 0  # denoiser calls that could not share a batch, or needed none
    replays: int = 0  # batches that a CUDA graph answered
    decodes: int = 0

    def called(self, rows: int, width: int | None) -> None:
        """One denoiser call: a batch of `width` rows, or one that ran alone."""
        self.denoiser_calls += 1
        self.denoiser_rows += rows
        self.padding_rows += width - rows if width else 0
        self.alone += width is None

    def to_dict(self) -> dict[str, int]:
        return asdict(self)

    def add(self, more: dict[str, int]) -> None:
        """Adds what another process counted."""
        for name, count in more.items():
            setattr(self, name, getattr(self, name) + count)

    def __str__(self) -> str:
        return ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in asdict(self).items())
