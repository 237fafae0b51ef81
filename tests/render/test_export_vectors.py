"""The page's known answers, computed again from the files that the page reads, and nothing else."""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import regex
import torch

from render.export import files, parity

ROOT = Path(__file__).parents[2]
VECTORS = json.loads((ROOT / "tests/docs/live.json").read_text("utf-8"))
WORDS = json.loads((files.ASSETS / files.VOCABULARY).read_text("utf-8"))
SPECIAL = {"<|startoftext|>": WORDS["start"], "<|endoftext|>": WORDS["end"]}
PIECES = r"'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+"


def unpacked(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f4")


@pytest.mark.parametrize("told", VECTORS["randn"], ids=lambda told: str(told["seed"]))
def test_noise_is_that_of_torch(told):
    generator = torch.Generator("cpu").manual_seed(told["seed"])
    for draw in told["draws"]:
        assert (torch.randn(told["numel"], generator=generator).numpy() == unpacked(draw)).all()


def tokens(text: str) -> list[int]:
    """What the page does: bytes to numbers, then the lowest merge again and again."""
    found: list[int] = []
    for part in re.split("|".join(f"({re.escape(one)})" for one in SPECIAL), text):
        if part in SPECIAL:
            found.append(SPECIAL[part])
        elif part:
            plain = regex.sub(r"\p{White_Space}+", " ", unicodedata.normalize("NFC", part))
            plain = "".join(letter.lower() for letter in plain)
            found += [id for word in regex.findall(PIECES, plain) for id in merged(word)]
    ids = [WORDS["start"], *found[: WORDS["length"] - 2], WORDS["end"]]
    return ids + [WORDS["pad"]] * (WORDS["length"] - len(ids))


def merged(word: str) -> list[int]:
    ranks = {tuple(pair): k for k, pair in enumerate(WORDS["merges"])}
    ids = [WORDS["bytes"][byte] for byte in word.encode()]
    ids[-1] += WORDS["end_of_word"]
    while len(ids) > 1:
        rank, at = min((ranks.get(pair, 10**9), i) for i, pair in enumerate(pairwise(ids)))
        if rank == 10**9:
            break
        ids[at : at + 2] = [WORDS["first_merge"] + rank]
    return ids


@pytest.mark.parametrize("told", VECTORS["tokens"], ids=lambda told: told["text"][:20])
def test_the_vocabulary_file_is_all_that_a_tokenizer_needs(told):
    assert tokens(told["text"]) == told["ids"]


def test_words_that_the_model_has_read_are_one_token_each():
    assert len(WORDS["words"]) > 80
    for word in WORDS["words"]:
        assert len(merged(word)) == 1, word


@pytest.mark.parametrize("told", VECTORS["tables"], ids=lambda told: told["id"])
def test_a_table_file_ends_where_diffusers_scheduler_does(told):
    """The network is a line, 0.25·input + 0.001·t; states are kept in single precision."""
    run = json.loads((files.ASSETS / f"schedulers/{told['id']}.json").read_text())["runs"]
    run = run[str(told["steps"])]
    generator = torch.Generator("cpu").manual_seed(told["seed"])

    def randn() -> np.ndarray:
        return torch.randn(told["numel"], generator=generator).numpy()

    xs, ms, zs = [np.float32(run["init"] * randn().astype(float))], [], []
    for i, t in enumerate(run["t"]):
        ms.append(np.float32(0.25 * run.get("scale", [1] * (i + 1))[i] * xs[-1] + 0.001 * t))
        zs.append(randn() if run.get("draws", [0] * (i + 1))[i] else None)
        total = np.zeros(told["numel"])
        for row, past in ((run["a"], xs), (run["b"], ms), (run.get("c"), zs)):
            for lag, factor in enumerate(row[i] if row else []):
                total += factor * past[i - lag]
        xs.append(np.float32(total))
    assert parity.length_off(xs[-1], unpacked(told["x"])) <= 1e-5


def test_every_scheduler_of_the_page_has_a_known_answer():
    offered = files.read_manifest(files.ASSETS)["schedulers"]
    assert [told["id"] for told in VECTORS["tables"]] == list(offered)


def test_whole_runs_are_none_of_any_plan():
    plans = "".join(p.read_text("utf-8") for p in (ROOT / "render/plans").glob("*.yaml"))
    assert [run for run in VECTORS["runs"] if run["settings"]["prompt"] in plans] == []
    assert {run["settings"]["model"] for run in VECTORS["runs"]} == {"postcards", "postcards-turbo"}
