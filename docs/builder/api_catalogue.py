"""The fields of settings, samplers and sources, in the short form that `api_fields` explains."""

from __future__ import annotations

from collections.abc import Mapping

Fields = Mapping[str, tuple[str, str]]

SOURCE: Fields = {
    "kind": ("author|tool-default|community", "Whose figures they are."),
    "states": ("text", "What the source says, in short."),
    "url": ("text", "Where to read it: a line at a fixed commit, or a page."),
    "repo?": ("text", "The repository, as owner/name."),
    "path?": ("text", "The file in it."),
    "commit?": ("text", "The commit it was read at, 40 hexadecimal digits."),
    "line?": ("any", "The line, or lines as '12-15'."),
    "date?": ("text", "For a page without commits: the day it was read, YYYY-MM-DD."),
    "from?": ("text", "The base model it was taken over from."),
}
_EVIDENCE = ("text[]", "What it rests on: keys of sources, plan:<id> for pictures, or practice.")
_FILE = ("text", "The file of the repository that it is written in.")
_SETTING: Fields = {
    "id": ("text", "The setting's id: its name in diffusers where it has one."),
    "title": ("text", "Its title."),
    "page": ("text", "Its page, relative to the site's start."),
    "group": ("text", "The group it is shown in."),
    "type": ("integer|number|string|choice|seed|boolean", "What kind of value it takes."),
    "summary": ("text", "What it is, in a sentence or two of Markdown."),
    "what_it_does?": ("text", "How it acts, in Markdown."),
    "aliases": ("text[]", "Its other names."),
    "tips?": ("text[]", "Advice, in Markdown."),
    "mistakes?": ("text[]", "Common mistakes, in Markdown."),
    "cost?": ("text", "What turning it costs in time and memory, in Markdown."),
    "unit?": ("text", "Its unit."),
    "range?": ("map number", "Its hard limits: min, and max where there is one."),
    "default?": ("any", "The usual default."),
    "step?": ("number", "The usual increment."),
    "values?": ("map @Band", "The general scale: low, mid and high."),
    "choices?": ("@Choice[]", "The words it may take."),
    "comparisons?": ("@Comparison[]", "The rows of pictures on its page."),
    "curves?": ("@Curve[]", "The computed figures on its page."),
    "works_with?": ("@Partner[]", "Settings to turn together with it."),
    "tools?": ("@Tool[]", "What tools call it and what they allow."),
    "conversions?": ("@Conversion[]", "How one convention becomes another."),
    "sources?": ("map @Source", "Source key → source."),
    "file": _FILE,
}
_SCHEDULER: Fields = {
    "id": ("text", "The sampler's id."),
    "name": ("text", "Its name."),
    "class?": ("text", "Its class in diffusers; missing where diffusers has none."),
    "flags?": ("map any", "What the class is configured with to be this sampler."),
    "usual?": ("flag", "true: the one that is meant where only the class is named."),
    "aliases?": ("text[]", "Other names it is found by."),
    "variant_of?": ("text", "The sampler it is a variant of."),
    "schedule?": ("text", "The schedule that belongs to it."),
    "order": ("whole", "The order of the method."),
    "calls_per_step": ("text", "How often the network runs for N steps: 1N, 2N-1, adaptive."),
    "kind": ("deterministic|ancestral|sde|stochastic", "Whether and how it adds noise."),
    "valid_for?": ("text[]", "What a model must predict for it to work."),
    "min_steps?": ("whole", "Fewer steps it cannot do."),
    "max_steps?": ("whole", "More steps it cannot do."),
    "steps?": ("@StepRange", "The steps that a source names for it."),
    "spacing?": ("text", "The timestep spacing its class uses."),
    "spacings?": ("map @Spacing", "What each timestep spacing does, where its class has several."),
    "names?": ("map text", "Tool → its name there."),
    "tools?": ("map any", "Tool → what to choose there: a sampler, and a schedule or null."),
    "models?": ("text[]", "Ids of the models whose claims name it."),
    "note?": ("text", "Anything else to know, in Markdown."),
    "sources?": ("map @Source", "Source key → source."),
    "file": _FILE,
}

