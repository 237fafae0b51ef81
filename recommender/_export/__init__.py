"""One recommendation in the words of each tool: what to paste, and what could not be said.

Each tool has a file of its own, which names the source of every range in it. `plan` holds what they
share: guidance in plain terms, steps as each tool counts them, and the notes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._errors import visible
from .result import Exported, ExportError

if TYPE_CHECKING:
    from .._recommend.answer import Recommendation

__all__ = ["TOOLS", "ExportError", "Exported", "export"]

# Tool id → its name, the module and function that write it, and the form of what they write.
_WRITERS = {
    "diffusers": ("diffusers", "diffusers", "text", "text"),
    "diffusers-json": ("diffusers", "diffusers", "data", "json"),
    "comfyui": ("ComfyUI", "comfyui", "text", "json"),
    "a1111": ("A1111", "a1111", "text", "text"),
    "a1111-api": ("A1111", "a1111", "body", "json"),
    "forge": ("Forge", "forge", "text", "text"),
    "forge-api": ("Forge", "forge", "body", "json"),
    "invokeai": ("InvokeAI", "invokeai", "text", "json"),
    "swarmui": ("SwarmUI", "swarmui", "text", "json"),
    "drawthings": ("Draw Things", "drawthings", "text", "json"),
    "fooocus": ("Fooocus", "fooocus", "text", "json"),
    "sdcpp": ("stable-diffusion.cpp", "sdcpp", "text", "command"),
    "mflux": ("mflux", "mflux", "text", "command"),
    "replicate": ("Replicate", "replicate", "text", "json"),
    "fal": ("fal", "fal", "text", "json"),
    "bfl": ("BFL", "bfl", "text", "json"),
    "runware": ("Runware", "runware", "text", "json"),
}
TOOLS = tuple(_WRITERS)


def export(
    recommendation: Recommendation,
    tool: str,
    *,
    prompt: str = "",
    negative_prompt: str = "",
    seed: int | None = None,
) -> Exported:
    """Returns a recommendation as one tool takes it: exactly what to paste, and what was left out.

    `tool` is one of TOOLS. Steps, guidance, clip skip and strength are counted as the tool counts
    them. Raises ExportError for an unknown tool, and for a model the tool does not run or, for a
    hosted service, of which no figures are known there; ranges and names are read from each tool's
    source, which its module names.
    """
    tool = tool if tool in _WRITERS else str(tool).casefold()
    if tool not in _WRITERS:
        raise ExportError(unknown(tool))
    from importlib import import_module

    from .plan import make

    name, module, function, form = _WRITERS[tool]
    plan = make(recommendation, name, prompt, negative_prompt, seed, native=name == "diffusers")
    content = getattr(import_module(f".{module}", __name__), function)(plan)
    return Exported(tool, form, content, tuple(plan.notes))


def unknown(tool: str) -> str:
    """Returns the sentence for a tool that is not one of TOOLS."""
    from difflib import get_close_matches

    near = get_close_matches(tool.casefold(), TOOLS, n=1, cutoff=0.6)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return f"export: tool '{visible(tool)}': Expected one of {', '.join(TOOLS)}.{hint}"
