"""Figures of noise levels: where diffusers' schedulers put the steps of a run."""

from __future__ import annotations

from typing import Any

from .curve import axis, line, strip

# The training noise of Stable Diffusion 1.5 and SDXL, as their scheduler_config.json has it.
STABLE_DIFFUSION: dict[str, Any] = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
}
SD = "the noise levels of Stable Diffusion 1.5 and SDXL"
TIMESTEPS = (1000, 800, 600, 400, 200, 0)
STEPS = 20
_EACH = list(range(1, STEPS + 1))


def schedule_levels() -> dict[str, Any]:
    """Noise level at each of 20 steps, by schedule type."""
    from diffusers import EulerDiscreteScheduler

    kinds: dict[str, dict[str, Any]] = {
        "normal": {},
        "simple, sgm_uniform": {"timestep_spacing": "trailing"},
        "karras": {"use_karras_sigmas": True},
        "exponential": {"use_exponential_sigmas": True},
        "beta": {"use_beta_sigmas": True},
    }
    lines = []
    for name, flags in kinds.items():
        scheduler = EulerDiscreteScheduler(**STABLE_DIFFUSION, **flags)
        scheduler.set_timesteps(STEPS)
        lines.append(line(name, _EACH, scheduler.sigmas.tolist()[:STEPS]))
    below = {one["name"]: sum(level < 1 for level in one["ys"]) for one in lines}
    return {
        "kind": "lines",
        "x": axis("step", (1, 5, 10, 15, 20)),
        "y": axis("noise level (sigma)", (0.02, 0.1, 0.5, 2, 15), log=True),
        "series": lines,
        "alt": f"Line chart of noise level against step, for {STEPS} steps. All lines fall from "
        f"14.6; below 1 lie {_told(below)} of the steps.",
        "made_from": f"EulerDiscreteScheduler with {SD}",
    }


def _told(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} ({name})" for name, count in counts.items())


def timestep_spacing() -> dict[str, Any]:
    """The timesteps that each spacing picks for 1, 4, 8 and 25 steps."""
    from diffusers import EulerDiscreteScheduler

    rows = []
    for count in (1, 4, 8, 25):
        for spacing in ("linspace", "leading", "trailing"):
            scheduler = EulerDiscreteScheduler(
                **STABLE_DIFFUSION, timestep_spacing=spacing, steps_offset=1
            )
            scheduler.set_timesteps(count)
            rows.append(strip(f"{count} × {spacing}", scheduler.timesteps.tolist()))
    first = {one["name"]: one["xs"][0] for one in rows}
    return {
        "kind": "strips",
        "x": axis("timestep: noise on the left, picture on the right", TIMESTEPS),
        "series": rows,
        "alt": "Rows of dots, one for each spacing and number of steps, on the scale of timesteps. "
        f"At 4 steps linspace and trailing begin at {first['4 × trailing']:.0f}, leading at "
        f"{first['4 × leading']:.0f}; at 1 step linspace stands at {first['1 × linspace']:.0f}, "
        f"leading at {first['1 × leading']:.0f} and trailing at {first['1 × trailing']:.0f}.",
        "made_from": f"EulerDiscreteScheduler with {SD}, steps_offset 1",
    }


def shift_levels() -> dict[str, Any]:
    """Noise level at each of 20 steps of a flow model, by shift."""
    from diffusers import FlowMatchEulerDiscreteScheduler

    lines = []
    for shift in (1, 3, 7, 12):
        scheduler = FlowMatchEulerDiscreteScheduler(shift=float(shift))
        scheduler.set_timesteps(STEPS)
        lines.append(line(f"shift {shift}", _EACH, scheduler.sigmas.tolist()[:STEPS]))
    half = {one["name"]: sum(level > 0.5 for level in one["ys"]) for one in lines}
    return {
        "kind": "lines",
        "x": axis("step", (1, 5, 10, 15, 20)),
        "y": axis("noise level", (0, 0.25, 0.5, 0.75, 1)),
        "series": lines,
        "alt": f"Line chart of noise level against step, for {STEPS} steps. The higher the shift, "
        f"the longer a line stays high: above 0.5 lie {_told(half)} of the steps.",
        "made_from": "FlowMatchEulerDiscreteScheduler, levels of its own set_timesteps",
    }


