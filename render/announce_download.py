"""Says, before anything is fetched, when installing torch would bring CUDA packages along.

Runs in a bare virtual environment, so it uses the standard library alone. pip resolves torch
without installing it; what it would fetch decides what is said.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec

REPORT = [
    *(
        sys.executable,
        "-m",
        "pip",
        "install",
        "--dry-run",
        "--quiet",
        "--disable-pip-version-check",
    ),
    *("--constraint", "constraints.txt", "--report", "-", "torch"),
]


def main() -> None:
    if find_spec("torch"):
        return
    print("Setting up .venv (torch's CPU build is 192 MB; 2.2 GB on disk in all) …", flush=True)
    result = subprocess.run(REPORT, capture_output=True, text=True)
    if result.returncode:
        return  # the installation that follows reports the same problem in full
    names = [
        package["metadata"]["name"].lower() for package in json.loads(result.stdout)["install"]
    ]
    cuda = [name for name in names if name.startswith(("nvidia-", "cuda-", "triton"))]
    if cuda:
        print(
            f"torch brings {len(cuda)} CUDA packages from this index: several GB, of use with an\n"
            "NVIDIA GPU only. For the CPU build, stop now and let pip use PyTorch's CPU index:\n"
            "see 'Start locally' on pytorch.org; set it in pip's configuration or PIP_INDEX_URL.",
            flush=True,
        )


if __name__ == "__main__":
    main()
