"""Builds the reference models' own CLIP tokenizer: byte-pair merges learned from the captions.

Every word that captions use becomes one token; anything else falls back to pieces, down to single
bytes, so that no prompt is refused.
"""

from __future__ import annotations

import json
import random
from functools import cache

from tokenizers import Tokenizer, pre_tokenizers, trainers
from tokenizers.models import BPE
from transformers import CLIPTokenizer

from .scenes import Scene, caption

MAX_LENGTH = 32
START, END = "<|startoftext|>", "<|endoftext|>"


def build() -> CLIPTokenizer:
    """The tokenizer, the same on every machine."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = _learn_merges(tuple(alphabet))
    # CLIP's own order: bytes, bytes that end a word, merges, special tokens.
    words = [
        *alphabet,
        *(f"{b}</w>" for b in alphabet),
        *("".join(pair) for pair in merges),
        START,
        END,
    ]
    vocabulary = {word: i for i, word in enumerate(dict.fromkeys(words))}
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=MAX_LENGTH)


@cache  # the same captions teach the same merges every time
def _learn_merges(alphabet: tuple[str, ...]) -> list[tuple[str, str]]:
    blank = CLIPTokenizer()
    tokenizer = Tokenizer(BPE(end_of_word_suffix="</w>"))
    tokenizer.normalizer = blank.backend_tokenizer.normalizer
    tokenizer.pre_tokenizer = blank.backend_tokenizer.pre_tokenizer
    trainer = trainers.BpeTrainer(
        vocab_size=4096,  # more than the captions can fill: every one of their words gets merged
        min_frequency=2,
        initial_alphabet=list(alphabet),
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    rng = random.Random("tokenizer")
    tokenizer.train_from_iterator((caption(Scene.sample(i), rng) for i in range(20_000)), trainer)
    return [tuple(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]
