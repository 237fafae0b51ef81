"""What a run never does to pictures: remove another's, replace them, or say another drew them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from render import provenance
from render.__main__ import main
from render.cluster.groups import Groups
from render.counters import Counters
from render.errors import RenderError
from render.images import decode
from render.manifest import read_cells
from render.models import find_model
from render.plan import load_plan
from render.run import Studios, run
from tests.render.test_run import edit


@pytest.fixture
def namesake(model, tmp_path: Path) -> Path:
    """Another model in a folder of the same name: its noise comes out the other way round."""
    import torch
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "elsewhere" / model.name
    shutil.copytree(model, folder)
    weights = next((folder / "unet").glob("*.safetensors"))
    tensors = load_file(weights)
    tensors["conv_out.weight"] = -tensors["conv_out.weight"]
    tensors["conv_out.bias"] = tensors["conv_out.bias"] + torch.ones(4)
    save_file(tensors, weights, {"format": "pt"})
    return folder


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def fake(studio, *plans: object) -> int:
    files = map(str, plans or [studio.plan])
    return main(["run", *files, "--out", str(studio.out), "--backend", "fake"])


def drawn(studio) -> set[str]:
    return {path.name for path in studio.folder.glob("*.webp")}


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


def test_models_of_one_name_are_each_loaded_and_each_draws_its_own_picture(studio, model, namesake):
    """Should they ever meet: a name alone never decides which network draws."""
    jobs = []
    for path in (model, namesake):
        plan = load_plan(str(studio.plan), [str(path)])
        jobs.append((plan, plan.cells()[0]))
    counters = Counters()
    made = {
        job[1].model.folder: outcome[0]
        for job, outcome in Studios("cpu", "auto", None, counters).make_all(jobs)
    }
    assert counters.model_loads == 2
    assert (decode(made[model]) != decode(made[namesake])).any()


def test_workers_of_a_cluster_tell_models_of_one_name_apart(studio, model, namesake):
    jobs = []
    for path in (model, namesake):
        plan = load_plan(str(studio.plan), [str(path)])
        jobs += [(plan, cell) for cell in plan.cells()]
    groups = Groups(jobs, least=8, most=8)
    taken = [groups.take(find_model(str(namesake)), [], 1), groups.take(None, [], 1)]
    assert [group.model.folder for group in taken] == [namesake, model]
    assert [len(group.places) for group in taken] == [4, 4]


def test_what_no_manifest_of_the_folder_named_is_never_removed(studio, finished, capsys):
    """A reader's photo, and whole pictures that another plan made."""
    others = studio.out / "another"
    shutil.copytree(studio.folder, others)
    (others / "manifest.json").unlink()
    mine = {
        "my-photo.png",
        "holiday.webp",
        ".mine.partial",
        "source-of-all.png",
        "difference-1.webp",
    }
    for name in mine:
        (others / name).write_bytes(b"mine")
    mine |= drawn(studio)
    edit(studio, "num_inference_steps: 2", "num_inference_steps: 1")
    plan = studio.plan.rename(studio.plan.with_name("another.yaml"))
    capsys.readouterr()
    assert main(["run", str(plan), "--out", str(studio.out)]) == 0
    assert "rendered 4, reused 0, failed 0 in" in capsys.readouterr().out
    assert mine < names(others)
    assert len(names(others)) == len(mine) + 4 + 1


def test_a_run_says_how_many_stale_pictures_it_removed(studio, capsys):
    fake(studio)
    edit(studio, "guidance_scale: [1.0, 3.0]", "guidance_scale: [1.0]")
    capsys.readouterr()
    fake(studio)
    said = capsys.readouterr().out
    assert "rendered 0, reused 2, failed 0, removed 2 that no cell asks for in " in said
    assert names(studio.folder) == {"manifest.json", *drawn(studio)}
    assert len(drawn(studio)) == 2


