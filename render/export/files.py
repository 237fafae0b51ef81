"""What the page is given, and whether it is still made of the weights that lie here. No torch.

Everything is named in one manifest.json with its size and SHA-256; a graph also with the weights it
was made of, a table with the scheduler's whole configuration, as a digest.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from recommender import recommend

from ..errors import RenderError
from ..models import REFERENCE, find_model
from ..plan import ROOT, digest
from .choices import MODELS, Choice, choices
from .sources import FOLDER, SOURCES

ASSETS = ROOT / "docs" / "content" / "assets" / "models"
MANIFEST, PARITY, VOCABULARY = "manifest.json", "parity.json", "vocabulary.json"
# What live drawing took, and how near it came, in a browser: tests/docs/live_{times,precision}.py.
TIMES, BROWSER = "times.json", "browser.json"
AGAIN = "Run: python -m render export"
# The file of each part's weights, and how many bits of them the page is given.
PARTS = {
    "unet": ("unet/diffusion_pytorch_model.safetensors", "int8"),
    "text_encoder": ("text_encoder/model.safetensors", "int8"),
    "decoder": ("vae/diffusion_pytorch_model.safetensors", "float16"),
}
ENCODER = "decoder"  # in the same file as the decoder


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def weights_of(name: str, part: str) -> dict[str, str]:
    """The file that a part's weights come from, and its SHA-256."""
    path = REFERENCE / name / PARTS[part][0]
    return {path.relative_to(ROOT).as_posix(): sha256(path.read_bytes())}


def picture_of(name: str) -> dict[str, str]:
    """The file of a source picture, and its SHA-256."""
    path = FOLDER / name
    return {path.relative_to(ROOT).as_posix(): sha256(path.read_bytes())}


def defaults(name: str, own: Choice) -> dict[str, Any]:
    """Steps and guidance that the recommender gives for a model, and its own scheduler."""
    answer = recommend(name)
    return {
        "num_inference_steps": answer.steps,
        "guidance_scale": answer.guidance_scale,
        "scheduler": own.id,
    }


def table_digest(choice: Choice) -> str:
    """Names a scheduler's configuration, to the last flag."""
    return digest({"spec": choice.spec, "eta": choice.eta})


def written(out: Path, file: str, content: bytes) -> dict[str, Any]:
    """Writes a file of the page, and returns its entry in the manifest."""
    (out / file).parent.mkdir(parents=True, exist_ok=True)
    (out / file).write_bytes(content)
    return {"file": file, "bytes": len(content), "sha256": sha256(content)}


def as_json(data: Any, *, lines: bool = False) -> bytes:
    """Compact JSON; with `lines` indented, to be read as a diff."""
    how = {"indent": 1} if lines else {"separators": (",", ":")}
    return (json.dumps(data, ensure_ascii=False, **how) + "\n").encode()  # type: ignore[arg-type]


def read_manifest(out: Path) -> dict[str, Any]:
    """The manifest, with at least the files that it must name; RenderError for anything else."""
    try:
        told: dict[str, Any] = json.loads((out / MANIFEST).read_text("utf-8"))
        _ = [(entry["file"], entry["sha256"]) for entry in entries(told)]
    except (OSError, ValueError) as error:
        problem = f"expected JSON, got {error}"
    except (KeyError, TypeError, AttributeError) as error:
        problem = f"expected what an export writes, got something else ({error!r})"
    else:
        return told
    raise RenderError(f"{_named(out / MANIFEST)}: {problem}. {AGAIN}")


def check(out: Path = ASSETS) -> list[str]:
    """One line per thing that the page would get wrong; none when all is well."""
    where = _named(out / MANIFEST)
    if not (out / MANIFEST).is_file():
        return [f"{where}: expected what the pages' live models are made of, got no file. {AGAIN}"]
    told = read_manifest(out)
    problems = [
        f"{where}: {what}: expected {expected}, got {got}. {AGAIN}"
        for what, expected, got in _differences(told)
        if expected != got
    ]
    return problems + _damaged(out, told) + _unmeasured(out, told)


def _differences(told: dict[str, Any]):
    """Each thing that the manifest says, with what it should say."""
    offered: dict[str, Choice] = {}
    for name in MODELS:
        model, has = find_model(name), told["models"].get(name, {})
        own, *_ = found = choices(model)
        offered |= {choice.id: choice for choice in found}
        yield f"digest of {name}", model.identity["digest"], has.get("digest")
        for part in PARTS:
            entry = told["decoder"] if part == "decoder" else has.get(part, {})
            for file, expected in weights_of(name, part).items():
                yield f"{part} of {name}, weights", expected, entry.get("weights", {}).get(file)
        yield f"defaults of {name}", defaults(name, own), has.get("defaults")
        offers = has.get("schedulers", []) + has.get("refused", [])
        yield f"schedulers of {name}", sorted(c.id for c in found), sorted(offers)
    for id, entry in told["schedulers"].items():
        if id in offered:
            yield f"scheduler {id}", table_digest(offered[id]), entry.get("digest")
    for name in SOURCES:
        entry = told["sources"].get(name, {})
        yield f"picture of {name}", picture_of(name), entry.get("picture")
        yield f"weights of {name}", weights_of(MODELS[0], ENCODER), entry.get("weights")


def _damaged(out: Path, told: dict[str, Any]) -> list[str]:
    problems = []
    for entry in entries(told):
        path = out / entry["file"]
        got = sha256(path.read_bytes()) if path.is_file() else "no file"
        if got != entry["sha256"]:
            problems.append(f"{_named(path)}: expected {entry['sha256']}, got {got}. {AGAIN}")
    named = {entry["file"] for entry in entries(told)} | {MANIFEST, PARITY, TIMES, BROWSER}
    for path in sorted(p for p in out.rglob("*") if p.is_file()):
        if path.relative_to(out).as_posix() not in named:
            problems.append(f"{_named(path)}: nothing names this file. Remove it.")
    return problems


def graphs_in(told: dict[str, Any]) -> dict[str, str]:
    """Every graph's file with its SHA-256: what a measurement of the pictures holds for."""
    return {one["file"]: one["sha256"] for one in entries(told) if one["file"].endswith(".onnx")}


def _unmeasured(out: Path, told: dict[str, Any]) -> list[str]:
    """One line where the error that the guide states is that of other graphs, or of none."""
    try:
        measured = json.loads((out / PARITY).read_text("utf-8"))["graphs"]
    except (OSError, ValueError, LookupError, TypeError):
        measured = None
    if measured == graphs_in(told):
        return []
    got = "that of others" if measured else "none"
    return [
        f"{_named(out / PARITY)}: expected the measured error of these graphs, got {got}. "
        f"{AGAIN} --parity"
    ]


def entries(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Every file that a manifest names."""
    models = told["models"].values()
    graphs = [model[part] for model in models for part in ("unet", "text_encoder")]
    tables = [*told["schedulers"].values()]
    starts = [table["starts"] for table in tables if "starts" in table]
    sources = told["sources"].values()
    return [told["vocabulary"], told["decoder"], *graphs, *tables, *starts, *sources]


def _named(path: Path) -> str:
    inside = path.is_relative_to(ROOT)
    return path.relative_to(ROOT).as_posix() if inside else str(path)
