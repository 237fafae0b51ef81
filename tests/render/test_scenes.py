"""The world of the reference models: the same on every machine, and all of it can be said."""

from __future__ import annotations

import hashlib
import random

import numpy as np
import pytest

from render.reference.painting import paint
from render.reference.scenes import (
    FACTORS,
    NEVER_TRAINED,
    SUBJECTS,
    TERRAINS,
    TIMES,
    WEATHERS,
    Scene,
    caption,
    known_words,
    words_of,
)


def test_the_world_is_as_rich_as_it_says():
    assert (len(TIMES), len(TERRAINS), len(SUBJECTS), len(WEATHERS)) == (5, 6, 10, 5)


def test_the_same_seed_gives_the_same_scene_for_ever():
    """A change here makes every trained model's world another world."""
    scenes = repr([Scene.sample(seed) for seed in range(200)])
    assert hashlib.sha256(scenes.encode()).hexdigest()[:16] == "1fdc2ccd797a969f"


@pytest.mark.parametrize("seed", [0, 7, 123])
def test_the_same_seed_gives_the_same_pixels(seed):
    """Within one grey level of 255: a mean over the picture would move at once."""
    first, second = (np.asarray(paint(Scene.sample(seed), 64), dtype=float) for _ in range(2))
    assert np.abs(first - second).max() <= 1
    expected = {0: [59.2, 90.0, 112.9], 7: [62.5, 93.2, 114.2], 123: [44.3, 51.1, 88.9]}[seed]
    assert np.allclose(first.mean((0, 1)), expected, atol=1.0)


@pytest.mark.parametrize("terrain", TERRAINS)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_subject_can_be_drawn_on_every_terrain_and_is_seen(terrain, subject):
    """A subject changes the picture; a sailboat asked for on land gives way to another subject."""
    scene = Scene.sample(5, terrain=terrain, subject=subject, weather="clear", time="day")
    assert scene.terrain == terrain
    assert (scene.subject == subject) == (subject != "sailboat" or terrain == "sea")
    empty = Scene.sample(5, terrain=terrain, subject="none", weather="clear", time="day")
    seen = (
        np.abs(np.asarray(paint(scene, 64), int) - np.asarray(paint(empty, 64), int)).max(-1) > 24
    )
    assert scene.subject == "none" or seen.mean() > 0.01


@pytest.mark.parametrize("size", [32, 100, 256])
def test_a_scene_is_the_same_scene_at_any_size(size):
    small = np.asarray(paint(Scene.sample(3), size).resize((16, 16)), float)
    large = np.asarray(paint(Scene.sample(3), 128).resize((16, 16)), float)
    assert np.abs(small - large).mean() < 6


def test_a_complete_caption_names_every_factor():
    """Measurements rest on it: each factor's words are in the caption, in some form."""
    rng = random.Random(0)
    for seed in range(300):
        scene = Scene.sample(seed)
        text = caption(scene, rng, complete=True)
        for name, words in FACTORS.items():
            said = words[getattr(scene, name)]
            assert not said or any(phrase in text for phrase in said), (text, scene)


def test_captions_use_known_words_only():
    rng = random.Random(1)
    said = {word for seed in range(2000) for word in words_of(caption(Scene.sample(seed), rng))}
    assert said <= known_words()


def test_training_never_sees_the_pairs_that_measure_composition():
    from render.reference.dataset import training_seeds

    for seed in training_seeds(500):
        scene = Scene.sample(seed)
        for a, left, b, right in NEVER_TRAINED:
            assert (getattr(scene, a), getattr(scene, b)) != (left, right)
