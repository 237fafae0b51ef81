"""A site of one page that draws live: real markup, scripts, models and runtime."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
import vendor
from figures import load_manifests
from live import BESIDE, Live, live_on, load_kit
from small import ROOT
from templating import render

ASSETS = ROOT / "docs" / "content" / "assets"
RENDERS = ROOT / "docs" / "content" / "renders"
# Prompts, seeds and step counts that no plan renders, with what Python makes of them.
TOLD = json.loads((ROOT / "tests/docs/live.json").read_text(encoding="utf-8"))["runs"]
KNOWN = [one for one in TOLD if "strength" not in one["settings"]]
[FROM_PICTURE] = [one for one in TOLD if "strength" in one["settings"]]  # on another page
TURBO = {
    "model": "postcards-turbo",
    "num_inference_steps": 2,
    "guidance_scale": 1.0,
    "scheduler": "lcm",
}
NO_RUNTIME = "node_modules/onnxruntime-web: expected it, got none. Run: make node_modules/ready"
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Live</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="assets/css/sweetspot.css">
<link rel="stylesheet" href="assets/css/live.css">
<script type="module" src="assets/js/steps-slider.js"></script></head>
<body class="md-typeset" data-md-color-scheme="default">{body}</body></html>
"""


def live_picture(axis: str, plan: str, modules: Path = ROOT / "node_modules") -> Live:
    """The live picture of a plan of this guide, with the runtime or without."""
    kit = load_kit(vendor.collect(modules))
    assert kit is not None, "docs/content/assets/models: run python -m render export"
    manifest = load_manifests(RENDERS)[plan]
    shown = live_on(plan, axis, manifest, kit, manifest["models"])
    assert shown is not None
    return shown


def write_site(folder: Path, shown: Live, *, large: bool = False) -> Path:
    """Writes a page with this picture, beside links to everything it asks for."""
    (folder / "index.html").write_text(
        PAGE.format(body=render("live", live=shown, root="", large=large))
    )
    (folder / "renders").symlink_to(RENDERS)
    for address, path in vendor.collect().files.items():
        (folder / address).parent.mkdir(parents=True, exist_ok=True)
        (folder / address).symlink_to(path)
    for part in ("js", "css", "models"):
        (folder / "assets" / part).symlink_to(ASSETS / part)
    return folder


def large_site(folder: Path) -> Path:
    """Writes the page on live drawing, which begins with the quicker of both models."""
    need_runtime()
    shown = live_picture("num_inference_steps", "inference-steps")
    turbo = replace(shown, settings={**BESIDE, **shown.settings, **TURBO})
    return write_site(folder, turbo, large=True)


def need_runtime() -> None:
    """Skips a test where onnxruntime-web is not installed, and fails it where CI is set."""
    if "onnxruntime-web" not in vendor.collect().versions:
        if os.environ.get("CI"):
            pytest.fail(NO_RUNTIME)
        pytest.skip(NO_RUNTIME)
