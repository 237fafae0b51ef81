"""Who may import whom: the walls of the house, read from the source."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
AUTHORING = {"yaml", "pydantic", "pydantic_core"}
TORCH = {"torch", "diffusers", "transformers", "accelerate", "safetensors", "tokenizers",
         "huggingface_hub"}  # fmt: skip
IMAGES = {"PIL", "numpy"}

# Pattern, what its files may import besides the standard library and their own package, and what
# they may import inside functions alone. The first row that fits a file holds.
WALLS: list[tuple[str, set[str], set[str]]] = [
    ("recommender/_authoring/*.py", AUTHORING, set()),
    ("recommender/*.py", set(), set()),
    ("recommender/*/*.py", set(), set()),
    ("docs/builder/cards.py", {"PIL"}, set()),
    ("docs/builder/hooks.py", {"mkdocs", "recommender"}, set()),
    ("docs/builder/*.py", {"jinja2", "markupsafe", "markdown", "nh3", "recommender"}, set()),
    ("render/plan.py", {"recommender"}, set()),
    # What a plan is made of, and what it will cost.
    *(
        (f"render/{name}.py", {"recommender"}, set())
        for name in ("settings", "schedulers", "weighting", "estimate")
    ),
    ("render/check.py", {"recommender"}, set()),
    ("render/__main__.py", {"recommender"}, set()),
    *(
        (f"render/{name}.py", {"recommender", "tqdm"} | IMAGES | TORCH, set())
        for name in ("pipelines", "loading", "hub", "calls", "capture", "variants")
    ),
    # The batched denoiser, in a few files; little else loads torch by being imported.
    ("render/engine.py", TORCH, set()),
    ("render/rows.py", TORCH, set()),
    ("render/memory.py", TORCH, set()),
    ("render/latents.py", TORCH, set()),
    ("render/waiting.py", TORCH, set()),
    ("render/stand_ins.py", TORCH, set()),
    ("render/coders.py", TORCH, set()),
    ("render/replays.py", TORCH, set()),
    ("render/kernels.py", TORCH, set()),
    ("render/pixels.py", IMAGES | TORCH, set()),
    *(
        (f"render/bench/{name}.py", IMAGES | TORCH, set())
        for name in ("naive", "batched", "small", "fullsize", "invariance", "suite")
    ),
    *(
        (f"render/bench/full/{name}.py", IMAGES | TORCH, set())
        for name in ("stage", "switches", "looks")
    ),
    ("render/bench/full/*.py", set(), set()),  # runs, plan and table need no torch
    ("render/bench/*.py", IMAGES, TORCH),
    ("render/compare/*.py", IMAGES, set()),
    ("render/curves/*.py", {"recommender", "numpy"}, TORCH | {"PIL"}),
    ("render/reference/*.py", {"recommender", "tqdm"} | IMAGES | TORCH, set()),
    *(
        (f"render/export/{name}.py", {"recommender"}, set())
        for name in ("choices", "files", "commands")
    ),
    ("render/export/replay.py", IMAGES, {"onnxruntime", "torch"}),
    ("render/export/*.py", {"recommender", "onnx"} | IMAGES | TORCH, set()),
    ("render/sweeps/summary.py", {"numpy", "scipy"}, set()),  # a pure function of the raw numbers
    ("render/sweeps/specs.py", {"recommender"}, set()),
    ("render/sweeps/metrics.py", IMAGES, {"flip_evaluator", "skimage"}),
    ("render/sweeps/clip.py", {"numpy"}, TORCH),
    ("render/sweeps/*.py", {"recommender", "tqdm"} | IMAGES, TORCH),
    ("render/cluster/*.py", {"recommender"}, {"ray"}),
    ("render/*.py", {"recommender", "tqdm"} | IMAGES, TORCH),
]


def sources() -> list[str]:
    """Returns every Python file behind the walls, as a path from the root."""
    folders = ("recommender", "docs/builder", "render")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def imports(file: str) -> list[tuple[str, bool]]:
    """Returns each module a file imports, and whether it does so inside a function."""
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    types = {
        id(node)
        for test in ast.walk(tree)
        if isinstance(test, ast.If) and ast.unparse(test.test) == "TYPE_CHECKING"
        for node in ast.walk(test)
    }
    found = []
    for node in ast.walk(tree):
        if id(node) in types:
            continue
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in inside) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append(("." * node.level + (node.module or ""), id(node) in inside))
    return found


@pytest.mark.parametrize("file", sources())
def test_a_file_imports_only_what_its_wall_lets_through(file: str) -> None:
    always, lazily = next(
        ((always, lazily) for pattern, always, lazily in WALLS if Path(file).match(pattern)),
        (set(), set()),
    )
    # Its own package, and the files beside it: the builder is run by path and not as a package.
    home = {file.split("/")[0]} | {path.stem for path in (ROOT / file).parent.glob("*.py")}
    for module, inside in imports(file):
        top = module.split(".")[0]
        if not top or top in sys.stdlib_module_names or top in home:
            continue
        assert top in always or (inside and top in lazily), f"{file} may not import {module}"
        if top == "recommender":
            hidden = any(part.startswith("_") for part in module.split(".")[1:])
            assert not hidden, f"{file} may import only the public names of recommender"


def test_nothing_that_answers_imports_an_authoring_module_at_its_top() -> None:
    """A wheel works with the standard library; `authoring` is the door for who writes files."""
    for file in sources():
        own = file.startswith("recommender/_authoring/") or file == "recommender/authoring.py"
        if file.startswith("recommender/") and not own:
            top = [name for name, inside in imports(file) if not inside]
            assert [name for name in top if "_authoring" in name] == [], file


def test_a_gpus_commands_need_nothing_of_authoring() -> None:
    """A machine that is had for its GPU has torch, and seldom pydantic."""
    commands = [["invariance", "--plan"], ["train", "all", "--preset", "gpu", "--plan"]]
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('pydantic', 'pydantic_core')))\n"
        "from render.__main__ import main\n"
        f"sys.exit(max(main(command) for command in {commands}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_settings_is_data_and_no_package() -> None:
    assert list((ROOT / "settings").rglob("*.py")) == []


def test_nothing_committed_reads_a_folder_beside_the_repository() -> None:
    """A clone must not depend on what lies around the place where it was made."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    texts = (".py", ".md", ".yaml", ".yml", ".toml", ".j2", ".js", ".css", ".json", ".cfg", "")
    forbidden = re.compile(r"\.\./" + r"shared\b")
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix in texts and path.is_file() and path.stat().st_size < 1_000_000:
            text = path.read_text("utf-8", errors="ignore")
            assert not forbidden.search(text), f"{name} names a folder outside this repository"
