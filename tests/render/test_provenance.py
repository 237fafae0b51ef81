"""A picture says what made it, and a changed byte of it is noticed without any other record."""

from __future__ import annotations

import hashlib
import io
import json
import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recommender import read_settings
from render import provenance
from render.__main__ import main
from render.images import decode, encode
from render.manifest import read_cells, valid
from render.plan import digest

RECIPE = {
    "epoch": 1,
    "model": {"name": "tiny", "digest": "ab" * 16},
    "pipeline": "StableDiffusionPipeline",
    "scheduler": {"class": "DDIMScheduler", "config": {"timestep_spacing": "trailing"}},
    "settings": {"prompt": 'a "castle" \\ é 文', "seed": 1, "guidance_scale": 3.0, "eta": 0},
}
HERE = {"device": "cpu (x86_64)", "dtype": "float32", "batch": 8, "torch": "2.13.0"}


def picture() -> np.ndarray:
    ramp = np.arange(0, 256, 4, dtype=np.uint8)
    grey = np.uint8(128)
    return np.stack(np.broadcast_arrays(ramp[:, None], ramp[None, :], grey), axis=-1)


@pytest.fixture
def made() -> bytes:
    return provenance.seal(encode(picture(), provenance.described(RECIPE, HERE)))


def test_what_made_a_picture_is_read_back_from_it_alone(made):
    told = provenance.read(made)
    assert (told["recipe"], told["environment"]) == (RECIPE, HERE)
    assert digest(told["recipe"]) == digest(RECIPE)
    assert provenance.size(made) == (64, 64)


def test_one_changed_byte_anywhere_or_a_missing_end_breaks_the_seal(made):
    for i in range(len(made)):
        assert provenance.read(made[:i] + bytes([made[i] ^ 1]) + made[i + 1 :]) is None
    assert provenance.read(made[:-1]) is None
    assert provenance.read(made + b"\0") is None


def test_other_tools_read_it_as_an_exif_description_and_the_pixels_are_untouched(made):
    with Image.open(io.BytesIO(made)) as image:
        told = json.loads(image.getexif()[0x010E])
    assert told["recipe"] == RECIPE
    assert np.array_equal(decode(made), decode(encode(picture())))


def test_of_the_environment_only_what_is_allowed_is_written(made, monkeypatch):
    """A token or a host's name must not travel in a picture."""
    monkeypatch.setenv("HF_TOKEN", "hf_" + "FAKE" * 8)
    content = provenance.described(RECIPE, {**HERE, "HF_TOKEN": "hf_" + "FAKE" * 8, "host": "me"})
    assert content == provenance.described(RECIPE, HERE)


def test_the_command_line_reads_and_lints_our_own_pictures(made, tmp_path, capsys):
    from recommender.__main__ import main as sweetspot

    path = tmp_path / "x.webp"
    path.write_bytes(made)
    found = read_settings(path)
    assert (found.tool, found.prompt, found.model) == ("Sweetspot", 'a "castle" \\ é 文', "tiny")
    assert found.settings["scheduler"] == "ddim-trailing"
    assert sweetspot(["lint", str(path)]) in (0, 1)
    assert "tiny" in capsys.readouterr().out


def test_the_published_pictures_are_sealed_and_say_what_their_manifest_says():
    renders = Path(__file__).parents[2] / "docs" / "content" / "renders"
    chance = random.Random(0)
    for folder in sorted(path.parent for path in renders.glob("*/manifest.json")):
        entry = chance.choice(list(read_cells(folder).values()))
        told = provenance.read((folder / entry["file"]).read_bytes())
        assert told is not None, entry["file"]
        assert told["recipe"] == entry["recipe"]
        assert told["environment"] == entry["environment"]


def test_a_picture_under_another_cells_name_is_never_that_cells_picture(made, tmp_path):
    """A forged entry whose hash fits its file is refused: the file says which recipe made it."""
    digests = {"sha256": hashlib.sha256(made).hexdigest()}
    for id in (digest(RECIPE), "0" * 16):
        (tmp_path / f"{id}.webp").write_bytes(made)
    own = {"id": digest(RECIPE), "file": f"{digest(RECIPE)}.webp", **digests}
    assert valid(tmp_path, own)
    assert not valid(tmp_path, {"id": "0" * 16, "file": f"{'0' * 16}.webp", **digests})
    assert not valid(tmp_path, {**own, "file": f"{'0' * 16}.webp"})


def test_a_picture_of_before_there_was_provenance_is_made_again(studio, capsys):
    assert main(["run", str(studio.plan), "--out", str(studio.out)]) == 0
    path = studio.folder / "manifest.json"
    content = json.loads(path.read_text())
    for cell in content["cells"][:1]:
        bare = encode(decode((studio.folder / cell["file"]).read_bytes()))
        (studio.folder / cell["file"]).write_bytes(bare)
        cell["sha256"] = hashlib.sha256(bare).hexdigest()
    path.write_text(json.dumps(content))
    capsys.readouterr()
    assert main(["run", str(studio.plan), "--out", str(studio.out)]) == 0
    assert "rendered 1, reused 3, failed 0" in capsys.readouterr().out
