"""ComfyUI's editor file turned into the graph it would run: subgraphs unfolded, mutes left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .comfy_graph import MOST_NODES
from .comfy_widgets import values
from .values import Unclear

_DEEPEST = 20
_MUTED, _BYPASSED = 2, 4
_INPUT, _OUTPUT = "-10", "-20"
_NOTES = {"Note", "MarkdownNote", "Label (rgthree)"}
Origin = tuple[str, int]


@dataclass(slots=True)
class _Scope:
    """The nodes and links of the whole file, or of one place where a subgraph stands."""

    prefix: str
    nodes: dict[str, dict[str, Any]]
    links: dict[str, tuple[Origin, Origin, str]]
    outputs: dict[int, Origin]
    setters: dict[str, dict[str, Any]]
    inputs: list[Any] = field(default_factory=list)
    parent: _Scope | None = None
    instance: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    children: dict[str, _Scope] = field(default_factory=dict)


def to_graph(workflow: dict[str, Any]) -> dict[str, Any]:
    """Returns the API graph of an editor's file; raises Unclear where it is none."""
    if not isinstance(workflow.get("nodes"), list):
        raise Unclear("no list of nodes")
    definitions = workflow.get("definitions")
    listed = definitions.get("subgraphs") if isinstance(definitions, dict) else None
    subgraphs = {
        one["id"]: one
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, dict) and isinstance(one.get("id"), str)
    }
    scopes = _unfold(workflow, subgraphs)
    graph: dict[str, Any] = {}
    resolver = _Resolver()
    for scope in scopes:
        for id, node in scope.nodes.items():
            kind = node.get("type")
            if id in scope.children or node.get("mode") in (_MUTED, _BYPASSED) or kind in _NOTES:
                continue
            graph[scope.prefix + id] = {
                "class_type": kind,
                "inputs": _inputs(scope, id, node, resolver),
            }
    return graph


def _unfold(workflow: dict[str, Any], subgraphs: dict[str, Any]) -> list[_Scope]:
    root = _scope("", workflow)
    scopes, waiting, count = [root], [(root, 0)], len(root.nodes)
    while waiting:
        scope, depth = waiting.pop()
        for id, node in scope.nodes.items():
            definition = subgraphs.get(node.get("type", ""))
            if definition is None:
                continue
            child = _scope(f"{scope.prefix}{id}:", definition)
            count += len(child.nodes) + 1
            if depth == _DEEPEST or count > MOST_NODES:
                raise Unclear(
                    f"subgraphs that unfold to more than {MOST_NODES:,} nodes or {_DEEPEST} levels"
                )
            child.inputs = _list(definition.get("inputs"))
            child.parent, child.instance = scope, node
            child.given = _given(node, child)
            scope.children[id] = child
            scopes.append(child)
            waiting.append((child, depth + 1))
    return scopes


def _scope(prefix: str, data: dict[str, Any]) -> _Scope:
    nodes = {
        str(node["id"]): node
        for node in _list(data.get("nodes"))
        if isinstance(node, dict) and "id" in node and isinstance(node.get("type"), str)
    }
    if len(nodes) > MOST_NODES:
        raise Unclear(f"more than {MOST_NODES:,} nodes")
    links = {}
    for link in _list(data.get("links")):
        if isinstance(link, dict):
            names = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
            link = [link.get(name) for name in names]
        if not isinstance(link, list) or len(link) < 5:
            continue
        id, origin, origin_slot, target, target_slot = link[:5]
        if isinstance(origin_slot, int) and isinstance(target_slot, int):
            kind = str(link[5]) if len(link) > 5 else ""
            links[str(id)] = ((str(origin), origin_slot), (str(target), target_slot), kind)
    outputs = {slot: origin for origin, (id, slot), _ in links.values() if id == _OUTPUT}
    setters = {_channel(node): node for node in nodes.values() if node["type"] == "SetNode"}
    return _Scope(prefix, nodes, links, outputs, setters)


