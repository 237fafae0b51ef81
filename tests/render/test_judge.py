"""The judge and what is made of its verdicts: fidelity, Fréchet distance, raw hits."""

from __future__ import annotations

import json

import numpy as np
import pytest

from render.errors import RenderError
from render.measure import measure
from render.plan import ROOT
from render.reference import dataset, judge, quality
from render.reference.painting import paint
from render.reference.scenes import FACTORS, HELD_OUT_FROM, Scene

FOLDER = dataset.HERE / "judge"


@pytest.fixture(scope="module")
def jury():
    return judge.load()


def real(count: int, first: int = HELD_OUT_FROM + 5_000_000) -> tuple[np.ndarray, list[Scene]]:
    """Scenes that neither training nor any measurement has drawn."""
    scenes = [Scene.sample(seed) for seed in range(first, first + count)]
    return np.stack([np.asarray(paint(scene, judge.SIZE)) for scene in scenes]), scenes


def agreement(jury: judge.Judge, pictures: np.ndarray, scenes: list[Scene]) -> dict[str, float]:
    """Share of pictures in which the judge sees what these scenes are."""
    return judge.agreement(judge.judged(jury, pictures)[0], judge.labels_of(scenes))


def test_it_sees_the_four_factors_of_scenes_it_never_saw(jury):
    """96 fresh scenes: at least 95 % right per factor; the measured figure stands in the card."""
    pictures, scenes = real(96)
    found = agreement(jury, pictures, scenes)
    assert {name for name in FACTORS if found[name] < 0.95} == set()


def test_its_verdict_depends_on_the_picture(jury):
    """Against the labels of other scenes it is no better than chance allows."""
    pictures, scenes = real(96)
    found = agreement(jury, pictures, scenes[1:] + scenes[:1])
    assert found["mean"] < 0.4


def test_a_picture_mirrored_is_judged_the_same_nearly_always(jury):
    pictures, _ = real(64)
    plain, mirrored = (judge.judged(jury, p)[0] for p in (pictures, pictures[:, :, ::-1]))
    assert min((plain[n] == mirrored[n]).float().mean().item() for n in FACTORS) >= 0.93


def test_it_weighs_no_more_than_a_commit_should(jury):
    assert sum(p.numel() for p in jury.parameters()) < 1_000_000
    assert max(path.stat().st_size for path in FOLDER.rglob("*.safetensors")) < 2_000_000


def test_the_frechet_distance_of_a_set_to_itself_is_nothing_and_grows_with_a_shift():
    rng = np.random.default_rng(1)
    features = rng.normal(size=(500, 8))
    assert quality.frechet(features, features) == pytest.approx(0, abs=1e-6)
    assert quality.frechet(features, features + 2) == pytest.approx(8 * 4, rel=1e-6)


def test_the_frechet_distance_of_few_pictures_tells_how_few_they_are():
    """Why a rung of a sweep, with 32 pictures, has none: as many features as the judge has."""
    rng = np.random.default_rng(3)
    few, many = (
        quality.frechet(rng.normal(size=(count, 64)), rng.normal(size=(1024, 64)))
        for count in (32, 1024)
    )
    assert few / many == pytest.approx(20, rel=0.2)


def test_the_frechet_ratio_of_real_pictures_is_one_and_of_others_more():
    rng = np.random.default_rng(2)
    features = rng.normal(size=(4096, 8))
    assert quality.frechet_ratio(rng.normal(size=(1024, 8)), features) == pytest.approx(1, abs=0.3)
    assert quality.frechet_ratio(rng.normal(size=(1024, 8)) + 0.3, features) > 5


def test_a_row_asks_for_what_its_prompts_say():
    """Every prompt names its factors in the world's own words, the subject 'none' by silence."""
    row = quality.Row("any", 4, 1.0, prompts=32, seeds=1)
    prompts, scenes = quality.asked(row)
    for prompt, scene in zip(prompts, scenes, strict=True):
        assert scene.seed >= HELD_OUT_FROM and not scene.never_trained
        for name, words in FACTORS.items():
            phrases = words[getattr(scene, name)]
            assert not phrases or any(phrase in prompt for phrase in phrases)


