"""The wheel, installed in an empty environment, answers as the checkout does."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from recommender import catalogue
from recommender._catalog import dumps
from recommender._recommend.answer import answer

CHECKOUT = Path(__file__).parents[2]
ALL_ANSWERS = (
    "import json, recommender\n"
    "from recommender import catalogue, recommend\n"
    "answers = {id: recommend(id).to_dict() for id in catalogue()['models']}\n"
    "print(json.dumps([recommender.__file__, answers]))"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Builds the wheel with what is installed, without a network."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, CHECKOUT],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_carries_one_package_with_the_catalogue_and_leaves_none_in_the_tree(
    wheel: Path,
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        carried = archive.read("recommender/catalogue.json").decode("utf-8")
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"recommender"}
    assert carried == dumps(dict(catalogue(CHECKOUT, fresh=True)))
    assert not (CHECKOUT / "recommender/catalogue.json").exists()


def test_an_empty_environment_answers_for_every_model_as_the_checkout_does(
    wheel: Path, tmp_path: Path
) -> None:
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env/bin/python"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", python, "install", "--quiet"),
            *("--no-deps", "--no-index", "--disable-pip-version-check", wheel),
        ],
        check=True,
    )
    done = subprocess.run(
        [python, "-I", "-c", ALL_ANSWERS],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    file, answers = json.loads(done.stdout)
    known = catalogue(CHECKOUT)
    assert file.startswith(str(tmp_path))
    assert answers == {
        id: json.loads(json.dumps(answer(known, id).to_dict())) for id in known.models
    }
    script = subprocess.run(
        [tmp_path / "env/bin/sweetspot", "flux-schnell"], check=True, capture_output=True, text=True
    )
    assert script.stdout.startswith("4 steps (1–4) · guidance off")


def test_a_package_in_a_zip_answers_without_being_unpacked(wheel: Path, tmp_path: Path) -> None:
    said = subprocess.run(
        [
            *(sys.executable, "-S", "-c"),
            "import recommender; print(recommender.recommend('flux-schnell').steps)",
        ],
        cwd=tmp_path,
        env={"PYTHONPATH": str(wheel)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert said.stdout == "4\n"


def test_the_wheel_carries_the_licence_of_its_code_and_that_of_its_data(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        info = {name.split("/", 1)[1] for name in archive.namelist() if ".dist-info" in name}
        said = archive.read("sweetspot-0.1.0.dist-info/METADATA").decode("utf-8")
    assert {"licenses/LICENSE", "licenses/LICENSE-CC0"} <= info
    assert "License-Expression: Apache-2.0 AND CC0-1.0\n" in said
