"""LPIPS, for users who have its weights: the distance of two pictures to a trained network.

Zhang et al. 2018 (arXiv:1801.03924), version 0.1 on AlexNet: at five depths the features of both
pictures, each of unit length, are subtracted and squared; learned weights, none negative, say what
of it a person sees. Every package that computes it builds its AlexNet with torchvision, whose
wheels fit only the torch build they were made beside. So the five layers stand here, held by a test
to what torchmetrics and the authors' own package give. The learned weights come with torchmetrics,
AlexNet's from the disk: nothing is downloaded, and no pickle runs code.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import RenderError

FILES = "alexnet-owt-????????.pth"  # as torchvision names it: the first digits of its SHA-256
PUBLISHED = "alexnet-owt-7be5be79.pth"
LEARNED = "torchmetrics/functional/image/lpips_models/alex.pth"
LEARNED_SHA256 = "df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0"
CHANNELS = (64, 192, 384, 256, 256)
SHIFT, SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)  # of pictures between -1 and 1
FETCH = "python -c \"import torchvision; torchvision.models.alexnet(weights='IMAGENET1K_V1')\""


class Lpips:
    """LPIPS 0.1 with the AlexNet of a folder, or of torch hub's cache."""

    name = "lpips"
    noticeable = None  # nobody has published, nor have we measured, a just noticeable distance

    def __init__(self, folder: Path | None = None) -> None:
        self._learned = _learned()
        path = _found(folder)
        self.digest = _digest(path)
        named = path.stem.removeprefix("alexnet-owt-")
        if not self.digest.startswith(named):
            raise RenderError(
                f"{path}: expected a file whose SHA-256 begins with {named}, as its name says, "
                f"got {self.digest[:8]}. Remove it and run: {FETCH}"
            )
        self._stages = _stages(path)

    @property
    def package(self) -> str:
        """Where the learned weights come from."""
        return f"torchmetrics {distribution('torchmetrics').version}"

    def __call__(self, a: np.ndarray, b: np.ndarray) -> float:
        """LPIPS of two uint8 pictures [height, width, 3]: 0 (equal) upwards, seldom above 1."""
        import torch

        total = 0.0
        with torch.inference_mode():
            one, other = (self._scaled(picture) for picture in (a, b))
            for stage, learned in zip(self._stages, self._learned, strict=True):
                one, other = stage(one), stage(other)
                apart = (_unit(one) - _unit(other)) ** 2
                total += float((apart * learned).sum(1).mean())
        return total

    def _scaled(self, picture: np.ndarray) -> Any:
        import torch

        pixels = torch.from_numpy(picture.astype(np.float32) / 127.5 - 1).permute(2, 0, 1)
        shift, scale = (torch.tensor(three)[:, None, None] for three in (SHIFT, SCALE))
        return ((pixels - shift) / scale)[None]


def _unit(features: Any) -> Any:
    return features / (features.square().sum(1, keepdim=True).sqrt() + 1e-10)


def _found(folder: Path | None) -> Path:
    """AlexNet's file in a folder, the published one before others."""
    if folder is None:
        import torch

        where, place = "--metric lpips", Path(torch.hub.get_dir()) / "checkpoints"
    else:
        where, place = f"--weights {folder}", folder
    named = (path for path in place.glob(FILES) if path.is_file())
    files = sorted(named, key=lambda path: (path.name != PUBLISHED, path.name))
    if not files:
        raise RenderError(
            f"{where}: expected {PUBLISHED} in {place}, got none. Nothing is downloaded here. "
            f"Where torchvision is, this fetches its 233 MB: {FETCH}"
        )
    return files[0]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _stages(path: Path) -> Any:
    """AlexNet up to each of its five ReLUs, with the weights of a file that torchvision wrote."""
    from torch.nn import Conv2d, MaxPool2d, ReLU, Sequential

    c = CHANNELS
    layers = Sequential(
        *(Conv2d(3, c[0], 11, stride=4, padding=2), ReLU(), MaxPool2d(3, 2)),
        *(Conv2d(c[0], c[1], 5, padding=2), ReLU(), MaxPool2d(3, 2)),
        *(Conv2d(c[1], c[2], 3, padding=1), ReLU()),
        *(Conv2d(c[2], c[3], 3, padding=1), ReLU()),
        *(Conv2d(c[3], c[4], 3, padding=1), ReLU()),
    )
    stored = _loaded(path)
    kept = {
        name.removeprefix("features."): tensor
        for name, tensor in stored.items()
        if name.startswith("features.")  # the rest tells cats from dogs
    }
    try:
        layers.load_state_dict(kept)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise RenderError(f"{path}: expected the weights of AlexNet, got: {reason}") from None
    layers.eval().requires_grad_(False)
    return [layers[start:end] for start, end in ((0, 2), (2, 5), (5, 8), (8, 10), (10, 12))]


def _loaded(path: Path) -> dict[str, Any]:
    """A file of tensors: anything else that a pickle may hold is refused, not run."""
    import torch

    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle can end in almost any
        # Not torch's own words: they tell how to run what the file holds.
        raise RenderError(
            f"{path}: expected a file of tensors and nothing else, got one that cannot be read as "
            f"such ({type(error).__name__})."
        ) from None
    if not isinstance(stored, dict) or not all(isinstance(name, str) for name in stored):
        raise RenderError(f"{path}: expected named tensors, got a {type(stored).__name__}.")
    return stored


def _learned() -> list[Any]:
    """How much each feature counts, by depth; of torchmetrics only this file is read."""
    try:
        path = Path(str(distribution("torchmetrics").locate_file(LEARNED)))
    except PackageNotFoundError:
        raise RenderError(
            "--metric lpips: expected torchmetrics, which brings its learned weights, got none. "
            "Run: python -m pip install -e '.[perceptual]'"
        ) from None
    if not path.is_file() or _digest(path) != LEARNED_SHA256:
        raise RenderError(
            f"{path}: expected the learned weights of LPIPS 0.1 (SHA-256 {LEARNED_SHA256[:8]}…), "
            "got none or others. Run: pip install --force-reinstall torchmetrics"
        )
    stored = _loaded(path)
    return [stored[f"lin{depth}.model.1.weight"] for depth in range(len(CHANNELS))]