def test_pictures_of_a_killed_run_are_removed_though_the_plan_has_changed_since(
    studio, monkeypatch, capsys
):
    """The last of them no manifest has an entry for: it is among what the run was about to make."""
    monkeypatch.setattr("render.store.Folder.finish", lambda folder: 1 / 0)
    monkeypatch.setattr("render.store.PAUSE", 3600.0)
    with pytest.raises(ZeroDivisionError):
        fake(studio)
    monkeypatch.undo()
    left = json.loads((studio.folder / "manifest.json").read_text())
    assert (len(left["cells"]), len(left["unfinished"]), len(drawn(studio))) == (1, 3, 4)
    (studio.folder / "photo.webp").write_bytes(b"mine")
    edit(studio, "num_inference_steps: 2", "num_inference_steps: 1")
    before = drawn(studio)
    capsys.readouterr()
    fake(studio)
    assert "rendered 4, reused 0, failed 0, removed 4 that" in capsys.readouterr().out
    assert drawn(studio) & before == {"photo.webp"}
    assert "unfinished" not in json.loads((studio.folder / "manifest.json").read_text())


def test_a_manifest_cannot_name_another_file_to_be_removed(studio):
    fake(studio)
    path = studio.folder / "manifest.json"
    told = json.loads(path.read_text())
    (studio.folder / "photo.png").write_bytes(b"mine")
    (studio.out / "0123456789abcdef.webp").write_bytes(b"mine")
    targets = ["photo.png", "../0123456789abcdef.webp", str(studio.plan), 7, None]
    told["unfinished"] = targets
    told["cells"] += [{**told["cells"][0], "id": "0" * 16, "file": name} for name in targets]
    told["sources"] = {"a": {"file": "photo.png"}, "b": 1}
    path.write_text(json.dumps(told))
    assert fake(studio) == 0
    assert (studio.folder / "photo.png").read_bytes() == b"mine"
    assert (studio.out / "0123456789abcdef.webp").read_bytes() == b"mine"
    assert studio.plan.is_file()


@pytest.mark.usefixtures("finished")
@pytest.mark.parametrize("manifest", [True, False])
def test_the_fake_backend_is_refused_where_real_pictures_are(studio, manifest, capsys):
    if not manifest:
        (studio.folder / "manifest.json").unlink()
    before = {path.name: path.read_bytes() for path in studio.folder.iterdir()}
    capsys.readouterr()
    assert fake(studio) == 2
    assert capsys.readouterr().err == (
        f"{studio.folder}: expected no picture of a model where --backend fake renders, got 4. "
        "Choose another folder with --out.\n"
    )
    assert {path.name: path.read_bytes() for path in studio.folder.iterdir()} == before


def test_a_real_run_takes_the_place_of_fake_pictures(studio, capsys):
    fake(studio)
    capsys.readouterr()
    assert main(["run", str(studio.plan), "--out", str(studio.out)]) == 0
    assert "rendered 4, reused 0, failed 0, removed 4 that" in capsys.readouterr().out
    told = [provenance.read((studio.folder / name).read_bytes()) for name in drawn(studio)]
    assert {one["recipe"]["model"]["name"] for one in told} == {"tiny-sd"}
    assert all("backend" not in one["recipe"]["model"] for one in told)


@pytest.mark.parametrize("content", ['{"name": "my web app"}', "[1, 2]", '{"plan": 1}'])
def test_another_programs_manifest_is_not_written_over(studio, content, capsys):
    studio.folder.mkdir(parents=True)
    path = studio.folder / "manifest.json"
    path.write_text(content)
    assert fake(studio) == 2
    assert capsys.readouterr().err == (
        f"{path}: expected a manifest of pictures, got another file of that name. "
        "Choose another folder with --out.\n"
    )
    assert path.read_text() == content


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


def test_pictures_of_another_model_stay_where_the_manifest_was_torn(studio, finished, namesake):
    """Their own words protect them: no manifest is left that could."""
    other = namesake.rename(namesake.with_name("other-sd"))
    out = ["--out", str(studio.out), "--device", "cpu"]
    before = drawn(studio)
    (studio.folder / "manifest.json").write_text("{")
    assert main(["run", str(studio.plan), "--model", str(other), *out]) == 0
    assert before < drawn(studio)
    assert main(["run", str(studio.plan), *out]) == 0
    assert len(drawn(studio)) == 8
    assert {cell["settings"]["model"] for cell in read_cells(studio.folder).values()} == {
        *("tiny-sd", "other-sd")
    }
