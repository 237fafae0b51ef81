"""A measurement as `python -m render measure` writes one, small and sound."""

from __future__ import annotations

from typing import Any

WEIGHTS = "0123456789abcdef0123456789abcdef"
RULE = {
    "confidence": 0.95,
    "draws": 1000,
    "stable": 0.9,
    "plateau": 3,
    "alike": 0.01,
    "margin": 0.05,
    "loose_margin": 0.1,
    "noticeable": 0.1,
    "loose_change": 0.2,
    "settled": 0.05,
}
STEPS = (4, 8, 12, 18, 26, 50)


def sweep(model: str = "plain-base", **changes: Any) -> dict[str, Any]:
    """Returns a sweep over steps with Euler: 2 prompts × 2 seeds, sweet spot 18 (12–26)."""
    found = {
        "sweep": "steps",
        "setting": "num_inference_steps",
        "scheduler": "euler",
        "scheduler_class": "EulerDiscreteScheduler",
        "scheduler_config": {"num_train_timesteps": 1000, "trained_betas": None},
        "model": model,
        "weights": WEIGHTS,
        "judge": "f" * 32,
        "environment": {"device": "cpu (x86_64)", "dtype": "float32", "threads": 2},
        "fixed": {"guidance_scale": 7.5, "width": 512, "height": 512},
        "prompts": ["a hill", "the sea"],
        "seeds": [0, 1],
        "metric": {"change": "flip", "package": "flip-evaluator 1.7", "pixels_per_degree": 67.0},
        "reference": {"value": 200, "against": 50, "change": [0.01, 0.02, 0.01, 0.02]},
        "rows": [_row(steps) for steps in STEPS],
        "timing": [{"value": 4, "calls": 8, "cpu_seconds": 0.2, "seconds": 0.1}],
        "strips": [],
        "summary": {
            "rows": [_summed(steps) for steps in STEPS],
            "rule": RULE,
            "converged": True,
            "sweet_spot": {"low": 12, "steps": 18, "high": 26, "stable": 0.97},
        },
    }
    return {**found, **changes}


def _row(steps: int) -> dict[str, Any]:
    change = round(1 / steps, 3)
    return {
        "value": steps,
        "calls": 2 * steps,
        "change": [change] * 4,
        "ssim": [round(1 - change, 3)] * 4,
        "hits": "fff7",
    }


def _summed(steps: int) -> dict[str, Any]:
    change = round(1 / steps, 3)
    return {
        "value": steps,
        "change": change,
        "change_95": [change, change],
        "quality": 0.9375,
        "quality_95": [0.875, 1.0],
    }
