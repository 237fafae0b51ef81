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
APART = "|"
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
    return frozenset(parts(name)) - {APART}


def parts(name: str) -> tuple[str, ...]:
    """Returns the same words in their order, each as often as it stands there.

    Two numbers with a space between them, or of which the second is no part of a version, have
    APART between them: '2.1 14b' and 'v2-1024px' are no versions 2.1.14 and 2.1024.
    """
    found: list[str] = []
    for piece in _folded(name).split():
        parted = ""
        for before, character in zip(" " + piece, piece, strict=False):
            if before.isalnum() and character.isalnum() and before.isdigit() != character.isdigit():
                parted += " "
            parted += character
        for at, word in enumerate(words(parted)):
            if word.isdigit() and found and found[-1].isdigit() and (at == 0 or len(word) > 2):
                found.append(APART)
            found.append(word)
    return tuple(found)


def counted_alike(wanted: tuple[str, ...], held: tuple[str, ...]) -> bool:
    """True where every number of one name stands in the other beside the same word or number.

    Words may stand in any order, numbers not: 'wan 2.5' is no 'Wan 2.2 TI2V 5B'.
    """
    there = _beside(held)
    return all(any(_alike(one, other) for other in there) for one in _beside(wanted))


def goes_on(wanted: tuple[str, ...], name: str) -> bool:
    """True where the name's version goes on behind the one wanted: 'v2' and 'Playground v2.5'."""
    dotted = {
        tuple(words(word.lstrip("abcdefghijklmnopqrstuvwxyz").replace(".", " ")))
        for word in _folded(name).replace("-", " ").replace("_", " ").split()
        if "." in word
    }
    lone = {number for _, number, after in _beside(wanted) if not after.isdigit()}
    return any(
        len(version) > 1 and version[0] in lone and any(part.strip("0") for part in version[1:])
        for version in dotted
    )


def _beside(words: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Returns each number among the words, between the word before it and the one after it."""
    around = ("", *words, "")
    return [(around[at], word, around[at + 2]) for at, word in enumerate(words) if word.isdigit()]


def _alike(wanted: tuple[str, str, str], held: tuple[str, str, str]) -> bool:
    (before, number, after), (ahead, other, behind) = wanted, held
    if number != other or before.isdigit() != ahead.isdigit():
        return False
    if before == ahead.strip(APART) or after == behind.strip(APART) != "":
        return True
    # 'flux hyper 8' names the steps of Hyper-FLUX-8steps, wherever it does.
    return behind in ("step", "steps", "b") and before != "v" and not before.isdigit()


def file_stem(name: str) -> str:
    """Returns a file's name without its folder and weight-file extension, or the name as it is."""
    lower = name.lower()
    for extension in EXTENSIONS:
        if lower.endswith(extension):
            return name[: -len(extension)].replace("\\", "/").rsplit("/", 1)[-1]
    return name


def without_storage(name: str) -> str:
    """Returns a name without the trailing words that only say how the weights are stored."""
    return " ".join(_kept(words(file_stem(name))))


def parts_without_storage(name: str) -> tuple[str, ...]:
    """Returns the parts of a name without the same trailing words."""
    stem = file_stem(name)
    written = words(stem)
    dropped = parts(" ".join(written[len(_kept(written)) :]))
    found = parts(stem)
    return found[: len(found) - len(dropped)]


def _kept(written: list[str]) -> list[str]:
    kept = list(written)
    while len(kept) > 1 and kept[-1] in STORAGE and _is_storage_tail(kept):
        kept.pop()
    return kept


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
