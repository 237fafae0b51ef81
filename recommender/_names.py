"""Loose names: what two spellings of one model have in common. Standard library alone, no `re`."""

from __future__ import annotations

# Words of a file name that say how the weights are stored and nothing about which model it is.
# fmt: off
STORAGE = frozenset((
    "fp32", "fp16", "fp8", "fp4", "bf16", "int8", "int4", "nf4", "e4m3fn", "e5m2", "scaled",
    "f16", "q8p", "q6p", "q5p", "q4p",  # Draw Things'
    "gguf", "bnb", "4bit", "8bit", "q2", "q3", "q4", "q5", "q6", "q8", "0", "1", "k", "s",
    "m", "l", "pruned", "ema", "emaonly", "nonema",
))
# fmt: on
EXTENSIONS = (".safetensors", ".gguf", ".ckpt", ".pth", ".pt", ".bin", ".sft")


def loose(name: str) -> str:
    """Returns the letters and digits of a name, in one case: 'FLUX.1 [dev]' gives 'flux1dev'."""
    return "".join(filter(str.isalnum, _folded(name)))


def words(name: str) -> list[str]:
    """Returns the words of a name, split at everything that is no letter or digit."""
    folded = _folded(name)
    return "".join(c if c.isalnum() else " " for c in folded).split()


def tokens(name: str) -> frozenset[str]:
    """Returns a name's words, letters and digits parted: 'flux1-dev' gives flux, 1 and dev."""
    parted = ""
    for before, character in zip(" " + name, name, strict=False):
        if before.isalnum() and character.isalnum() and before.isdigit() != character.isdigit():
            parted += " "
        parted += character
    return frozenset(words(parted))


def file_stem(name: str) -> str:
    """Returns a file's name without its folder and weight-file extension, or the name as it is."""
    lower = name.lower()
    for extension in EXTENSIONS:
        if lower.endswith(extension):
            return name[: -len(extension)].replace("\\", "/").rsplit("/", 1)[-1]
    return name


def without_storage(name: str) -> str:
    """Returns a name without the trailing words that only say how the weights are stored."""
    kept = words(file_stem(name))
    while len(kept) > 1 and kept[-1] in STORAGE and _is_storage_tail(kept):
        kept.pop()
    return " ".join(kept)


def _is_storage_tail(kept: list[str]) -> bool:
    # A lone number or letter belongs to storage only behind a quantisation such as Q4_K_M or q8_0.
    if len(kept[-1]) > 1:
        return True
    return any(word[0] == "q" and word[1:].isdigit() for word in kept[-3:-1])


def _folded(name: str) -> str:
    if name.isascii():
        return name.lower()
    from unicodedata import normalize

    return normalize("NFKC", name).casefold()
