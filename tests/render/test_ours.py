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
from render.images import decode
from render.manifest import read_cells
from render.models import find_model, folder_digest
from render.plan import load_plan
from render.run import Studios
from tests.render.test_run import edit


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def fake(studio, *plans: object) -> int:
    files = map(str, plans or [studio.plan])
    return main(["run", *files, "--out", str(studio.out), "--backend", "fake"])


def drawn(studio) -> set[str]:
    return {path.name for path in studio.folder.glob("*.webp")}


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
    told["cells"] += [{"id": "1" * 16}, {**told["cells"][0], "recipe": []}, {"settings": 1}, None]
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


def test_a_guest_named_like_another_does_not_take_the_place_of_its_pictures(
    studio, model, namesake, capsys
):
    """`runA/final`, then `runB/final`: both are called final."""
    studio.plan.write_text(studio.plan.read_text().replace(str(model), "postcards"))
    command = ["run", str(studio.plan), "--out", str(studio.out), "--device", "cpu", "--model"]
    assert main([*command, str(model)]) == 0
    before = drawn(studio)
    capsys.readouterr()
    assert main([*command, str(namesake)]) == 2
    assert capsys.readouterr().err == (
        f"{studio.folder}: expected pictures by this model called 'tiny-sd', got 4 by another of "
        "that name, or by this one as it was. Choose another folder with --out, or let them go "
        "with --replace.\n"
    )
    assert drawn(studio) == before
    assert main([*command, str(namesake), "--replace"]) == 0
    assert "rendered 4, reused 0, failed 0, removed 4 that" in capsys.readouterr().out
    assert drawn(studio).isdisjoint(before)


def test_a_plans_own_model_that_was_trained_anew_takes_its_place(studio, model, namesake, capsys):
    folder = studio.plan.parent / "here" / model.name
    shutil.copytree(model, folder)
    edit(studio, str(model), str(folder))
    command = ["run", str(studio.plan), "--out", str(studio.out), "--device", "cpu"]
    assert main(command) == 0
    shutil.rmtree(folder)
    shutil.copytree(namesake, folder)
    folder_digest.cache_clear()
    assert main(command) == 0
    assert "rendered 4, reused 0, failed 0, removed 4 that" in capsys.readouterr().out
