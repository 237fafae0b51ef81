"""What `render run` makes, keeps, makes again and refuses to keep."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
import torch
from PIL import Image

from render import provenance
from render.__main__ import main
from render.errors import RenderError
from render.images import decode, encode
from render.manifest import read_cells
from render.plan import ROOT, load_plan
from render.run import run


def command(studio, *arguments: str) -> int:
    return main([arguments[0], str(studio.plan), "--out", str(studio.out), *arguments[1:]])


def ids(studio) -> list[str]:
    return list(read_cells(studio.folder))


def edit(studio, old: str, new: str) -> None:
    text = studio.plan.read_text()
    assert old in text
    studio.plan.write_text(text.replace(old, new))


def test_a_run_renders_every_cell_and_a_second_run_renders_none(studio, capsys):
    """The summary counts what was rendered, reused and failed, and how close the estimate came."""
    assert command(studio, "run") == 0
    told = capsys.readouterr().out
    assert "rendered 4, reused 0, failed 0" in told
    written = sum(path.stat().st_size for path in studio.folder.glob("*.webp"))
    size = re.escape(f"size: said 3 kB, wrote {written / 1000:.0f} kB")
    assert re.fullmatch(rf"time: said (nothing|\d+ s), took \d+ s; {size}", told.splitlines()[-1])
    assert command(studio, "run") == 0
    told = capsys.readouterr().out
    assert "rendered 0, reused 4, failed 0" in told and "took" not in told


@pytest.mark.usefixtures("finished")
def test_a_finished_plan_is_checked_without_a_word_of_complaint(studio, capsys):
    capsys.readouterr()
    assert command(studio, "check") == 0
    assert capsys.readouterr().out == "1 plans, 4 pictures, no problems.\n"


@pytest.mark.usefixtures("finished")
def test_editing_one_prompt_of_two_re_renders_exactly_half(studio, capsys):
    before = set(ids(studio))
    edit(studio, "the sea", "the ocean")
    capsys.readouterr()
    command(studio, "run")
    assert "rendered 2, reused 2, failed 0" in capsys.readouterr().out
    assert len(before & set(ids(studio))) == 2


@pytest.mark.usefixtures("finished")
def test_editing_words_that_no_picture_depends_on_re_renders_nothing(studio, capsys):
    edit(studio, "title: A test", "title: Another title")
    edit(studio, "transfers: mechanism", "transfers: none")
    capsys.readouterr()
    command(studio, "run")
    assert "rendered 0, reused 4, failed 0" in capsys.readouterr().out
    assert json.loads((studio.folder / "manifest.json").read_text())["title"] == "Another title"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("num_inference_steps: 2", "num_inference_steps: 3"),
        ("width: 64", "width: 72"),
        ("settings: {", "settings: {scheduler: DDIMScheduler, "),
        ("settings: {", "settings: {guidance_rescale: 0.5, "),
        ("settings: {", "settings: {negative_prompt: fog, "),
    ],
)
def test_every_setting_is_part_of_the_recipe(studio, old, new):
    """Changing any one of them makes every picture of the plan another picture."""
    before = {cell.id for cell in load_plan(str(studio.plan)).cells()}
    edit(studio, old, new)
    after = {cell.id for cell in load_plan(str(studio.plan)).cells()}
    assert before.isdisjoint(after)


def test_the_weights_are_part_of_the_recipe(studio, tmp_path, model):
    """One changed byte of the model makes its pictures stale."""
    import shutil

    from render.models import find_model

    other = tmp_path / "elsewhere" / model.name
    shutil.copytree(model, other)
    assert find_model(str(other)).identity == find_model(str(model)).identity
    weights = next((other / "unet").glob("*.safetensors"))
    third = tmp_path / "third" / model.name
    shutil.copytree(model, third)
    changed = bytearray(weights.read_bytes())
    changed[-1] ^= 1
    next((third / "unet").glob("*.safetensors")).write_bytes(bytes(changed))
    assert find_model(str(third)).identity != find_model(str(model)).identity


@pytest.mark.usefixtures("finished")
def test_the_same_cell_rendered_twice_is_the_same_file(studio):
    first = {p.name: p.read_bytes() for p in studio.folder.glob("*.webp")}
    for path in studio.folder.glob("*"):
        path.unlink()
    command(studio, "run")
    assert {p.name: p.read_bytes() for p in studio.folder.glob("*.webp")} == first


@pytest.mark.usefixtures("finished")
def test_a_flipped_byte_is_found_by_check_and_mended_by_run(studio, capsys):
    victim = studio.folder / f"{ids(studio)[0]}.webp"
    good = victim.read_bytes()
    victim.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    capsys.readouterr()
    assert command(studio, "check") == 1
    assert capsys.readouterr().err == (
        f"{studio.plan}: {victim.name} (tiny-sd at prompt = castle, guidance_scale = 1.0):"
        " damaged, its bytes are not those that were rendered.\n"
        f"{studio.plan}: 1 picture is damaged. "
        f"Run: python -m render run {studio.plan} --out {studio.out}\n"
    )
    command(studio, "run")
    assert "rendered 1, reused 3" in capsys.readouterr().out
    assert victim.read_bytes() == good


@pytest.mark.usefixtures("finished")
def test_missing_and_stale_pictures_fail_the_check(studio, capsys):
    """A picture that no cell asks for any more is stale, also while others are missing."""
    (studio.folder / f"{ids(studio)[0]}.webp").unlink()
    edit(studio, "guidance_scale: [1.0, 3.0]", "guidance_scale: [1.0]")
    capsys.readouterr()
    assert command(studio, "check") == 1
    expected = f"{studio.plan}: 1 picture is missing and 2 pictures are stale."
    assert capsys.readouterr().err.startswith(expected)


def test_check_fails_before_anything_is_rendered(studio, capsys):
    assert command(studio, "check") == 1
    assert capsys.readouterr().err == (
        f"{studio.plan}: 4 pictures are missing. "
        f"Run: python -m render run {studio.plan} --out {studio.out}\n"
    )


@pytest.mark.usefixtures("finished")
def test_what_no_cell_asks_for_is_swept_away(studio):
    """Pictures of values that left the plan, and what an interrupted write left behind."""
    (studio.folder / f".{'0' * 16}.webp.1.partial").write_bytes(b"half")
    edit(studio, "guidance_scale: [1.0, 3.0]", "guidance_scale: [1.0]")
    command(studio, "run")
    assert len(list(studio.folder.glob("*"))) == 3  # two pictures and the manifest


@pytest.mark.parametrize("length", [0, 1, 200, 2000])
@pytest.mark.usefixtures("finished")
def test_a_torn_manifest_never_stops_a_run(studio, length, capsys):
    path = studio.folder / "manifest.json"
    path.write_bytes(path.read_bytes()[:length])
    assert command(studio, "check") != 0
    assert command(studio, "run") == 0
    assert command(studio, "check") == 0


def test_nan_is_a_failure_that_names_its_cell_and_never_a_picture(
    studio, capsys, model, monkeypatch
):
    """diffusers turns NaN into black without a word; the run says which cell it was."""
    from render.pipelines import Studio

    load = Studio.__init__

    def broken(self, *arguments, **options):
        load(self, *arguments, **options)
        with torch.no_grad():
            self.pipe.unet.conv_out.bias[0] = float("nan")

    monkeypatch.setattr(Studio, "__init__", broken)
    assert command(studio, "run") == 1
    captured = capsys.readouterr()
    assert "rendered 0, reused 0, failed 4" in captured.out
    assert (
        "test: tiny-sd at prompt = castle, guidance_scale = 1.0: "
        "the final latents hold NaN or infinite values." in captured.err
    )
    assert list(studio.folder.glob("*.webp")) == []


def test_one_failed_cell_does_not_stop_the_others(studio, capsys):
    """A value that the scheduler refuses costs its own cell only."""
    edit(studio, "guidance_scale: [1.0, 3.0]", "scheduler: [DDIMScheduler, LCMScheduler]")
    edit(studio, "num_inference_steps: 2", "num_inference_steps: 60")
    assert command(studio, "run") == 1
    captured = capsys.readouterr()
    assert "rendered 2, reused 0, failed 2" in captured.out
    assert "tiny-sd at prompt = castle, scheduler = LCMScheduler: " in captured.err


@pytest.mark.usefixtures("finished")
def test_another_environment_is_recorded_and_only_strictness_re_renders(studio, capsys):
    for path in studio.folder.glob("*.webp"):
        told = provenance.read(path.read_bytes())
        exif = provenance.described(told["recipe"], {**told["environment"], "torch": "1.0"})
        path.write_bytes(provenance.seal(encode(decode(path.read_bytes()), exif)))
    capsys.readouterr()
    command(studio, "run")
    assert "rendered 0, reused 4" in capsys.readouterr().out
    command(studio, "run", "--strict-environment")
    assert "rendered 4, reused 0" in capsys.readouterr().out


@pytest.mark.usefixtures("finished")
def test_audit_reports_no_drift_in_the_same_environment(studio, capsys):
    capsys.readouterr()
    assert command(studio, "audit", "--n", "2") == 0
    assert capsys.readouterr().out.endswith(
        "same environment: 2 pictures, 2 equal to the last bit, largest difference 0/255, "
        "mean 0.000/255\n"
    )


@pytest.mark.usefixtures("finished")
def test_a_run_with_nothing_to_do_never_imports_torch(studio):
    """The second `make guide` must not pay for the loading of a library it does not use."""
    code = (
        "import sys; from render.__main__ import main;"
        f"main(['check', {str(studio.plan)!r}, '--out', {str(studio.out)!r}]);"
        "assert 'PIL' not in sys.modules, 'check imported Pillow';"
        f"main(['run', {str(studio.plan)!r}, '--out', {str(studio.out)!r}]);"
        "assert not {'torch', 'diffusers'} & set(sys.modules), 'run imported torch'"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "rendered 0, reused 4, failed 0" in done.stdout


def begin_from_a_picture(studio, strengths: str) -> None:
    """Lets the plan's one prompt begin from a picture beside the plan."""
    gradient = Image.linear_gradient("L").resize((64, 64)).convert("RGB")
    gradient.save(studio.plan.parent / "start.png")
    prompt = '{prompt: "a castle", seed: 1}'
    edit(studio, prompt, prompt.replace("}", ", source_image: start.png}"))
    edit(studio, '  sea: {prompt: "the sea", seed: 2}\n', "")
    edit(studio, "guidance_scale: [1.0, 3.0]", f"strength: {strengths}")


