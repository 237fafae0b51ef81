"""The world of our reference models: captioned landscapes, drawn from a seed.

A scene is four factors (time of day, terrain, subject, weather) and a free composition (where the
horizon, the sun and the subject are). `Scene.sample` picks one, `caption` says it in everyday
words, `painting.paint` draws it. Everything comes from `random.Random(...).random()`, the one
stream that Python promises never to change: a seed gives the same scene on every machine.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

# Each value with the words that captions use for it. The first phrase is the plainest.
TIMES = {
    "dawn": ("at dawn", "at sunrise", "in the early morning"),
    "day": ("by day", "at noon", "in bright daylight"),
    "sunset": ("at sunset", "at dusk", "in the evening"),
    "twilight": ("at twilight", "in the blue hour", "at nightfall"),
    "night": ("at night", "at midnight", "under the moon"),
}
TERRAINS = {
    "sea": ("the sea", "the ocean", "open water"),
    "mountains": ("mountains", "a mountain range", "alpine peaks"),
    "hills": ("green hills", "rolling hills", "meadows"),
    "dunes": ("sand dunes", "a desert", "dunes"),
    "canyon": ("a canyon", "red rocks", "mesas"),
    "snowfield": ("a snowfield", "a white plain", "the arctic"),
}
SUBJECTS = {
    "none": (),
    "sailboat": ("a sailboat", "a small boat", "a yacht"),
    "lighthouse": ("a lighthouse", "a striped lighthouse"),
    "cabin": ("a cabin", "a small house", "a hut"),
    "pines": ("pine trees", "fir trees", "pines"),
    "cacti": ("cacti", "a group of cacti", "tall cacti"),
    "balloon": ("a hot-air balloon", "a balloon", "a striped balloon"),
    "windmill": ("a windmill", "an old windmill"),
    "castle": ("a castle", "a fortress", "a stone castle"),
    "tent": ("a tent", "a camping tent", "a red tent"),
}
WEATHERS = {
    "clear": ("clear sky", "clear weather", "no clouds"),
    "cloudy": ("cloudy", "big clouds", "a cloudy sky"),
    "rain": ("rain", "rainy weather", "a rain shower"),
    "snow": ("snow", "falling snow", "snowfall"),
    "fog": ("fog", "foggy weather", "mist"),
}
FACTORS = {"time": TIMES, "terrain": TERRAINS, "subject": SUBJECTS, "weather": WEATHERS}

# Pairs that training never sees: they tell whether a model composes or only remembers.
NEVER_TRAINED = {
    ("terrain", "dunes", "subject", "castle"),
    ("terrain", "snowfield", "subject", "balloon"),
    ("terrain", "canyon", "subject", "windmill"),
    ("terrain", "mountains", "subject", "cacti"),
    ("time", "dawn", "weather", "snow"),
}
# Seeds from here on are the held-out split; training draws only below.
HELD_OUT_FROM = 10_000_000


@dataclass(frozen=True)
class Scene:
    """One landscape: what it shows and where. Lengths are fractions of the picture's side."""

    seed: int
    time: str
    terrain: str
    subject: str
    weather: str
    horizon: float  # height of the horizon, from the top
    sun_x: float
    sun_y: float  # height above the horizon as a fraction of the sky
    subject_x: float
    subject_scale: float

    @classmethod
    def sample(cls, seed: int, **fixed: str) -> Scene:
        """Draws a scene from a seed; `fixed` pins factors, e.g. `terrain="sea"`."""
        rng = random.Random(f"postcards-{seed}")
        chosen = {name: pick(rng, list(words)) for name, words in FACTORS.items()}
        chosen.update(fixed)
        if chosen["subject"] == "sailboat" and chosen["terrain"] != "sea":
            # A boat needs water: its scene moves to the sea, or the boat goes if land is asked.
            if "terrain" in fixed:
                chosen["subject"] = pick(rng, [s for s in SUBJECTS if s != "sailboat"])
            else:
                chosen["terrain"] = "sea"
        sun_x = spread(rng, 0.14, 0.86)
        # The subject stands clear of the sun's reflection more often than not.
        subject_x = spread(rng, 0.2, 0.8)
        return cls(
            seed=seed,
            **chosen,
            horizon=spread(rng, 0.46, 0.66),
            sun_x=sun_x,
            sun_y=spread(rng, 0.0, 1.0),
            subject_x=subject_x,
            subject_scale=spread(rng, 0.85, 1.25),
        )

    @property
    def factors(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in FACTORS}

    @property
    def never_trained(self) -> bool:
        """True when training never sees this combination of factors."""
        return any(
            getattr(self, a) == left and getattr(self, b) == right
            for a, left, b, right in NEVER_TRAINED
        )


