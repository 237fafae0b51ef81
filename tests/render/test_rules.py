"""What names a run refuses, since its pictures would be taken for another's."""

from __future__ import annotations

import shutil

import pytest

from render.__main__ import main
from render.errors import RenderError
from render.plan import load_plan
from render.run import run
from tests.render.test_ours import fake
from tests.render.test_run import edit


def test_two_models_of_one_name_in_a_run_are_refused(studio, model, namesake, capsys):
    more = ["--model", str(model), "--model", str(namesake), "--out", str(studio.out)]
    for command in ("plan", "run"):
        assert main([command, str(studio.plan), *more]) == 2
        assert capsys.readouterr().err == (
            f"test: models: expected models of different names, got two called 'tiny-sd': {model} "
            f"and {namesake}. Render them in two runs with another --out each, or rename one.\n"
        )
    assert not studio.out.exists()


def test_two_plans_of_a_run_cannot_mean_two_models_by_one_name(studio, model, namesake):
    other = studio.plan.with_name("other.yaml")
    other.write_text(studio.plan.read_text().replace(str(model), str(namesake)))
    with pytest.raises(RenderError) as raised:
        run([load_plan(str(studio.plan)), load_plan(str(other))], studio.out)
    assert str(raised.value).startswith(
        "the plans of this run: models: expected models of different names, got two called "
    )


def test_two_revisions_of_one_hub_repository_in_a_run_are_refused(studio):
    models = ["a/b@" + "0" * 40, "a/b@" + "1" * 40]
    with pytest.raises(RenderError) as raised:
        run([load_plan(str(studio.plan), models)], studio.out)
    assert f"two called 'a/b': {models[0]} and {models[1]}." in str(raised.value)


def test_two_plans_of_one_name_in_a_run_are_refused(studio, capsys):
    twin = studio.plan.parent / "twin" / "test.yaml"
    twin.parent.mkdir()
    twin.write_text(studio.plan.read_text().replace("seed: 1", "seed: 3"))
    assert fake(studio, studio.plan, twin) == 2
    assert capsys.readouterr().err == (
        "test: expected plans of different names, whose pictures lie apart, got "
        f"{studio.plan} and {twin}. Rename one, or render them into two folders with --out.\n"
    )
    assert not studio.out.exists()


def test_the_same_plan_twice_in_a_run_is_refused(studio, capsys, monkeypatch):
    monkeypatch.chdir(studio.plan.parent)
    assert fake(studio, studio.plan, "test.yaml") == 2
    assert capsys.readouterr().err == "test: expected each plan once, got it 2 times.\n"


@pytest.mark.parametrize(
    ("stem", "said"),
    [
        *(("..", ".."), (".", "."), ("a\nb", "a\\nb"), ("-rf", "-rf"), ("Über", "Über")),
        *(("a b", "a b"), ("x" * 65, "x" * 65)),
    ],
)
def test_a_plan_whose_file_cannot_name_a_folder_of_pictures_is_refused(studio, stem, said, capsys):
    """`...yaml` would write beside `--out`, and remove pictures there."""
    plan = studio.plan.rename(studio.plan.with_name(f"{stem}.yaml"))
    assert fake(studio, plan) == 2
    assert capsys.readouterr().err.endswith(
        ".yaml: the file's name: expected a-z, 0-9, - and _, at most 64 and first a letter or "
        f"digit, got '{said}'. It names the folder of pictures.\n"
    )
    assert not studio.out.exists()


@pytest.mark.parametrize("spelled", ["a/b@" + "0" * 40, "models/tiny-sd"])
def test_a_plans_own_model_is_rendered_as_the_plan_says(studio, model, spelled, monkeypatch):
    """However the plan spells it; a namesake is a guest, who has a size and guidance of its own."""
    monkeypatch.chdir(studio.plan.parent)
    shutil.copytree(model, "models/tiny-sd")
    edit(studio, str(model), spelled)
    [own, *_] = load_plan(str(studio.plan)).cells()
    assert (own.settings["width"], own.settings["height"]) == (64, 64)
    [guest, *_] = load_plan(str(studio.plan), [str(model)]).cells()
    assert "width" not in guest.settings
