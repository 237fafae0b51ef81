"""What a built site weighs: `python tests/docs/size.py SITE` prints a Markdown table."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path


def table(site: Path) -> str:
    """Returns files and megabytes (of 10^6 bytes) of a site, by its top folders, largest first."""
    sizes: dict[str, list[int]] = defaultdict(list)
    for path in sorted(site.rglob("*")):
        if path.is_file():
            parts = path.relative_to(site).parts
            folder = "/".join(parts[:2]) if parts[0] == "assets" else parts[0]
            sizes[folder if len(parts) > 1 else "(top)"].append(path.stat().st_size)
    rows = sorted(sizes.items(), key=lambda item: (-sum(item[1]), item[0]))
    everything = [size for found in sizes.values() for size in found]
    lines = ["| Folder | Files | MB |", "|---|---|---|"]
    for name, found in [("whole site", everything), *rows]:
        lines.append(f"| {name} | {len(found)} | {sum(found) / 1e6:.1f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(Path(sys.argv[1])))
