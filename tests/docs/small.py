"""Writes and builds a small guide: a fixture's catalogue, and pictures drawn by Pillow."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
FIXTURE = Path(__file__).parent / "fixture"
CURVES = Path(__file__).parent / "curves"
POSTCARDS = {"name": "postcards", "parameters_m": 7.4, "resolution": 128, "digest": "0" * 64}
TURBO = {**POSTCARDS, "name": "postcards-turbo", "parameters_m": 7.5}
PROMPTS = {"harbour": "a lighthouse by the sea", "winter": "a snowy night"}


def write_plan(
    renders: Path,
    plan: str,
    axis: str,
    values: list[Any],
    *,
    models: tuple[dict[str, Any], ...] = (POSTCARDS,),
    prompts: dict[str, str] = PROMPTS,
) -> dict[str, Any]:
    """Writes a plan's pictures and manifest as the studio does, and returns the manifest."""
    folder = renders / plan
    folder.mkdir(parents=True)
    cells = []
    for model in models:
        for key, prompt in prompts.items():
            for value in values:
                place = {"model": model["name"], axis: value, "prompt": key}
                cell_id = hashlib.sha256(json.dumps([plan, place]).encode()).hexdigest()[:16]
                path = folder / f"{cell_id}.webp"
                Image.new("RGB", (128, 128), f"#{cell_id[:6]}").save(path)
                settings = {"seed": 7, **place, "prompt": prompt}
                cells.append(
                    {
                        "id": cell_id,
                        "file": path.name,
                        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                        "bytes": path.stat().st_size,
                        "width": 128,
                        "height": 128,
                        "settings": settings,
                        "axes": {axis: value, "prompt": key},
                        "recipe": {},
                        "environment": {},
                        "alt": f"{prompt}, {axis} {value}, drawn by {model['name']}",
                    }
                )
    manifest = {
        "plan": plan,
        "title": f"Plan {plan}",
        "transfers": "mechanism",
        "models": {model["name"]: model for model in models},
        "cells": cells,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return manifest


def build_guide(project: Path, knowledge: Path, renders: Path, curves: Path = CURVES) -> Path:
    """Builds a guide strictly in a folder of its own and returns the folder of the site."""
    content = project / "docs" / "content"
    shutil.copytree(ROOT / "docs" / "content" / "assets", content / "assets")
    shutil.copytree(ROOT / "docs" / "builder", project / "docs" / "builder")
    shutil.copytree(renders, content / "renders")
    shutil.copytree(curves, content / "curves")
    for name in ("settings", "recommender"):
        (project / name).mkdir()
    shutil.copy(ROOT / "mkdocs.yml", project)
    for name in ("index", "start-here", "words", "how-this-guide-is-made"):
        text = f"---\ndescription: {name}\n---\n# {name}\n\n[All](settings/index.md)\n"
        (content / f"{name}.md").write_text(text, encoding="utf-8")
    for name in ("finder", "compare"):
        shutil.copy(ROOT / "docs" / "content" / f"{name}.md", content)
    run_mkdocs(project, SWEETSPOT_ROOT=str(knowledge))
    return project / "site"


def run_mkdocs(project: Path, *arguments: str, **environment: str) -> None:
    """Runs a strict build and fails with its output."""
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", *arguments]
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1", **environment}
    done = subprocess.run(
        command, cwd=project, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
