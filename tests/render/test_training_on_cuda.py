"""Training with `--device cuda`, on a card that pretends: it runs, and nothing waits in a step."""

from __future__ import annotations

import itertools
import json
import re
from functools import partial

import pytest
import torch

from render.reference import (
    autoencoder,
    captions,
    dataset,
    judge,
    loop,
    postcards,
    record,
    train,
)
from render.reference.presets import PRESETS, Part
from tests.prove import PROVE
from tests.render.pretend_cuda import Graph, pretend_cuda

CEILING = 100.0


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Few scenes to look at afterwards; everything that is kept, kept here."""
    monkeypatch.setattr(train, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(dataset, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(train, "matmul_ceiling", lambda device: CEILING)
    monkeypatch.setattr(train, "needs", lambda name, part: [])  # too few for processes of their own
    monkeypatch.setattr(autoencoder, "psnr", partial(autoencoder.psnr, count=2))
    monkeypatch.setattr(judge, "HELD_OUT", 8)
    monkeypatch.setattr(judge, "accuracy", partial(judge.accuracy, count=8))
    monkeypatch.setattr(postcards, "SCALED_OVER", 8)
    monkeypatch.setattr(postcards, "PROMPTS", postcards.PROMPTS[:1])
    monkeypatch.setattr(postcards, "sample_strip", partial(postcards.sample_strip, steps=2))
    return tmp_path


@pytest.mark.skipif(not PROVE, reason="trains every part twice, half a minute: make prove")
def test_all_models_train_on_a_card_and_no_step_waits_for_it(small, monkeypatch, capsys):
    """Each part: some steps, weights, what it came to; again: nothing anew."""
    options, taken = {"device": "cuda", "preset": "smoke", "out": small}, []
    with pretend_cuda() as card:
        monkeypatch.setattr(loop, "train", watched(card, taken))
        train.train("all", resume=False, **options)
        capsys.readouterr()
        train.train("all", resume=True, **options)
    assert [len([*same]) for _, same in itertools.groupby(taken)] == [2, 2, 1, 4]
    again = capsys.readouterr()
    assert "drawing" not in again.err and "step/s" not in again.err  # everything was there
    for name, parts in train.MADE_OF.items():
        found = json.loads((small / name / "training.json").read_text("utf-8"))
        assert found["preset"] == "smoke"
        assert tuple(found["parts"]) == tuple(sorted(parts))
        for part, one in found["parts"].items():
            steps = PRESETS["smoke"][part].steps
            assert [point[0] for point in one["curve"]] == list(range(1, steps + 1))
            assert one["tflops"] > 0
            assert one["share_of_matmul"] == pytest.approx(one["tflops"] / CEILING, rel=1e-3)
        for line in record.lines(small / name):
            assert line in again.out
    marks = json.loads((small / "postcards" / "training.json").read_text())["parts"]
    assert marks["autoencoder"]["marks"][-1]["psnr_db"] > 0
    assert marks["postcards"]["marks"] == [{"step": 4, "strip": "postcards-000004.png"}]
    assert re.search(r"postcards +4 +10 ", again.out)  # 2 of 128 px and 1 of 256, twice each


def watched(card, taken):
    """`loop.train` that first records a step of each size like a CUDA graph.

    A graph refuses what would idle the card until Python is back: waiting for it, and bringing it
    something from the host.
    """
    begin = loop.train

    def watching(name, part, prepare, **options):
        def prepared():
            loss_at = prepare()
            for step in range(len(part.scenes)):
                card.capturing = Graph()
                assert loss_at(step).requires_grad
                card.capturing = None
                taken.append(name.partition("-")[0])
            return loss_at

        return begin(name, part, prepared, **options)

    return watching


def test_what_waits_for_the_card_in_a_step_is_found(tmp_path):
    """The watch itself: a step that reads a number back, one that draws on the host."""
    part, run = Part(1, 4, {128: 8}, 1e-4), loop.Run(tmp_path, "cuda")
    with pretend_cuda() as card:
        model = torch.nn.Linear(4, 1).to("cuda")
        options = {"model": model, "optimiser": loop.adamw(model.parameters(), run)}
        options |= {"run": run, "rate": lambda *_: 1.0}
        for bad in (
            lambda step: model(torch.ones(1, 4, device="cuda")).sum() * float(model.bias[0]),
            lambda step: model(torch.randn(1, 4).to("cuda")).sum(),
        ):
            with pytest.raises(RuntimeError, match="when stream is capturing"):
                watched(card, [])("bad", part, partial(lambda same: same, bad), **options)
            card.capturing = None


def test_crops_are_squares_of_the_pictures_half_of_them_mirrored():
    """Pixels that say where they stand: red the picture, green the row, blue the column."""
    torch.manual_seed(0)
    down, right = torch.meshgrid(torch.arange(128), torch.arange(128), indexing="ij")
    pictures = torch.stack(
        [torch.stack([torch.full_like(down, k), down, right], 2) for k in (0, 9)]
    )
    cut = autoencoder.crops(pictures.to(torch.uint8), 64)
    assert cut.shape == (64, 3, 64, 64) and cut.is_contiguous(memory_format=torch.channels_last)
    picture, row, column = ((cut + 1) * 127.5).round().long().unbind(1)
    assert set(picture.flatten(1).unique(dim=1).flatten().tolist()) == {0, 9}
    assert (row == row[:, :1, :1] + torch.arange(64)[:, None]).all()
    step = column[:, 0, 1] - column[:, 0, 0]
    assert (column == column[:, :1, :1] + step[:, None, None] * torch.arange(64)).all()
    assert 20 < (step == -1).sum() < 44 and set(step.tolist()) == {-1, 1}
    assert len(row[:, 0, 0].unique()) > 20 and int(row.max()) < 128


def test_captions_are_kept_and_say_what_they_said_when_written_one_by_one(small):
    """The same texts as ever: a generator of its own for each scene, twelve a scene."""
    from render.reference import tokenizer
    from render.reference.scenes import Scene, caption

    words, seeds = tokenizer.build(), dataset.training_seeds(5)
    kept = captions.ids(seeds, "cpu")
    assert kept.shape == (5, 12, tokenizer.MAX_LENGTH)
    rng = captions.random.Random(f"captions-{seeds[3]}")
    texts = [caption(Scene.sample(seeds[3]), rng) for _ in range(12)]
    assert torch.equal(kept[3].long(), captions.ids_of(words, texts))
    before = [path.stat().st_mtime_ns for path in sorted(small.rglob("captions-*/*.npy"))]
    assert torch.equal(captions.ids(seeds, "cpu"), kept)
    assert [p.stat().st_mtime_ns for p in sorted(small.rglob("captions-*/*.npy"))] == before
    assert len(before) == 1