def test_the_rows_of_unseen_combinations_hold_nothing_else():
    row = quality.Row("any", 4, 1.0, prompts=32, seeds=1, unseen=True)
    assert all(scene.never_trained for scene in quality.asked(row)[1])


def test_a_shorter_row_begins_with_the_prompts_of_a_longer_one():
    """So that 100 steps are compared with 25 on the same pictures."""
    long, short = (quality.Row("any", 4, 1.0, prompts=n, seeds=1) for n in (40, 8))
    assert quality.asked(long)[0][:8] == quality.asked(short)[0]


def test_hits_keep_each_factor_of_each_picture(jury):
    """The raw digits give back every share that stands beside them."""
    pictures, scenes = real(8)
    row = quality.Row("any", 4, 1.0, prompts=8, seeds=1)
    found = quality.judge_row(jury, pictures, row)
    bits = np.array([[int(digit, 16) >> k & 1 for k in range(4)] for digit in found["hits"]])
    assert len(bits) == 8
    for k, name in enumerate(FACTORS):
        assert found["fidelity"][name] == pytest.approx(bits[:, k].mean(), abs=1e-4)
    assert found["fidelity"]["all"] == pytest.approx(bits.all(1).mean(), abs=1e-4)
    assert scenes


def test_a_model_from_elsewhere_is_refused_before_any_work(tmp_path):
    (tmp_path / "scheduler").mkdir()
    for name in ("model_index.json", "scheduler/scheduler_config.json"):
        (tmp_path / name).write_text('{"_class_name": "Any"}')
    with pytest.raises(RenderError, match="expected one of postcards, postcards-turbo"):
        measure(str(tmp_path), "quality", device="cpu", out=tmp_path, sheet=None)


@pytest.mark.parametrize("name", sorted(quality.ROWS))
def test_the_committed_measurement_has_every_row(name):
    found = json.loads((ROOT / "settings" / "measured" / name / "quality.json").read_text())
    assert set(found["rows"]) == {row.id for row in quality.ROWS[name]}


def test_a_larger_picture_is_judged_as_a_smaller_one_of_its_scene(jury):
    """16 fresh scenes at 256 px, brought to the judge's size: what it sees is what they are."""
    scenes = [
        Scene.sample(seed) for seed in range(HELD_OUT_FROM + 6_000_000, HELD_OUT_FROM + 6_000_016)
    ]
    pictures = np.stack([np.asarray(paint(scene, 2 * judge.SIZE)) for scene in scenes])
    assert agreement(jury, pictures, scenes)["all"] >= 15 / 16
    halved = pictures.reshape(16, judge.SIZE, 2, judge.SIZE, 2, 3).mean((2, 4))
    features = judge.judged(jury, pictures)[1].numpy()
    assert np.allclose(features, judge.judged(jury, halved)[1].numpy(), atol=1e-4)


def test_a_measurement_goes_on_where_it_was(tmp_path, monkeypatch):
    """Rows that stand in the file for these weights are not drawn again."""
    rows = (quality.Row("a", 1, 1.0, 2, 1), quality.Row("b", 1, 1.0, 2, 1))
    monkeypatch.setattr(quality, "judge_itself", lambda *_: {})
    monkeypatch.setattr("render.reference.autoencoder.psnr", lambda *_, **__: 1.0)
    drawn = []

    def draw(pipe, row, size):
        drawn.append(row.id)
        return quality_draw(pipe, row, size)

    quality_draw = quality.draw
    monkeypatch.setattr(quality, "draw", draw)
    for ids in (rows[:1], rows):
        monkeypatch.setattr(quality, "ROWS", {"postcards": ids})
        measure("postcards", "quality", device="cpu", out=tmp_path, sheet=None)
    assert drawn == ["a", "b"]
