"""What `render audit` says when it cannot compare a picture with itself."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from render.__main__ import main
from render.pipelines import Studio


def audit(studio: SimpleNamespace, out: Path) -> int:
    return main(["audit", str(studio.plan), "--out", str(out), "--n", "4"])


def test_a_folder_without_published_pictures_cannot_be_audited(
    studio: SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that was mistyped is no clean bill."""
    nowhere = tmp_path / "nowhere"
    assert audit(studio, nowhere) == 2
    assert capsys.readouterr() == (
        "",
        f"{nowhere}: expected a published picture of test, got none. Render them first, or name "
        "their folder with --out.\n",
    )


def test_a_picture_that_cannot_be_made_again_is_named_and_the_others_are_compared(
    finished: SimpleNamespace,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Here the unconditional half, which guidance 1 does not compute, gives NaN."""
    load = Studio.__init__

    def broken(self, *arguments, **options):
        load(self, *arguments, **options)
        encode = self.pipe.encode_prompt

        def encoded(*args, **kwargs):
            positive, negative = encode(*args, **kwargs)
            return positive, negative if negative is None else negative * torch.nan

        self.pipe.encode_prompt = encoded

    monkeypatch.setattr(Studio, "__init__", broken)
    capsys.readouterr()
    assert audit(finished, finished.out) == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[-1].startswith("same environment: 2 pictures, 2 equal to the last bit")
    assert sorted(err.splitlines()) == [
        f"test: tiny-sd at prompt = {prompt}, guidance_scale = 3.0: the final latents hold NaN or "
        "infinite values."
        for prompt in ("castle", "sea")
    ]
