"""The headers that the rules are tried on are what the real classes make of their configs."""

from __future__ import annotations

import importlib
import json

import pytest

from tests.prove import PROVE
from tests.recommender.headers import build


@pytest.mark.skipif(not PROVE, reason="takes a minute and needs diffusers 0.42.1")
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_the_headers_are_what_their_classes_make_on_the_meta_device() -> None:
    diffusers = pytest.importorskip("diffusers", minversion="0.42.1")
    torch = importlib.import_module("torch")
    flux = importlib.import_module("diffusers.pipelines.flux.modeling_flux")
    for file in ("diffusers", "adapters"):
        for name, entry in json.loads((build.FOLDER / f"{file}.json").read_text("utf-8")).items():
            if "class" not in entry:
                continue
            home = flux if entry["class"] == "ReduxImageEncoder" else diffusers
            with torch.device("meta"):
                made = getattr(home, entry["class"]).from_config(entry["config"])
            shapes = {key: tuple(value.shape) for key, value in made.state_dict().items()}
            assert build.load(file)[name] == shapes, name


def test_every_header_says_where_it_is_from_and_the_folder_stays_small() -> None:
    size = 0
    for file in ("native", "diffusers", "transformers", "adapters"):
        path = build.FOLDER / f"{file}.json"
        size += path.stat().st_size
        for entry in json.loads(path.read_text("utf-8")).values():
            assert ("source" in entry) != ("class" in entry and "config" in entry)
    assert size < 700_000
