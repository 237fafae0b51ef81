"""`python -m render export`: everything that the page's live models are made of."""

from __future__ import annotations

import importlib.metadata
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import onnx

from ..errors import RenderError
from ..models import find_model
from ..plan import ROOT, digest
from ..reference.scenes import known_words
from . import files, graphs, precision, sources, starts, tables
from .choices import MODELS, STEPS, Choice, choices
from .reference import Pipeline
from .vocabulary import vocabulary

CACHE = ROOT / ".cache" / "export"
MADE_WITH = ("torch", "diffusers", "onnx", "onnxscript")
REDUCE = {"float32": lambda model: model, "float16": precision.halved, "int8": precision.quantised}


def write(out: Path = files.ASSETS, say=print) -> dict[str, Any]:
    """Exports both models, their schedulers' tables and the vocabulary; returns the manifest."""
    old = _old_files(out)
    pipelines = {name: Pipeline(name) for name in MODELS}
    first = pipelines[MODELS[0]].pipe
    words = files.as_json(vocabulary(first.tokenizer, known_words()))
    manifest: dict[str, Any] = {
        "format": 1,
        "default": "postcards-turbo",
        "made_with": _versions(),
        "size": {"multiple": 8, "low": 64, "high": 256, "native": 128},
        "latents": {"channels": first.unet.config.in_channels, "pixels": 8},
        "vocabulary": files.written(out, files.VOCABULARY, words),
        "decoder": _decoder(out, pipelines, say),
        "sources": {name: _picture(out, name, pipelines[MODELS[0]]) for name in sources.SOURCES},
        "models": {},
        "schedulers": {},
    }
    for name, pipeline in pipelines.items():
        found, schedulers = _model(out, name, pipeline, say)
        manifest["models"][name] = found
        manifest["schedulers"] |= schedulers
    (out / files.MANIFEST).write_bytes(files.as_json(manifest))
    for path in old - {out / e["file"] for e in files.entries(manifest)}:
        path.unlink()
    return manifest


def _old_files(out: Path) -> set[Path]:
    """What an export before this one wrote, where its manifest can be read."""
    try:
        named = {out / entry["file"] for entry in files.entries(files.read_manifest(out))}
    except RenderError:
        return set()
    return named & {*out.rglob("*")}


def _model(
    out: Path, name: str, pipeline: Pipeline, say
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Writes a model's own files; returns its part of the manifest, and its schedulers'."""
    offers, schedulers = choices(find_model(name)), {}
    for choice in offers:
        if entry := _table(out, choice):
            schedulers[choice.id] = entry
            say(f"{entry['file']}: {entry['bytes']} bytes")
    graphs_of = {
        part: _graph(out, f"{name}/{part}.onnx", name, part, pipeline.pipe, say)
        for part in ("unet", "text_encoder")
    }
    told = {
        "digest": pipeline.model.identity["digest"],
        "prediction": pipeline.pipe.scheduler.config.prediction_type,
        **graphs_of,
        "defaults": files.defaults(name, offers[0]),
        "schedulers": [*schedulers],
        "refused": [choice.id for choice in offers if choice.id not in schedulers],
    }
    return told, schedulers


def _decoder(out: Path, pipelines: dict[str, Pipeline], say) -> dict[str, Any]:
    """One decoder for all models: they were trained on the same latents."""
    (first, pipeline), *others = pipelines.items()
    entry = _graph(out, "decoder.onnx", first, "decoder", pipeline.pipe, say)
    for other, _ in others:
        entry["weights"] |= files.weights_of(other, "decoder")
    if len(set(entry["weights"].values())) > 1:
        raise RenderError("decoder: expected the same weights in every model, got different ones.")
    return entry


def _picture(out: Path, name: str, pipeline: Pipeline) -> dict[str, Any]:
    """A picture to start from, for all models: they read the same latents."""
    latents = sources.latents(name, pipeline.from_picture)
    *_, high, wide = latents.shape
    return {
        **files.written(out, f"sources/{Path(name).stem}.f32", latents.tobytes()),
        "width": 8 * wide,
        "height": 8 * high,
        "picture": files.picture_of(name),
        "weights": files.weights_of(MODELS[0], files.ENCODER),
    }


def _graph(out: Path, file: str, name: str, part: str, pipe: Any, say) -> dict[str, Any]:
    kind = files.PARTS[part][1]
    content = REDUCE[kind](single(name, part, pipe)).SerializeToString(deterministic=True)
    entry = files.written(out, file, content)
    say(f"{file}: {len(content)} bytes, {kind}")
    return {**entry, "precision": kind, "weights": files.weights_of(name, part)}


def single(name: str, part: str, pipe: Any) -> onnx.ModelProto:
    """A part's graph in single precision. Tracing one takes a minute, so it is kept in .cache/."""
    content = _kept(
        {"graph": part, "weights": files.weights_of(name, part), "code": _source(graphs)},
        lambda: getattr(graphs, part)(pipe).SerializeToString(deterministic=True),
    )
    return onnx.load(io.BytesIO(content))


def _kept(what: dict[str, Any], make: Callable[[], bytes]) -> bytes:
    """Bytes from .cache/, or made and kept there; another name for whatever makes them anew."""
    path = CACHE / digest({**what, "by": _versions()})
    if not path.is_file():
        content = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".partial").write_bytes(content)
        path.with_suffix(".partial").replace(path)
    return path.read_bytes()


