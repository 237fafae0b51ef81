"""What lint says of diffusers is what diffusers does: its tables against the installed source."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from recommender import catalogue
from recommender._lint import pipelines as table
from recommender._lint.prompt import _REFUSED_LENGTH
from recommender._samplers import spacings

SPEC = find_spec("diffusers")
pytestmark = pytest.mark.skipif(SPEC is None, reason="the studio's extra is not installed")
SOURCE = Path(str(SPEC.origin)).parent if SPEC else Path()


@lru_cache
def classes(folder: str) -> dict[str, str]:
    """Returns the source of every class of a folder; the library itself is never imported."""
    pattern = "**/pipeline_*.py" if folder == "pipelines" else "scheduling_*.py"
    found = {}
    for path in sorted((SOURCE / folder).glob(pattern)):
        for part in ("\n" + path.read_text("utf-8")).split("\nclass ")[1:]:
            found[re.split(r"[(:]", part, maxsplit=1)[0]] = "class " + part.split("\n@")[0]
    return found


@lru_cache
def tree(folder: str, name: str) -> ast.ClassDef:
    """Returns one class as a syntax tree."""
    (found,) = (
        node
        for node in ast.parse(classes(folder)[name]).body
        if isinstance(node, ast.ClassDef) and node.name == name
    )
    return found


def parameters(name: str, method: str) -> set[str]:
    for node in tree("schedulers", name).body:
        if isinstance(node, ast.FunctionDef) and node.name == method:
            return {one.arg for one in (*node.args.args, *node.args.kwonlyargs)}
    return set()


def with_parameter(method: str, parameter: str) -> set[str]:
    names = [name for name, text in classes("schedulers").items() if f"{parameter}:" in text]
    names = [name for name in names if name.endswith("Scheduler")]
    return {name for name in names if parameter in parameters(name, method)}


def size_checks(name: str) -> Iterator[tuple[str, bool]]:
    for node in ast.walk(tree("pipelines", name)):
        if isinstance(node, ast.If) and "height %" in ast.unparse(node.test):
            body = " ".join(ast.unparse(part) for part in node.body)
            yield ast.unparse(node.test), "raise " in body


# What the checks divide by, where they do not say it in figures.
_SCALES = {
    8: ("8", "self.vae_scale_factor"),
    16: ("16", "(self.vae_scale_factor * 2)", "(self.vae_scale_factor * self.patch_size)",
         "vae_scale"),
    32: ("32",),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "multiple", "refuses"),
    [
        (name, multiple, refuses)
        for found, refuses in ((table.REFUSES, True), (table.RESIZES, False))
        for multiple, names in found.items()
        for name in names
    ],
)
def test_a_pipeline_checks_its_size_as_the_table_says(
    name: str, multiple: int, refuses: bool
) -> None:
    checks = list(size_checks(name))
    assert (multiple, refuses) == table.multiple_of(name)
    fitting = [f"height % {scale} != 0" for scale in _SCALES[multiple]]
    assert any(
        raises == refuses and any(text in test for text in fitting) for test, raises in checks
    )


def test_a_patch_of_stable_diffusion_3_is_sixteen_pixels() -> None:
    text = " ".join(classes("pipelines")["StableDiffusion3Pipeline"].split())
    start = text.index("self.patch_size = (")
    assert "self.transformer.config.patch_size if" in text[start : start + 200]
    assert "else 2" in text[start : start + 200]


def test_the_schedulers_that_read_eta_are_those_whose_step_takes_it() -> None:
    assert with_parameter("step", "eta") == table.READS_ETA


def test_the_schedulers_that_read_the_karras_flag_are_those_that_have_it() -> None:
    assert with_parameter("__init__", "use_karras_sigmas") == table.READS_KARRAS


def test_no_scheduler_said_to_know_no_flow_has_flow_sigmas() -> None:
    assert not with_parameter("__init__", "use_flow_sigmas") & table.NEVER_FLOW
    assert classes("schedulers").keys() >= table.NEVER_FLOW | table.ONLY_FLOW


def test_the_schedulers_with_three_spacings_have_the_setting() -> None:
    spaced = {name for name in classes("schedulers") if spacings(catalogue(), name)}
    assert with_parameter("__init__", "timestep_spacing") >= spaced
    assert spaced > table.LEADING_BY_DEFAULT
    for name in spaced:
        default = re.search(r"timestep_spacing: [^\n]*= \"(\w+)\"", classes("schedulers")[name])
        assert default
        assert (default[1] == "leading") == (name in table.LEADING_BY_DEFAULT), name


def test_the_pipelines_that_count_guidance_from_zero_do() -> None:
    for name in table.FROM_ZERO - {"Krea2Pipeline"}:
        text = classes("pipelines")[name]
        signs = ("pos + current_guidance_scale * (pos - neg)", "noise_pred + self.guidance_scale *",
                 "cond_velocity + self.guidance_scale *", "noise_pred + guidance_scale *",
                 "+ self.guidance_scale * (", "+ guidance_scale * (")  # fmt: skip
        assert any(sign in text for sign in signs), name


@pytest.mark.parametrize(("begin", "most"), sorted(_REFUSED_LENGTH.items()))
def test_pipelines_refuse_longer_texts_than_the_table_says(begin: str, most: int) -> None:
    names = [name for name in classes("pipelines") if name.startswith(begin)]
    texts = {name: classes("pipelines")[name] for name in names}
    refusing = [name for name, text in texts.items() if f"max_sequence_length > {most}" in text]
    assert refusing
    assert not [
        name
        for name, text in texts.items()
        if "max_sequence_length >" in text and name not in refusing
    ]


def test_trailing_spacing_overshoots_at_the_counts_lint_names() -> None:
    numpy = pytest.importorskip("numpy")
    text = classes("schedulers")["DDIMScheduler"]
    assert "np.arange(self.config.num_train_timesteps, 0, -step_ratio)" in text
    found = [n for n in range(1, 1001) if len(numpy.arange(1000, 0, -1000 / n)) != n]
    assert found == [n for n in range(1, 1001) if math.ceil(1000 / (1000 / n)) != n]
    assert (len(found), found[:4]) == (62, [61, 103, 121, 122])


def test_half_of_a_karras_grid_lies_where_a_shifted_flow_has_four_in_a_hundred() -> None:
    shift, low, high = 3.0, 0.003, 1.0
    middle = ((high ** (1 / 7) + low ** (1 / 7)) / 2) ** 7
    assert 0.09 < middle < 0.1
    # sigma = shift * t / (1 + (shift - 1) * t), solved for the t at which sigma is 0.1
    share = 0.1 / (shift - (shift - 1) * 0.1)
    assert round(share, 2) == 0.04