def _given(node: dict[str, Any], child: _Scope) -> dict[str, Any]:
    """Returns the values set on a subgraph's node: input name → value."""
    own = node.get("widgets_values")
    properties = node.get("properties")
    proxies = properties.get("proxyWidgets") if isinstance(properties, dict) else None
    given: dict[str, Any] = {}
    if isinstance(own, list) and isinstance(proxies, list) and len(own) == len(proxies):
        for proxy, value in zip(proxies, own, strict=True):
            if isinstance(proxy, list) and len(proxy) >= 2 and isinstance(proxy[1], str):
                inner = child.nodes.get(str(proxy[0]))
                if str(proxy[0]) == "-1":
                    given[proxy[1]] = value
                elif inner is not None and value is not None:
                    given[f"{proxy[0]}.{proxy[1]}"] = value
        return given
    names = [
        one["widget"].get("name")
        for one in _list(node.get("inputs"))
        if isinstance(one, dict) and isinstance(one.get("widget"), dict)
    ]
    if isinstance(own, list) and len(own) == len(names):
        given = {name: value for name, value in zip(names, own, strict=True) if name}
    return given


def _inputs(scope: _Scope, id: str, node: dict[str, Any], resolver: _Resolver) -> dict[str, Any]:
    found = values(node)
    for key, value in scope.given.items():
        owner, dot, name = key.partition(".")
        if dot and owner == id:
            found[name] = value
    for one in _list(node.get("inputs")):
        if not isinstance(one, dict) or not isinstance(one.get("name"), str):
            continue
        link = scope.links.get(str(one.get("link")))
        if link is None:
            continue
        origin = resolver.origin(scope, link)
        if origin is not None:
            found[one["name"]] = origin
    return found


class _Resolver:
    """Follows links through subgraphs, reroutes and bypassed nodes, remembering each answer."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, int], Any] = {}

    def origin(self, scope: _Scope, link: tuple[Origin, Origin, str]) -> Any:
        """Returns a link as the API graph writes it, a value, or None where nothing feeds it."""
        path: list[tuple[str, str, int]] = []
        here: _Scope | None = scope
        (id, slot), _, kind = link
        answer: Any = None
        while here is not None:
            place = (here.prefix, id, slot)
            if place in self._known:
                answer = self._known[place]
                break
            self._known[place] = None  # a circle leads nowhere
            path.append(place)
            step = _step(here, id, slot, kind)
            if not isinstance(step, _Next):
                answer = step
                break
            here, (id, slot) = step.scope, step.origin
        for place in path:
            self._known[place] = answer
        return answer


@dataclass(frozen=True, slots=True)
class _Next:
    scope: _Scope
    origin: Origin


def _step(scope: _Scope, id: str, slot: int, kind: str) -> Any:
    """Returns where a link leads on to, or its end: a link, a value, or None."""
    if id == _INPUT:
        return _outside(scope, slot)
    node = scope.nodes.get(id)
    if node is None or node.get("mode") == _MUTED:
        return None
    if id in scope.children:
        child = scope.children[id]
        return _Next(child, child.outputs[slot]) if slot in child.outputs else None
    type = node.get("type")
    if type == "PrimitiveNode":
        found = node.get("widgets_values")
        return found[0] if isinstance(found, list) and found else None
    if type == "GetNode":
        setter = scope.setters.get(_channel(node))
        return None if setter is None else _through(scope, setter)
    if type == "Reroute":
        return _through(scope, node)
    if node.get("mode") == _BYPASSED:
        return _through(scope, node, kind, slot)
    return [scope.prefix + id, slot]


def _outside(scope: _Scope, slot: int) -> Any:
    """Returns what is fed into a subgraph's input from where the subgraph stands."""
    if scope.parent is None or not 0 <= slot < len(scope.inputs):
        return None
    one = scope.inputs[slot]
    name = one.get("name") if isinstance(one, dict) else None
    for entry in _list(scope.instance.get("inputs")):
        if isinstance(entry, dict) and entry.get("name") == name:
            link = scope.parent.links.get(str(entry.get("link")))
            if link is not None:
                return _Next(scope.parent, link[0])
    return scope.given.get(name) if isinstance(name, str) else None


def _through(scope: _Scope, node: dict[str, Any], kind: str = "", slot: int = 0) -> _Next | None:
    """Returns where a node that does nothing is fed from, by an input of this type.

    The editor looks first at the input in the output's own place, then at all in turn.
    """
    inputs = _list(node.get("inputs"))
    for one in [*inputs[slot : slot + 1], *inputs]:
        if isinstance(one, dict):
            link = scope.links.get(str(one.get("link")))
            if link is not None and (not kind or one.get("type") in (kind, "*") or link[2] == kind):
                return _Next(scope, link[0])
    return None


def _channel(node: dict[str, Any]) -> str:
    """Returns the name under which a SetNode passes its input to GetNodes elsewhere."""
    return next((str(one) for one in _list(node.get("widgets_values"))[:1]), "")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
