"""Every field of the static API, once and in words.

A kind is written in short: text, whole, number, flag, any; `a|b` is one of these words, `@Name` is
another object, `map X` an object of X, `X[]` a list of X, and `X?` also allows null. A field whose
name ends in `?` may be missing. `api_schema` makes JSON Schema of it.
"""

from __future__ import annotations

from api_catalogue import CATALOGUED, SOURCE, Fields

_HEAD: Fields = {
    "api": ("v1", "The version of this form. v1 only ever gains fields."),
    "data_licence": ("CC0-1.0", "These data are in the public domain, as far as the law allows."),
}
_SHARED: Fields = {
    "digest": ("text", "SHA-256 over all settings files: the same as long as no figure changes."),
    **_HEAD,
}
# What an answer says in few words: published in lists, compared between releases.
BRIEF: Fields = {
    "steps": ("whole?", "Steps to ask diffusers for. null: nobody published a figure."),
    "low": ("whole?", "Lowest sensible number of steps; null where no range is known."),
    "high": ("whole?", "Highest sensible number of steps; null where no range is known."),
    "guidance": (
        "off|cfg|distilled|from-zero?",
        "How to read guidance_scale: off; the usual formula, in which 1 is off (cfg); an input "
        "of the network (distilled); or the formula in which 0 is off (from-zero).",
    ),
    "guidance_scale": ("number?", "Guidance, without unit, as diffusers takes it."),
    "true_cfg_scale": ("number?", "The second, true guidance of guidance-distilled models."),
    "scheduler": ("text?", "Class name of the scheduler in diffusers."),
    "shift": ("number?", "Shift of a flow model's schedule."),
}
_ANSWER: Fields = {
    "model": ("text", "The model's id."),
    "name": ("text", "The model's name."),
    "family": ("text", "The family the model belongs to."),
    "task": ("text", "What the answer is for, such as text-to-image."),
    "goal": ("draft|balanced|final", "How far to go: quick, usual, or as good as it gets."),
    **BRIEF,
    "effective_steps": ("whole?", "Denoising steps that really run; fewer where strength is < 1."),
    "calls": ("whole?", "How often the network runs for one picture: what time depends on."),
    "width": ("whole?", "Width in pixels."),
    "height": ("whole?", "Height in pixels."),
    "negative_prompt": ("flag?", "Whether a negative prompt has an effect; null where unknown."),
    "strength": ("number?", "Strength from 0 to 1, for a task that starts from a picture."),
    "loras": ("text[]", "Ids of the accelerator LoRAs the answer reckons with."),
    "settings": ("map any", "Setting id → value to use: everything above that is known, and more."),
    "rule": ("text", "The id of the rule that decided the steps."),
    "basis": (
        "measured|author|tool-default|community|family?",
        "What the steps rest on; family: taken over from the base model.",
    ),
    "warnings": ("text[]", "What to beware of, a sentence each."),
}
_MODEL: Fields = {
    "id": ("text", "The model's id, unique and lasting."),
    "name": ("text", "Its name."),
    "family": ("text", "The family it belongs to."),
    "modality": ("text", "What it makes from what, such as text-to-image or text-to-video."),
    "distillation": ("none|guidance|few-step", "few-step: made to run in few steps."),
    "aliases?": ("text[]", "Other names it is found by."),
    "hub_id?": ("text", "Its repository on the Hugging Face Hub."),
}
_INDEX: Fields = {
    **{key.rstrip("?"): (kind + "?" * key.endswith("?"), said)
       for key, (kind, said) in _MODEL.items()},
    "aliases": ("text[]", "Other names it is found by."),
    **BRIEF,
    "basis": _ANSWER["basis"],
    "document": ("text", "Its own document, relative to this one."),
    "page": ("text", "Its page, relative to the site's start."),
}  # fmt: skip

_DIFFERENCE: Fields = {
    "notes": ("text[]", "What changed and why, in words."),
    "added": ("text[]", "Ids of the models that are new."),
    "removed": ("text[]", "Ids of the models that are gone."),
    "changed": ("@Change[]", "Every figure of a usual answer that is another one now."),
}

