"""A ComfyUI graph and how to walk it: never twice through one node, never by recursion."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

Link = tuple[str, int]
MOST_NODES = 50_000
# Inputs of nodes that only hold or pass on a value, in the order they are believed.
_VALUES = ("value", "int", "float", "string", "text", "seed", "noise_seed", "number", "Value",
           "Number", "populated_text", "input", "", "any", "source", "INT", "FLOAT")  # fmt: skip


class _Unknown:
    def __repr__(self) -> str:
        return "a value that is computed when the graph runs"


UNKNOWN = _Unknown()


@dataclass(frozen=True, slots=True)
class Node:
    """One node: its id, its class, and its inputs: values, or links as the tool writes them."""

    id: str
    kind: str
    inputs: dict[str, Any]


class Graph:
    """The nodes of an API graph by id."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.nodes: dict[str, Node] = {}
        for id, one in data.items():
            kind = one.get("class_type") if isinstance(one, dict) else None
            inputs = one.get("inputs") if isinstance(one, dict) else None
            if isinstance(kind, str) and isinstance(inputs, dict):
                self.nodes[id] = Node(id, kind, inputs)

    def link(self, node: Node, name: str) -> Link | None:
        """Returns the node and output an input is linked to, or None for a value."""
        value = node.inputs.get(name)
        if isinstance(value, list) and len(value) == 2:
            id, slot = str(value[0]), value[1]
            if id in self.nodes and isinstance(slot, int) and not isinstance(slot, bool):
                return id, slot
        return None

    def links(self, node: Node, names: Iterable[str] | None = None) -> list[Link]:
        """Returns the links of these inputs, or of all."""
        found = [self.link(node, name) for name in (node.inputs if names is None else names)]
        return [link for link in found if link is not None]

    def walk(
        self,
        starts: Iterable[Link | None],
        names: Callable[[Node, int], Iterable[str] | None],
        seen: set[Link] | None = None,
    ) -> Iterator[tuple[Node, int]]:
        """Yields nodes upstream, nearest first, each output once.

        `names` says which inputs of a node to follow: all for None, none where the walk ends.
        Walks that share `seen` do not go where another has been.
        """
        seen = set() if seen is None else seen
        waiting = deque(dict.fromkeys(link for link in starts if link and link not in seen))
        seen.update(waiting)
        while waiting:
            id, slot = waiting.popleft()
            node = self.nodes[id]
            yield node, slot
            for link in self.links(node, names(node, slot)):
                if link not in seen:
                    seen.add(link)
                    waiting.append(link)

    def value(self, node: Node, name: str) -> Any:
        """Returns an input's value, followed through nodes that only hold one, or UNKNOWN."""
        seen: set[str] = set()
        while True:
            link = self.link(node, name)
            if link is None:
                found = node.inputs.get(name)
                return UNKNOWN if isinstance(found, list | dict) else found
            node = self.nodes[link[0]]
            if node.id in seen:
                return UNKNOWN
            seen.add(node.id)
            chosen = self._holding(node)
            if chosen is None:
                return UNKNOWN
            name = chosen

    def _holding(self, node: Node) -> str | None:
        """Returns the input whose value a node passes on."""
        if node.kind == "ComfySwitchNode":
            return "on_true" if self.value_here(node, "switch") else "on_false"
        held = [key for key in node.inputs if key in _VALUES]
        if len(node.inputs) == 1:
            return next(iter(node.inputs))
        # Two values at once are put together in a way only the node knows.
        return held[0] if len(held) == 1 else None

    def value_here(self, node: Node, name: str) -> Any:
        """Returns a value that stands in the node itself, else None."""
        found = node.inputs.get(name)
        return None if isinstance(found, list | dict) else found


def passing(node: Node) -> list[str]:
    """Returns the inputs of nodes that pass one thing on unchanged, such as a reroute."""
    if node.kind == "ComfySwitchNode":
        return ["on_true" if node.inputs.get("switch") is True else "on_false"]
    return [name for name in node.inputs if name in ("", "any", "input", "value", "source", "*")]
