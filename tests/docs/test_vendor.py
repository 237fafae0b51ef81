"""Others' JavaScript: copied at build from what npm installed, or named as missing."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import vendor

ROOT = Path(__file__).resolve().parents[2]
INSTALL = ROOT / "docs/builder/install_vendor.py"


def node_modules(folder: Path) -> Path:
    """Makes a node_modules with the packages' layout and small contents."""
    for name, files in vendor.FILES.items():
        for relative in files:
            path = folder / name / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"{name} {relative}".encode() * 40)
        about = {"version": "1.2.3", "license": "MIT", "repository": {"url": f"git+x:{name}"}}
        (folder / name / "package.json").write_text(json.dumps(about))
    return folder


def test_each_file_keeps_its_bytes_and_the_large_runtime_is_compressed(tmp_path: Path) -> None:
    """The compressed form has no clock in it: the same bytes each time."""
    modules = node_modules(tmp_path / "modules")
    first = vendor.collect(modules, tmp_path / "one")
    again = vendor.collect(modules, tmp_path / "two")
    assert first.missing == [] and first.versions["pyodide"] == "1.2.3"
    runtime = "assets/vendor/onnxruntime-web/ort-wasm-simd-threaded.wasm.gz"
    original = (modules / "onnxruntime-web/dist/ort-wasm-simd-threaded.wasm").read_bytes()
    assert gzip.decompress(first.files[runtime].read_bytes()) == original
    assert first.files[runtime].read_bytes() == again.files[runtime].read_bytes()
    script = first.files["assets/vendor/pyodide/pyodide.asm.mjs"]
    assert script == modules / "pyodide/pyodide.asm.mjs"


def test_a_package_that_lacks_a_file_is_missing_whole(tmp_path: Path) -> None:
    """A page never meets half a runtime."""
    modules = node_modules(tmp_path / "modules")
    (modules / "pyodide/python_stdlib.zip").unlink()
    there = vendor.collect(modules, tmp_path / "cache")
    assert there.missing == ["pyodide"]
    assert not any("pyodide" in address for address in there.files)
    assert vendor.collect(tmp_path / "none", tmp_path / "cache").missing == list(vendor.FILES)


def test_licences_stand_beside_the_copies(tmp_path: Path) -> None:
    """Name, version, licence and where the source is."""
    modules = node_modules(tmp_path / "modules")
    text = vendor.notice(vendor.collect(modules, tmp_path / "cache"), modules)
    assert "onnxruntime-web 1.2.3, MIT, x:onnxruntime-web\n" in text


def test_the_lock_file_names_no_host_and_pins_every_package() -> None:
    """Whoever installs chooses the registry; the bytes are fixed by their digest."""
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages and all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert not any("resolved" in entry for entry in packages.values())
    wanted = json.loads((ROOT / "package.json").read_text())
    for versions in (wanted["dependencies"], wanted["devDependencies"], wanted["overrides"]):
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions.values())


def test_no_package_asks_for_whatever_is_newest() -> None:
    """Without an address npm cannot tell which release "latest" was, and would want a new one."""
    lock = json.loads((ROOT / "package-lock.json").read_text())
    overrides = json.loads((ROOT / "package.json").read_text())["overrides"]
    for name, entry in lock["packages"].items():
        for needed, wanted in entry.get("dependencies", {}).items():
            named = re.match(r"[a-z]", wanted) and not wanted.startswith("npm:")
            assert not named or needed in overrides, f"{name} wants {needed}@{wanted}"


def test_without_npm_the_installer_says_so_and_only_ci_fails(tmp_path: Path) -> None:
    """Neither on the path nor as a wheel: pip is pointed at an empty folder."""
    for ci, status in (("", 0), ("true", 1)):
        ran = subprocess.run(
            [sys.executable, INSTALL],
            env={"PATH": str(tmp_path), "PIP_NO_INDEX": "1", "CI": ci, "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
        )
        assert ran.returncode == status
        assert ran.stderr.splitlines()[-1] == (
            "node_modules: no npm on this machine, and pip could not install one. The site is "
            "built without what computes in the browser, and tests that need axe or Lighthouse "
            "are skipped. Run again with a network: make node_modules/ready"
        )