OBJECTS: dict[str, tuple[str, Fields]] = {
    **CATALOGUED,
    "Claim": (
        "One figure that somebody publishes for one setting of one model.",
        {
            "kind": ("author|tool-default|community", "Whose figure it is."),
            "task": ("text", "What the figure is for."),
            "value?": ("any", "The figure: a number, a text, true or false, or a list of these."),
            "low?": ("number", "The lower end of the published range."),
            "high?": ("number", "The upper end of the published range."),
            "source?": ("text", "Key of the source among the model's sources."),
            "unsourced?": ("flag", "true: no source line states it. Such a figure never decides."),
            "scheduler?": ("text", "The scheduler it was given for, as the source names it."),
            "convention?": ("cfg|distilled|from-zero", "Which guidance formula it is meant for."),
            "note?": ("text", "Anything else a reader should know."),
            "from?": ("text", "The base model it was taken over from."),
        },
    ),
    "AnswerSource": (
        "A source the answer rests on.",
        {
            "key": ("text", "Its key among the model's sources."),
            "kind": ("author|tool-default|community|measured", "Whose figures they are."),
            "where": ("text", "The source in words."),
            "url": SOURCE["url"],
            "states": SOURCE["states"],
            "settings": ("text[]", "The settings it speaks of."),
        },
    ),
    "BriefAnswer": ("What recommend() answers, without its reasons and sources.", _ANSWER),
    "Answer": (
        "What recommend() answers, whole: its to_dict().",
        {
            **_ANSWER,
            "why": ("text[]", "The rule in a sentence, then every claim that was weighed."),
            "sources": ("@AnswerSource[]", "The sources the answer rests on."),
        },
    ),
    "Answers": (
        "One answer for each goal.",
        {goal: ("@Answer", f"The answer for the goal {goal}.") for goal in
         ("draft", "balanced", "final")},
    ),
    "BriefAnswers": (
        "One answer for each goal, without reasons and sources.",
        {goal: ("@BriefAnswer", f"The answer for the goal {goal}.") for goal in
         ("draft", "balanced", "final")},
    ),
    "Model": (
        "One model: what is claimed about it, by whom, and the answers drawn from that.",
        {
            **_HEAD,
            **_MODEL,
            "task": ("text", "What it is usually run for."),
            "base?": ("text", "The id of the model it was made from."),
            "pipeline?": ("text", "Its pipeline class in diffusers."),
            "architecture?": ("text", "The kind of network."),
            "prediction?": ("text", "What the network predicts: epsilon, v_prediction, flow, …"),
            "parameters_b?": ("number", "Parameters in billions."),
            "native_resolution?": ("whole[]", "Width and height in pixels."),
            "frame_rule?": ("text", "How many frames it can make, such as 4n+1."),
            "released?": ("text", "When: YYYY, YYYY-MM or YYYY-MM-DD."),
            "licence?": ("text", "The licence of the model's weights."),
            "weights?": ("text", "Digest of the weights that were measured, or their commit."),
            "sources": ("map @Source", "Source key → source."),
            "claims": ("map @Claim[]", "Setting id → rival claims, all of them."),
            "inherited": ("map text", "Field → the base model it was taken over from."),
            "answers": ("@Answers", "What recommend() answers, by goal."),
            "measured": ("map @SweetSpot", "Sampler → what a sweep over its steps found."),
            "file": ("text", "The file of the repository that it is written in."),
            "page": ("text", "Its page, relative to the site's start."),
        },
    ),
    "Models": (
        "Every model with its usual answer in short.",
        {**_SHARED, "count": ("whole", "How many there are."),
         "models": ("@ModelEntry[]", "The models, by id.")},
    ),
    "ModelEntry": ("One line of the list of models; figures are those of the goal balanced.",
                   _INDEX),
    "Recommendations": (
        "The answer for every model and goal.",
        {**_SHARED, "count": ("whole", "How many models there are."),
         "recommendations": ("map @BriefAnswers", "Model id → answer by goal.")},
    ),
    "All": (
        "Everything in one document.",
        {**_SHARED,
         "models": ("map @Model", "Model id → its document."),
         "settings": ("map @Setting", "Setting id → the setting."),
         "schedulers": ("map @Scheduler", "Scheduler id → the scheduler."),
         "schedules": ("map @Schedule", "Schedule id → the schedule.")},
    ),
    "Change": (
        "One figure of one model's usual answer that changed.",
        {
            "model": ("text", "The model's id."),
            "field": ("text", "The field of the answer."),
            "before": ("any", "What it was; null: none."),
            "after": ("any", "What it is now; null: none."),
        },
    ),
    "Unreleased": ("What changed since the newest release.", _DIFFERENCE),
    "Release": (
        "What changed with one release.",
        {
            "version": ("text", "The release, such as 1.2.3."),
            "date": ("text", "Its day, YYYY-MM-DD."),
            **_DIFFERENCE,
        },
    ),
    "Changes": (
        "Which usual answers changed, release by release.",
        {
            **_HEAD,
            "versions": ("@Release[]", "The releases, newest first."),
            "unreleased": ("@Unreleased", "What changed since the newest of them."),
        },
    ),
    "Settings": (
        "Every setting this guide explains.",
        {**_SHARED, "count": ("whole", "How many there are."),
         "settings": ("@Setting[]", "The settings, by id.")},
    ),
    "Schedulers": (
        "Every sampler and every schedule, with their names in all tools.",
        {**_SHARED, "count": ("whole", "How many there are."),
         "schedulers": ("@Scheduler[]", "The samplers, by id."),
         "schedules": ("@Schedule[]", "Ways to place the steps, by id.")},
    ),
}  # fmt: skip
