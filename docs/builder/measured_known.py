"""Everything measured, in one place, and the figures that pages show of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markup import figure as written
from measured import Measured, Sweep, steps_sweeps
from measured_plots import Plot, Strip, sweep_plot

STEPS = "num_inference_steps"
# The settings whose pages show a sweep, and what its axis is called.
AXES = {
    STEPS: "num_inference_steps, on a logarithmic scale",
    "guidance_scale": "guidance_scale",
    "strength": "strength",
}


@dataclass(frozen=True)
class Shown:
    """A measured figure, the words under it, and a heading for where there are several."""

    plot: Plot
    words: str
    heading: str


@dataclass(frozen=True)
class Known:
    """Sweeps, and what else was measured or rendered that pages compute from."""

    sweeps: Measured = field(default_factory=dict)
    quality: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    trained: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    pairs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    times: Sequence[Mapping[str, Any]] = ()  # of full-size models with random weights
    manifests: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    catalogue: Mapping[str, Any] = field(default_factory=dict)
    content: Path = Path()  # what is published: strips lie below it

    def name(self, model: str) -> str:
        """Returns a model's name, or its id where the catalogue does not know it."""
        known = self.catalogue.get("models", {}).get(model)
        return str(known["name"]) if known else model

    def scheduler(self, id: str) -> str:
        """Returns a scheduler's name, or its id where the catalogue does not know it."""
        known = self.catalogue.get("schedulers", {}).get(id)
        return str(known["name"]) if known else id

    def distilled(self, model: str) -> bool:
        """True for a model that the catalogue calls distilled to few steps."""
        known = self.catalogue.get("models", {}).get(model, {})
        return bool(known.get("distillation") == "few-step")

    def own(self, model: str) -> Sweep | None:
        """Returns a model's steps sweep with its own scheduler, with which all else is measured."""
        every = self.sweeps.get(model, {}).values()
        sweeps = steps_sweeps(self.sweeps.get(model, {}))
        own = [one for one in sweeps.values() if one.data.get("own")]
        others = [one.scheduler for one in every if one.data["sweep"] != "steps"]
        own += [sweeps[id] for id in others if id in sweeps]
        return next(iter([*own, *sweeps.values()]), None)

    def of_setting(self, setting_id: str) -> list[Shown]:
        """Returns the figures of a setting's page, a model each, with its own scheduler."""
        if setting_id == STEPS:
            return [shown(self, own) for model in self.sweeps if (own := self.own(model))]
        every = [one for sweeps in self.sweeps.values() for one in sweeps.values()]
        return [shown(self, one) for one in every if one.setting == setting_id]

    def of_model(self, model: str) -> list[Shown]:
        """Returns the figures of a model's page: its own scheduler's steps, then what else."""
        own, every = self.own(model), self.sweeps.get(model, {}).values()
        rest = [one for one in every if one.data["sweep"] != "steps"]
        return [shown(self, one) for one in ([own] if own else []) + rest]

    def of_scheduler(self, id: str) -> list[Shown]:
        """Returns the figures of a scheduler's page: one for each model measured with it."""
        found = [steps_sweeps(sweeps).get(id) for sweeps in self.sweeps.values()]
        return [shown(self, one) for one in found if one]


def shown(known: Known, sweep: Sweep) -> Shown:
    """Returns a sweep as a figure with its words."""
    name, scheduler = known.name(sweep.model), known.scheduler(sweep.scheduler)
    kind = {"steps": "number of steps", "guidance": "guidance scale", "strength": "strength"}
    heading = f"{name}, {scheduler}: every {kind[sweep.data['sweep']]}"
    plot = sweep_plot(sweep, heading, AXES.get(sweep.setting, sweep.setting), strip(known, sweep))
    return Shown(plot, words(known, sweep), heading)


def words(known: Known, sweep: Sweep) -> str:
    """Says what was measured, on how much, and what its numbers are worth."""
    data = sweep.data
    fixed = "".join(f", {key} {written(value)}" for key, value in data["fixed"].items())
    told = [
        f"{known.name(sweep.model)} with {known.scheduler(sweep.scheduler)}{fixed}; "
        f"{len(data['prompts'])} prompts × {len(data['seeds'])} seeds at each value. "
        "Shaded: 95 % over prompts."
    ]
    judge = known.quality.get(sweep.model, {}).get("judge_accuracy")
    if data.get("judge") and judge:
        told.append(
            f"The judge scores {judge['reconstructions']['mean']:.3f} on real scenes seen through "
            f"this model's autoencoder, {judge['shuffled']['mean']:.3f} on labels dealt at random."
        )
    if data.get("strips"):
        one = data["strips"][-1]
        told.append(f"Pictures: “{data['prompts'][one['prompt']]}”, seed {one['seed']}.")
    if data["summary"].get("converged") is False:
        told.append("The picture it is compared with still moves, so no sweet spot is given.")
    if data["sweep"] == "steps" and data.get("reference") is None:
        told.append("This sampler settles on no picture, so fidelity alone decides.")
    if excluded := sum(len(row.get("excluded", ())) for row in data["rows"]):
        told.append(f"{excluded} pictures failed and are left out.")
    return " ".join([*told, "The values are this model's own and answer for no other."])


def strip(known: Known, sweep: Sweep) -> Strip | None:
    """Returns the pictures kept of a sweep's last prompt, where their file is there."""
    # The studio keeps two prompts; of our own scenes the second is the brighter one.
    for one in reversed(sweep.data.get("strips", ())):
        file = f"strips/{one['file']}"
        if (known.content / file).is_file():
            prompt = str(sweep.data["prompts"][one["prompt"]])
            return Strip(file, prompt, one["seed"], tuple(one["values"]))
    return None
