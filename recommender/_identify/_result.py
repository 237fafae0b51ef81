"""What identify() answers, and how it reads on a terminal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from .._errors import visible

_COMPONENTS = {
    "bundle": "a bundle", "transformer": "the transformer", "unet": "the U-Net",
    "controlnet": "a ControlNet", "motion-module": "a motion module", "embedding": "an embedding",
    "image-adapter": "an image adapter", "vae": "a VAE", "text-encoder": "a text encoder",
    "lora": "a LoRA", "pipeline": "a pipeline",
}  # fmt: skip
_SHOWN = 8
# What a family is usually made for is not worth a word.
_PLAIN = ("text-to-image", "text-to-video", "any")


@dataclass(frozen=True, slots=True)
class Identification:
    """What a model file is, by its header alone, and what says so.

    `family` is None where nothing fits or several families do; `families` holds all that do.
    `candidates` are the models of the catalogue that cannot be told apart by this file, after its
    metadata, its folder and lastly its name have been heard. `abstained` is true where no family
    is sure. `contradictions` holds what disagrees with the tensors.
    """

    path: str
    format: str
    component: str | None
    family: str | None
    name: str | None
    families: tuple[str, ...]
    variants: tuple[str, ...]
    candidates: tuple[str, ...]
    quantisation: str | None
    dtype: str
    layout: str | None
    holds: tuple[str, ...]
    tensors: int
    bytes_read: int
    evidence: tuple[str, ...]
    name_says: str | None
    contradictions: tuple[str, ...]
    abstained: bool

    def to_dict(self) -> dict[str, Any]:
        """Returns the answer as plain data that JSON can hold."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }

    def headline(self) -> str:
        """Returns the answer in one line: 'SDXL family; the name says Lightning 4-step'."""
        if self.name is None:
            return "unknown"
        what = self.name
        if self.component in ("bundle", "transformer", "unet", "pipeline") and not self.abstained:
            what += " family"
        if self.component == "lora":
            what = f"LoRA for {what}"
        if len(self.variants) == 1 and self.variants[0] not in _PLAIN:
            what += f", {self.variants[0]}"
        return what + (f"; the name says {self.name_says}" if self.name_says else "")

    def lines(self) -> list[str]:
        """Returns the whole answer, one fact a line."""
        shown = [f"{visible(self.path, 300)}: {self.headline()}"]
        stored = self.quantisation or self.dtype.lower()
        part = _COMPONENTS.get(self.component or "", "an unknown component")
        if self.holds:
            part += f" with {' and '.join(self.holds)}"
        shown.append(f"  {part} · {self.format} · {stored} · {self.tensors} tensors")
        shown += [f"  contradiction: {line}" for line in self.contradictions]
        if len(self.variants) > 1:
            shown.append(f"  one of: {'; '.join(self.variants)}")
        if self.candidates:
            more = len(self.candidates) - _SHOWN
            tail = f" and {more} more" if more > 0 else ""
            alike = "is" if len(self.candidates) == 1 else "cannot be told apart"
            shown.append(f"  {alike}: {', '.join(self.candidates[:_SHOWN])}{tail}")
        return shown + [f"  {line}" for line in self.evidence]