CATALOGUED: dict[str, tuple[str, Fields]] = {
    "Source": ("Where a figure was read.", SOURCE),
    "Setting": ("One setting.", _SETTING),
    "Band": (
        "One part of a setting's general scale.",
        {
            "from": ("number", "Where it begins."),
            "to": ("number", "Where it ends."),
            "text": ("text", "What to expect there, in Markdown."),
            "evidence": _EVIDENCE,
        },
    ),
    "Choice": (
        "One of the words a setting may take.",
        {
            "value": ("text", "The word."),
            "text": ("text", "What it does, in Markdown."),
            "evidence": _EVIDENCE,
        },
    ),
    "Comparison": (
        "One row of pictures.",
        {
            "plan": ("text", "The plan they were rendered from."),
            "look_for": ("text", "What to look for in them."),
            "show": ("map any", "The axis along which they differ, and the values shown."),
            "title?": ("text", "The row's title."),
            "where?": ("map any", "What is held still."),
        },
    ),
    "Curve": (
        "A computed figure.",
        {
            "curve": ("text", "Its data: curves/<curve>.json on the site."),
            "title": ("text", "Its title."),
            "look_for": ("text", "What to look for in it."),
            "beside?": ("pictures|cost", "Where it stands on the page."),
        },
    ),
    "Partner": (
        "A setting to turn together with another.",
        {
            "setting": ("text", "Its id."),
            "effect": ("text", "What the two do together, in Markdown."),
            "evidence": _EVIDENCE,
        },
    ),
    "Conversion": (
        "How one convention becomes another.",
        {
            "between": ("text", "The two conventions."),
            "formula": ("text", "The formula."),
            "examples": ("@Worked[]", "Examples that the library works out itself."),
        },
    ),
    "Worked": (
        "One example of a conversion.",
        {
            "say": ("text", "What is converted, in words."),
            "call": ("text", "The conversion's name."),
            "with": ("any", "What it is given, a list."),
            "gives": ("number", "What comes out."),
        },
    ),
    "Tool": (
        "What one tool calls a setting and what it allows.",
        {
            "tool": ("text", "The tool."),
            "name": ("text", "The setting's name there."),
            "also?": ("text[]", "Its other names there."),
            "when?": ("text", "When the name means this setting, where it means another too."),
            "min?": ("number", "The least it allows."),
            "max?": ("number", "The most it allows."),
            "default?": ("any", "What it sets when you set nothing."),
            "note?": ("text", "Anything else to know."),
            "same_as?": ("text", "The setting whose name this is in that tool."),
            "source?": ("text", "Key of the source among the setting's sources."),
            "unpinned?": ("text", "Where it was read, if that cannot be pinned."),
        },
    ),
    "Scheduler": ("One sampler.", _SCHEDULER),
    "StepRange": (
        "The steps that a source names for a sampler.",
        {
            "source": ("text", "Key of the source among the sampler's sources."),
            "min?": ("whole", "Fewer make no picture."),
            "sweet?": ("whole", "The sweet spot."),
            "enough?": ("whole", "More gain nothing that is seen."),
            "max?": ("whole", "The most that is named."),
        },
    ),
    "Spacing": (
        "What a timestep spacing does to a run, of 1,000 noise levels.",
        {
            "one_step_starts_at": ("whole", "The noise level at which a run of one step starts."),
            "extra_step_at?": ("whole[]", "Step counts at which one step more runs than asked."),
        },
    ),
    "SweetSpot": (
        "What a sweep over the steps of one sampler found, for one model's very weights.",
        {
            "low": ("whole", "The fewest steps within the looser margin."),
            "steps": ("whole", "The fewest steps within the margin: the answer."),
            "high?": ("whole", "From here on the picture has settled; missing: it never does."),
            "stable": ("number", "Share of resampled answers that lie within one rung of it."),
            "range?": ("whole[]", "Where less than 0.9 of them do: the ends of 90 % of them."),
            "rule": ("map number", "The limits: of fidelity with a judge, of ꟻLIP."),
            "weights": ("text", "Digest of the weights, or their commit."),
            "scheduler_class": ("text", "The sampler's class in diffusers."),
            "scheduler_config": ("map any", "Its whole configuration."),
            "own": ("flag", "Whether that is the one stored with the model."),
            "fixed": ("map any", "What did not vary: setting id → value."),
            "prompts": ("whole", "How many prompts it was measured on."),
            "seeds": ("whole", "How many pictures of each."),
            "file": _FILE,
        },
    ),
    "Schedule": (
        "One way to place the steps between noise and picture.",
        {
            "id": ("text", "The schedule's id."),
            "name": ("text", "Its name."),
            "aliases?": ("text[]", "Other names it is found by."),
            "flags?": ("map any", "What a class of diffusers is configured with to use it."),
            "classes?": ("text[]", "The classes of diffusers that can use it."),
            "names?": ("map text", "Tool → its name there."),
            "rho?": ("number", "How strongly the steps crowd towards the end."),
            "timesteps?": ("map whole[]", "The noise levels themselves, for some step counts."),
            "note?": ("text", "Anything else to know, in Markdown."),
            "sources?": ("map @Source", "Source key → source."),
            "file": _FILE,
        },
    ),
}
