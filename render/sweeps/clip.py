"""CLIP score, for users who have a CLIP model's weights: how well a picture fits its prompt.

The cosine of the picture's and the prompt's embeddings, times 100 (Hessel et al. 2021,
arXiv:2104.08718, without their factor of 2.5). It stands beside change and decides nothing: how
large a difference matters depends on the CLIP model, and no margin for it is published.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..errors import RenderError
from ..models import folder_digest


class ClipScore:
    """A CLIP model from a local folder of safetensors."""

    def __init__(self, folder: Path) -> None:
        from transformers import CLIPModel, CLIPProcessor

        options = {"local_files_only": True, "trust_remote_code": False}
        try:
            self._model = CLIPModel.from_pretrained(folder, use_safetensors=True, **options).eval()
            # Else torchvision, where it is installed, would scale pictures in another way.
            self._processor = CLIPProcessor.from_pretrained(folder, backend="pil", **options)
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())[:200]
            raise RenderError(
                f"--clip {folder}: expected a folder with a CLIP model and its processor, "
                f"got: {reason}"
            ) from None
        self.digest = folder_digest(folder)

    def scores(self, pictures: list[Any], prompts: list[str]) -> list[float | None]:
        """One score a picture, -100 to 100; None for a picture that could not be made."""
        return [
            None if isinstance(picture, str) else self._score(picture, prompt)
            for picture, prompt in zip(pictures, prompts, strict=True)
        ]

    def _score(self, picture: np.ndarray, prompt: str) -> float:
        import torch

        given = self._processor(
            text=[prompt], images=[picture], return_tensors="pt", truncation=True
        )
        with torch.no_grad():
            answer = self._model(**given)
        return round(100 * float((answer.text_embeds * answer.image_embeds).sum()), 4)