def test_image_to_image_starts_from_the_plans_own_picture(studio):
    """`strength` needs a source; the picture's bytes are part of the recipe."""
    begin_from_a_picture(studio, "[0.5, 1.0]")
    plan = load_plan(str(studio.plan))
    assert str(run([plan], studio.out, device="cpu")) == "rendered 2, reused 0, failed 0"
    before = [cell.id for cell in plan.cells()]
    Image.new("RGB", (64, 64), "red").save(studio.plan.parent / "start.png")
    assert before != [cell.id for cell in load_plan(str(studio.plan)).cells()]


def test_the_source_picture_is_published_beside_what_it_became(studio):
    begin_from_a_picture(studio, "[1.0]")
    command(studio, "run")
    source = json.loads((studio.folder / "manifest.json").read_text())["sources"]["start.png"]
    assert (source["width"], source["height"]) == (64, 64)
    published = studio.folder / source["file"]
    assert published.read_bytes() == (studio.plan.parent / "start.png").read_bytes()
    assert command(studio, "check") == 0
    published.unlink()
    assert command(studio, "check") == 1


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd", "missing.png", "test.yaml"])
def test_a_source_picture_is_a_png_beside_the_plan_and_nothing_else(studio, name):
    edit(
        studio,
        '{prompt: "a castle", seed: 1}',
        f'{{prompt: "a castle", seed: 1, source_image: {name}}}',
    )
    with pytest.raises(RenderError, match=r"^test: source_image: expected a "):
        load_plan(str(studio.plan)).cells()