def caption(scene: Scene, rng: random.Random, *, complete: bool = False) -> str:
    """Describes a scene in words, a different way each time.

    `complete` names every factor, as measurements need. Otherwise a clear sky is often left
    unsaid and, now and then, a caption names only some of the factors, so that short prompts and
    negative prompts ("fog") mean something to the model.
    """
    said = {
        name: pick(rng, words[value])
        for name, words in FACTORS.items()
        if (value := getattr(scene, name)) and words[value]
    }
    if not complete:
        if scene.weather == "clear" and rng.random() < 0.5:
            said.pop("weather")
        if rng.random() < 0.12:
            for name in list(said):
                if len(said) > 1 and rng.random() < 0.5:
                    said.pop(name)
    return pick(rng, [_sentence, _subject_first, _tags])(said, rng)


OPENINGS = ("", "a postcard of ", "a landscape of ", "a view of ")
LINKS = (" in front of ", " near ", ", ")


def _sentence(said: dict[str, str], rng: random.Random) -> str:
    """ "a postcard of mountains at night with pine trees, falling snow" """
    head = " ".join(said[k] for k in ("terrain", "time") if k in said)
    opening = pick(rng, OPENINGS) if head else ""
    subject = said.get("subject")
    text = f"{opening}{head}" + (f" with {subject}" if subject and head else subject or "")
    return _join(text, said.get("weather"))


def _subject_first(said: dict[str, str], rng: random.Random) -> str:
    """ "a sailboat, the sea at sunset, fog" """
    if "subject" not in said:
        return _sentence(said, rng)
    place = " ".join(said[k] for k in ("terrain", "time") if k in said)
    link = pick(rng, LINKS)
    if "terrain" not in said:
        link = " "
    return _join(said["subject"] + (f"{link}{place}" if place else ""), said.get("weather"))


def _tags(said: dict[str, str], rng: random.Random) -> str:
    """ "snow, at night, pine trees, mountains" """
    parts = list(said.values())
    for i in range(len(parts) - 1, 0, -1):  # Fisher-Yates on random(): shuffle() may change
        j = int(rng.random() * (i + 1))
        parts[i], parts[j] = parts[j], parts[i]
    return ", ".join(parts)


def _join(text: str, weather: str | None) -> str:
    return ", ".join(part for part in (text, weather) if part)


def words_of(text: str) -> list[str]:
    """The words of a prompt as the tokenizer splits them."""
    return re.findall(r"[^\W\d_]+|\d", text.lower())


def known_words() -> set[str]:
    """Every word that a caption can hold: what the models have read."""
    phrases = [p for words in FACTORS.values() for options in words.values() for p in options]
    return {word for phrase in (*phrases, *OPENINGS, *LINKS, "with") for word in words_of(phrase)}


def pick(rng: random.Random, options):
    """One of the options, from `random()` alone."""
    return options[int(rng.random() * len(options))]


def spread(rng: random.Random, low: float, high: float) -> float:
    """A number between low and high, from `random()` alone."""
    return low + (high - low) * rng.random()
