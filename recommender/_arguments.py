"""Reads the words of a command line; a tenth of argparse, at none of its start-up time."""

from __future__ import annotations

from collections.abc import Sequence

from ._errors import visible


class UsageError(Exception):
    """The command line itself is wrong."""


class HelpAsked(Exception):
    """Someone asks how a command is used; its arguments are the options that it knows."""


def options_in(
    given: list[str], flags: Sequence[str], values: Sequence[str] = ()
) -> tuple[list[str], dict[str, str]]:
    """Parts words from options; an option that is repeated counts once, but --lora adds up."""
    words: list[str] = []
    options: dict[str, str] = {}
    rest = iter(given)
    for word in rest:
        name, equals, value = word.partition("=")
        if word == "--":
            words += rest
        elif word in ("-h", "--help"):
            raise HelpAsked(*flags, *values)
        elif word in flags:
            options[word] = ""
        elif name in values:
            found = value if equals else next(rest, None)
            if found is None:
                raise UsageError(f"{name}: expected a value after it, got nothing.")
            # An option that is repeated, as --lora may be, is a list with commas.
            options[name] = (
                f"{options[name]},{found}" if name == "--lora" and name in options else found
            )
        elif word.startswith("-") and word != "-":
            known = ", ".join([*flags, *values]) or "none"
            raise UsageError(f"'{visible(word)}': unknown option. Known here: {known}.")
        else:
            words.append(word)
    return words, options


def number(name: str, options: dict[str, str]) -> float | None:
    """Returns the number an option gives, or None where it is not given."""
    text = options.get(name)
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{name}: expected a number, got '{visible(text)}'.") from None


def budget_in(options: dict[str, str]) -> int | dict[str, float] | None:
    """Reads '40' as calls of the network and '12s@0.5' as seconds at so many seconds a call."""
    text = options.get("--budget")
    if text is None:
        return None
    seconds, at, each = text.partition("s@")
    try:
        return {"seconds": float(seconds), "seconds_per_call": float(each)} if at else int(text)
    except ValueError:
        raise UsageError(
            f"--budget: expected calls such as 40, or seconds at seconds a call such as 12s@0.5, "
            f"got '{visible(text)}'."
        ) from None