def shift_size() -> dict[str, Any]:
    """The shift that FLUX models take for a square picture, by its side."""
    import math

    from diffusers.pipelines.flux.pipeline_flux import calculate_shift
    from diffusers.pipelines.flux2.pipeline_flux2 import compute_empirical_mu

    sides = list(range(256, 2049, 128))
    tokens = [(side // 16) ** 2 for side in sides]
    ways = {
        "FLUX.1": lambda count: calculate_shift(count, 256, 4096, 0.5, 1.15),
        "FLUX.2, 50 steps": lambda count: compute_empirical_mu(count, 50),
        "FLUX.2, 20 steps": lambda count: compute_empirical_mu(count, 20),
    }
    lines = [
        line(name, sides, [math.exp(mu(count)) for count in tokens]) for name, mu in ways.items()
    ]
    lines.append(line("Stable Diffusion 3, fixed", sides, [3] * len(sides)))
    at = sides.index(1024)
    told = ", ".join(f"{one['ys'][at]:.3g} ({one['name']})" for one in lines)
    return {
        "kind": "lines",
        "x": axis("side of a square picture, pixels", (256, 512, 1024, 1536, 2048)),
        "y": axis("shift (e to the power mu)", (1, 3, 10, 30), log=True),
        "series": lines,
        "alt": "Line chart of shift against the side of a square picture, from 256 to 2048 pixels. "
        f"At 1024 pixels it is {told}. All but the fixed one rise with the size, save that both of "
        f"FLUX.2 drop to {lines[1]['ys'][at + 1]:.3g} between 1024 and {sides[at + 1]} pixels.",
        "made_from": "calculate_shift of the FLUX.1 pipeline (0.5 to 1.15) and "
        "compute_empirical_mu of the FLUX.2 pipeline",
    }


def eta_noise() -> dict[str, Any]:
    """The fresh noise that DDIM adds at each of 20 steps, by eta."""
    from diffusers import DDIMScheduler

    scheduler = DDIMScheduler(**STABLE_DIFFUSION, set_alpha_to_one=False, steps_offset=1)
    scheduler.set_timesteps(STEPS)
    gap = scheduler.config.num_train_timesteps // STEPS
    full = [
        float(scheduler._get_variance(time, time - gap)) ** 0.5
        for time in scheduler.timesteps.tolist()
    ]
    lines = [
        line(f"eta {eta:g}", _EACH, [eta * deviation for deviation in full])
        for eta in (0, 0.3, 0.6, 1)
    ]
    return {
        "kind": "lines",
        "x": axis("step", (1, 5, 10, 15, 20)),
        "y": axis("standard deviation of the fresh noise", (0, 0.2, 0.4, 0.6)),
        "series": lines,
        "alt": f"Line chart of fresh noise against step, for {STEPS} steps of DDIM. Eta 0 lies on "
        f"the floor; eta 1 begins at {full[0]:.2f}, is at {full[STEPS // 2]:.2f} half way and at "
        f"{full[-1]:.2f} at the end; 0.3 and 0.6 are those shares of it.",
        "made_from": f"DDIMScheduler with {SD}",
    }


def refiner_switch() -> dict[str, Any]:
    """Which of 25 timesteps base and refiner run, by the switch."""
    from types import SimpleNamespace

    from diffusers import EulerDiscreteScheduler, StableDiffusionXLImg2ImgPipeline

    rows = []
    refined = {}
    for switch in (0.6, 0.8, 0.9):
        scheduler = EulerDiscreteScheduler(
            **STABLE_DIFFUSION, timestep_spacing="leading", steps_offset=1
        )
        scheduler.set_timesteps(25)
        every = scheduler.timesteps.tolist()
        # The pipeline's own rule; it reads nothing but its scheduler.
        late, count = StableDiffusionXLImg2ImgPipeline.get_timesteps(
            SimpleNamespace(scheduler=scheduler), 25, None, None, switch
        )
        refined[switch] = count
        rows.append(strip(f"{switch} base", every[: len(every) - count]))
        rows.append(strip(f"{switch} refiner", late.tolist()))
    told = ", ".join(f"{count} at {switch}" for switch, count in refined.items())
    return {
        "kind": "strips",
        "x": axis("timestep: noise on the left, picture on the right", TIMESTEPS),
        "series": rows,
        "alt": "Rows of dots on the scale of timesteps: base and refiner share one list of 25, "
        f"the base its noisy part and the refiner its end. The refiner gets {told}.",
        "made_from": "StableDiffusionXLImg2ImgPipeline.get_timesteps over "
        "EulerDiscreteScheduler as SDXL ships it",
    }


def expert_switch() -> dict[str, Any]:
    """How many of 40 steps Wan 2.2's high-noise network runs, by shift and boundary."""
    from diffusers import UniPCMultistepScheduler

    shifts = list(range(1, 17))
    lines = []
    for boundary in (0.875, 0.9):
        counts = []
        for shift in shifts:
            scheduler = UniPCMultistepScheduler(
                use_flow_sigmas=True, prediction_type="flow_prediction", flow_shift=float(shift)
            )
            scheduler.set_timesteps(40)
            # As WanPipeline compares them: the boundary is a share of 1,000 timesteps.
            counts.append(sum(time >= boundary * 1000 for time in scheduler.timesteps.tolist()))
        lines.append(line(f"boundary {boundary}", shifts, counts))
    low, high = lines[0]["ys"][2], lines[0]["ys"][11]
    return {
        "kind": "lines",
        "x": axis("shift", (1, 4, 8, 12, 16)),
        "y": axis("steps of 40 in the high-noise network", (0, 10, 20, 30, 40)),
        "series": lines,
        "alt": "Line chart of the steps that the high-noise network runs, of 40, against shift. "
        f"With a boundary of 0.875 it runs {low} at shift 3 and {high} at shift 12.",
        "made_from": "UniPCMultistepScheduler with flow levels, as the Wan 2.2 pipeline uses it",
    }
