"""Draws in Chromium with graphs in single precision.

PYTHONPATH=.:docs/builder python tests/docs/live_precision.py [--record FILE]

The page's own files have smaller weights, whose error hides that of the page's arithmetic. Here its
own worker runs the same networks exported anew, whole, and the latents are held against diffusers'.
With --record the distances are written down, and those of WebGPU from WASM (in software: some
minutes). No such graph is ever committed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

from browser import find_chromium, launch, served
from live_reader import (
    apart,
    begin,
    distance,
    latents_drawn,
    latents_of,
    readers,
    wait_for_drawn,
    wait_for_status,
)
from live_site import ASSETS, KNOWN, large_site
from playwright.sync_api import Browser, Page, sync_playwright

PARTS = ("unet", "text_encoder")
WHOLE = "single"
PATIENT = 900_000  # ms; SwiftShader takes a minute where nothing else runs
# What WebGPU draws as a reader would ask for it: little, as software takes its time.
BY_WEBGPU = "?webgpu=any#draw?num_inference_steps=2&width=64&height=64&seed=5"


def whole_site(folder: Path) -> Path:
    """Writes the page on live drawing with both models in single precision.

    They are traced as `python -m render export` does: half a minute of computing each, once.
    """
    from render.export import files
    from render.export.reference import Pipeline
    from render.export.write import single

    site = large_site(folder)
    models = site / "assets" / "models"
    models.unlink()  # a link to the guide's own
    models.mkdir()
    for path in (ASSETS / "models").iterdir():
        (models / path.name).symlink_to(path)
    manifest = files.read_manifest(models)
    for name, model in manifest["models"].items():
        pipe = Pipeline(name).pipe
        for part in PARTS:
            content = single(name, part, pipe).SerializeToString()
            model[part] |= files.written(models, f"{WHOLE}/{name}-{part}.onnx", content)
    (models / files.MANIFEST).unlink()
    (models / files.MANIFEST).write_bytes(files.as_json(manifest))
    return site


def distances(page: Page) -> list[float]:
    """How far each known run is from diffusers' latents, on a page that has begun to draw."""
    return [distance(latents_drawn(page, known), known["latents"]) for known in KNOWN]


def last_bits() -> list[float]:
    """How far diffusers is from itself when the last bit of each run's starting noise changes."""
    from render.export.choices import choices
    from render.export.reference import Pipeline, Settings

    pipelines = {name: Pipeline(name) for name in digests()}
    found = []
    for known in KNOWN:
        one = Settings(**known["settings"])
        pipeline = pipelines[one.model]
        [choice] = [choice for choice in choices(pipeline.model) if choice.id == one.scheduler]
        nudged, _ = pipeline.run(one, choice.spec, choice.eta, nudged=True)
        found.append(distance(nudged.ravel(), known["latents"]))
    return found


def by_webgpu(page: Page, base: str) -> float:
    """Returns how far WebGPU's latents are from WASM's, on a page of a browser with an adapter."""
    page.goto(base + BY_WEBGPU)
    begin(page)
    wait_for_drawn(page, 1, PATIENT)
    assert wait_for_status(page, "Drawn with").startswith("Drawn with WebGPU.")
    latents = latents_of(page)
    page.get_by_label("Drawn with").select_option("WASM")
    wait_for_drawn(page, 2)
    assert wait_for_status(page, "Drawn with").startswith("Drawn with WASM.")
    return apart(latents, latents_of(page))


def in_single_precision(browser: Browser, folder: Path) -> list[float]:
    """Every known run's distance, in this browser."""
    with served(whole_site(folder)) as base, readers(browser) as opened:
        page = opened()
        page.goto(base)
        begin(page)
        wait_for_drawn(page, 1)
        return distances(page)


def main() -> None:
    """Prints the distances, and records them where asked to."""
    parser = argparse.ArgumentParser(prog="live_precision.py", description=__doc__.split("\n")[0])
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the figures as JSON")
    arguments = parser.parse_args()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        kind = playwright.chromium
        path = find_chromium(kind)
        assert path is not None, "expected Chromium ($CHROME, the PATH or Playwright's), got none"
        browser = launch(kind, path)
        single = in_single_precision(browser, Path(folder))
        told: dict[str, Any] = {
            "browser": f"Chromium {browser.version}",
            "models": digests(),
            "runs": len(single),
            "latents_median": rounded(statistics.median(single)),
            "latents_worst": rounded(max(single)),
            "last_bit_worst": rounded(max(bits := last_bits())),
        }
        browser.close()
        for name, all_ in (("latents", single), ("last bit", bits)):
            print(f"{name}:", *(f"{one:.2e}" for one in all_))
        if arguments.record:
            (shipped := Path(folder) / "shipped").mkdir()
            site = large_site(shipped)
            browser = launch(kind, path, graphics=True)
            with served(site) as base, readers(browser) as opened:
                told["webgpu"] = rounded(by_webgpu(opened(), base))
            browser.close()
            arguments.record.write_text(json.dumps(told, indent=1) + "\n")
            print(told)


def digests() -> dict[str, str]:
    """What names the weights behind the guide's live models."""
    manifest = json.loads((ASSETS / "models" / "manifest.json").read_text(encoding="utf-8"))
    return {name: model["digest"] for name, model in manifest["models"].items()}


def rounded(number: float) -> float:
    """To three digits."""
    return float(f"{number:.3g}")


if __name__ == "__main__":
    main()