def _source(module: Any) -> str:
    return Path(module.__file__).read_text("utf-8")


def _versions() -> dict[str, str]:
    return {name: importlib.metadata.version(name).partition("+")[0] for name in MADE_WITH}


def _table(out: Path, choice: Choice) -> dict[str, Any] | None:
    """Writes a scheduler's table and its starts; None where it cannot be a table."""
    what = {"table": files.table_digest(choice), "id": choice.id, "code": _source(tables)}
    what |= {"starts": _source(starts), "steps": [*STEPS]}
    content = _kept(what, lambda: _table_bytes(choice))
    runs = json.loads(content)["runs"]
    if not runs:
        return None
    begun = _kept({**what, "part": "starts"}, lambda: _starts_bytes(choice))
    offered = json.loads(begun)["runs"]
    entered = {"starts": files.written(out, f"starts/{choice.id}.json", begun)} if offered else {}
    return {
        "title": choice.title,
        **files.written(out, f"schedulers/{choice.id}.json", content),
        "digest": files.table_digest(choice),
        "class": choice.spec["class"],
        "settings": choice.settings,
        "steps": [int(steps) for steps in runs],
        "noise": any(any(run.get("draws", ())) for run in runs.values()),
        **entered,
    }


def _table_bytes(choice: Choice) -> bytes:
    """The table as JSON, without a run where the scheduler cannot be one."""
    try:
        runs = {steps: tables.compact(run) for steps, run in runs_of(choice)}
    except tables.NotLinear:
        runs = {}
    return files.as_json({"id": choice.id, "runs": runs})


def _starts_bytes(choice: Choice) -> bytes:
    """For each step count where each number of steps left enters, one left first; all or none."""
    try:
        runs = {
            steps: [
                starts.compact(starts.start_of(choice.spec, steps, choice.eta, left, whole))
                for left in range(1, steps + 1)
            ]
            for steps, whole in runs_of(choice)
        }
    except tables.NotLinear:
        runs = {}
    return files.as_json({"id": choice.id, "runs": runs})


def runs_of(choice: Choice) -> Iterator[tuple[int, tables.Run]]:
    """Each step count that the scheduler takes; NotLinear where it cannot be a table."""
    for steps in STEPS:
        run = tables.run_of(choice.spec, steps, choice.eta)
        if run is not None:
            yield steps, run
