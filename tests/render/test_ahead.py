"""Files that all cores make: once each, whole or not at all, ahead of time where asked."""

from __future__ import annotations

import numpy as np
import pytest

from render.reference import ahead, autoencoder, dataset, judge
from render.reference.presets import PRESETS
from render.reference.train import needs


def job(folder, name: str, seeds: list[int]) -> ahead.Job:
    return ahead.Job(folder / f"{name}.npy", len(seeds), dataset.drawn, (seeds, 8))


def test_what_is_begun_ahead_is_there_when_it_is_asked_for(tmp_path):
    """Other processes make it; whoever asks waits for those files alone."""
    jobs = [job(tmp_path, str(seed), [seed, seed + 1]) for seed in (3, 5)]
    with ahead.cores(1):
        ahead.begin(jobs)
        assert ahead.finish(jobs[1:], "drawing") == [jobs[1].path]
        made = np.load(jobs[1].path)
    assert np.array_equal(made, dataset.drawn([5, 6], 8))
    assert not list(tmp_path.glob("*.partial*"))


def test_a_file_that_is_there_is_not_made_again_and_half_a_file_is(tmp_path):
    whole, cut = job(tmp_path, "whole", [1, 2]), job(tmp_path, "cut", [1, 2])
    np.save(whole.path, np.zeros(2))
    np.save(cut.path, np.zeros(1))
    ahead.finish([whole, cut], "drawing")
    assert np.array_equal(np.load(whole.path), np.zeros(2))
    assert np.array_equal(np.load(cut.path), dataset.drawn([1, 2], 8))


def test_a_failure_in_a_process_is_told_where_the_file_is_asked_for(tmp_path):
    jobs = [ahead.Job(tmp_path / f"{n}.npy", 1, dataset.drawn, (["no seed"], -1)) for n in range(2)]
    with pytest.raises(ValueError, match="idth and height must be"):
        ahead.finish(jobs, "drawing", 1)
    assert not list(tmp_path.glob("[01].npy"))


@pytest.mark.parametrize("name", PRESETS["gpu"])
def test_what_a_part_needs_ahead_are_the_files_that_it_reads(name, tmp_path, monkeypatch):
    """Fewer scenes in the same order: the first files of those that have more."""
    monkeypatch.setattr(dataset, "CACHE", tmp_path)
    part = PRESETS["gpu"][name]
    paths = [job.path for job in needs(name, part)]
    assert len(paths) == len(set(paths))
    for size, count in part.scenes.items():
        read = dataset.jobs(dataset.training_seeds(64_000)[:count], size, "train")
        assert {job.path for job in read} <= set(paths)
        assert sum(job.count for job in read) == count
    tried = {job.path for job in autoencoder.held_out()}
    assert tried <= set(paths) if name == "autoencoder" else not tried & set(paths)
    held_out = {job.path for job in judge.held_out()}
    assert held_out <= set(paths) if name == "judge" else not held_out & set(paths)


def test_fewer_and_more_scenes_of_one_name_are_kept_apart(tmp_path, monkeypatch):
    """Both begun ahead: each finds as many as it asked for. Full shards are shared."""
    monkeypatch.setattr(dataset, "CACHE", tmp_path)
    monkeypatch.setattr(dataset, "SHARD", 4)
    few, more = (dataset.jobs(list(range(count)), 8, "train") for count in (5, 6))
    with ahead.cores(1):
        ahead.begin([*few, *more])
        drawn = [dataset.pictures(list(range(count)), 8, "train") for count in (5, 6)]
    assert [len(pictures) for pictures in drawn] == [5, 6]
    assert few[0] == more[0] and few[1].path != more[1].path
    assert np.array_equal(drawn[1], dataset.drawn(list(range(6)), 8))
