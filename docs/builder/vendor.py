"""Others' JavaScript in the built site: copied from node_modules, never into the repository.

onnxruntime-web draws pictures in the page, Pyodide runs `recommender` there. Both are fetched by a
reader's browser only when the reader asks for what needs them.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "assets/vendor"
# Few static hosts compress WebAssembly: 14, 17 and 10 MB are sent as 3.7, 4.1 and 3.5, and pages
# inflate them.
PACKED = (
    "ort-wasm-simd-threaded.wasm",
    "ort-wasm-simd-threaded.jspi.wasm",
    "pyodide.asm.wasm",
)
LACKING = (
    "node_modules: expected {names}, got none: the pages that compute in the browser keep to their "
    "prerendered pictures and commands. With a network: make node_modules/ready"
)
FILES = {
    "onnxruntime-web": (
        "dist/ort.wasm.bundle.min.mjs",
        "dist/ort-wasm-simd-threaded.wasm",
        # With WebGPU, for browsers that let WebAssembly wait (JSPI). Others would need 6.7 MB.
        "dist/ort.jspi.bundle.min.mjs",
        "dist/ort-wasm-simd-threaded.jspi.wasm",
    ),
    "pyodide": (
        "pyodide.mjs",
        "pyodide.asm.mjs",
        "pyodide.asm.wasm",
        "python_stdlib.zip",
        "pyodide-lock.json",
    ),
}


@dataclass(frozen=True)
class Vendored:
    """The files of the packages that are installed, by their address in the site."""

    versions: dict[str, str]
    files: dict[str, Path]

    @property
    def missing(self) -> list[str]:
        """The packages that this build does without."""
        return [name for name in FILES if name not in self.versions]


def collect(
    modules: Path = ROOT / "node_modules", cache: Path = ROOT / ".cache/vendor"
) -> Vendored:
    """Returns what is installed. A package that lacks a file counts as missing."""
    versions: dict[str, str] = {}
    files: dict[str, Path] = {}
    for name, wanted in FILES.items():
        paths = [modules / name / relative for relative in wanted]
        if not all(path.is_file() for path in paths):
            continue
        versions[name] = json.loads((modules / name / "package.json").read_text())["version"]
        for path in paths:
            address = f"{FOLDER}/{name}/{path.name}"
            if path.name in PACKED:
                files[f"{address}.gz"] = _packed(path, cache)
            else:
                files[address] = path
    return Vendored(versions, files)


def notice(vendored: Vendored, modules: Path = ROOT / "node_modules") -> str:
    """Returns the text that stands beside the copies: what they are, and under which licence."""
    lines = ["Copied unchanged from these npm packages (.gz: compressed).", ""]
    for name, version in vendored.versions.items():
        package = json.loads((modules / name / "package.json").read_text())
        where = package["repository"]["url"].removeprefix("git+")
        lines.append(f"{name} {version}, {package['license']}, {where}")
    return "\n".join(lines) + "\n"


def _packed(path: Path, cache: Path) -> Path:
    """Returns the compressed form of a file, made once for its bytes, without a clock in it."""
    content = path.read_bytes()
    packed = cache / f"{hashlib.sha256(content).hexdigest()[:16]}.gz"
    if not packed.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        # Builds may run side by side: each writes a file of its own.
        with tempfile.NamedTemporaryFile(dir=cache, delete=False) as whole:
            whole.write(gzip.compress(content, 9, mtime=0))
        Path(whole.name).replace(packed)
    return packed
