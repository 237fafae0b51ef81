"""The tokenizer of the reference models as a page needs it: merges of whole numbers, no text.

Byte b of a word is token `bytes[b]`, its last byte `end_of_word` more; merge k makes one token of
two, and is `first_merge` + k. That holds of every tokenizer that `render/reference` builds.
"""

from __future__ import annotations

import json
from typing import Any

from ..errors import RenderError


def vocabulary(tokenizer: Any, words: set[str]) -> dict[str, Any]:
    """What to write into vocabulary.json; `words` are those that the model has read."""
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    model = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
    known, merges = model["vocab"], model["merges"]
    letters = bytes_to_unicode()
    first_merge = 2 * len(letters)
    as_told = {
        **{f"{letter}</w>": known[letter] + len(letters) for letter in letters.values()},
        **{"".join(pair): first_merge + k for k, pair in enumerate(merges)},
    }
    if any(known[piece] != i for piece, i in as_told.items()):
        raise RenderError("tokenizer: expected CLIP's order of tokens, got another.")
    return {
        "length": tokenizer.model_max_length,
        "start": tokenizer.bos_token_id,
        "end": tokenizer.eos_token_id,
        "pad": tokenizer.pad_token_id,
        "bytes": [known[letters[byte]] for byte in range(256)],
        "end_of_word": len(letters),
        "first_merge": first_merge,
        "merges": [[known[left], known[right]] for left, right in merges],
        "words": sorted(words),
    }
