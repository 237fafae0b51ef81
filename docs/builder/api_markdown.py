"""Turns the HTML of a page's content into plain Markdown: the page's twin for language models.

Only what our pages hold is known here: headings, text, lists, tables, code, pictures, definition
lists. Whatever a script or a style sheet needs is left out; unknown elements leave their text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"br", "hr", "img", "input", "meta", "link", "source", "wbr"}
_SKIPPED = {"script", "style", "svg", "input", "button", "template", "label", "form", "canvas"}
_BLOCKS = {
    "address", "article", "blockquote", "details", "div", "dl", "dt", "dd", "figure", "figcaption",
    "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "section", "summary",
    "live-picture", "picture-compare", "picture-explorer", "steps-slider", "table", "table-filter",
    "time-calculator", "ul",
}  # fmt: skip
# What opens a construct inside a line. Within a word `_` means nothing, and names are full of it.
_SPECIAL = re.compile(r"[\\`*\[\]]|(?<!\w)_|_(?!\w)")
_LEADING = re.compile(r"^(?=(?:[#>+-]|\d+[.)])(?:\s|$))")


@dataclass(slots=True)
class Node:
    """An element: its name, attributes, and what stands in it."""

    tag: str
    attributes: dict[str, str | None] = field(default_factory=dict)
    inside: list[Node | str] = field(default_factory=list)


class _Tree(HTMLParser):
    """Builds the tree; the HTML is our own and well formed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Node("div")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, dict(attrs))
        self.open[-1].inside.append(node)
        if tag not in _VOID:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if self.open[-1].tag == tag and len(self.open) > 1:
            self.open.pop()
        elif any(node.tag == tag for node in self.open[1:]):
            while self.open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)

    def updatepos(self, i: int, j: int) -> int:
        """Counts no lines, which takes a tenth of the time: nobody asks where an element stands."""
        return j


def markdown(html: str) -> str:
    """Returns a page's content as Markdown; links to pages lead to their twins."""
    tree = _Tree()
    tree.feed(html)
    tree.close()
    return "\n\n".join(_blocks(tree.open[0])) + "\n"


def escaped(text: str) -> str:
    """Returns text on one line, so that no Markdown renderer takes a part of it for markup."""
    line = _SPECIAL.sub(lambda match: "\\" + match[0], " ".join(text.split()))
    return line.replace("&", "&amp;").replace("<", "&lt;")


def _left_out(node: Node) -> bool:
    kinds = (node.attributes.get("class") or "").split()
    hidden = "hidden" in node.attributes or node.attributes.get("aria-hidden") == "true"
    # Pictures cut from a strip: its address would show every value under the name of one.
    return hidden or node.tag in _SKIPPED or "headerlink" in kinds or "under" in kinds


def _blocks(node: Node) -> list[str]:
    """Returns the blocks inside an element; text between them makes paragraphs."""
    blocks: list[str] = []
    line: list[Node | str] = []
    for one in node.inside:
        if isinstance(one, str) or one.tag not in _BLOCKS:
            line.append(one)
            continue
        blocks += _paragraph(line)
        line = []
        if not _left_out(one):
            blocks += _block(one)
    return blocks + _paragraph(line)


def _paragraph(line: list[Node | str]) -> list[str]:
    text = _line(line)
    return [_LEADING.sub(r"\\", text)] if text else []


def _block(node: Node) -> list[str]:
    tag = node.tag
    if re.fullmatch("h[1-6]", tag):
        return [f"{'#' * int(tag[1])} {_line(node.inside)}"]
    if tag == "pre":
        return [_fence(_text(node), "")]
    if tag == "div" and "highlight" in (node.attributes.get("class") or "").split():
        return [_fence(_text(node), _language(node))]
    if tag == "table":
        return _table(node)
    if tag in ("ul", "ol"):
        return _list(node)
    if tag == "dl":
        return _definitions(node)
    if tag == "blockquote":
        return ["\n".join(f"> {line}".rstrip() for line in "\n\n".join(_blocks(node)).split("\n"))]
    if tag == "summary":
        return [f"**{_line(node.inside)}**"]
    return _blocks(node)


def _list(node: Node) -> list[str]:
    items: list[str] = []
    for one in node.inside:
        if isinstance(one, Node) and one.tag == "li":
            mark = f"{len(items) + 1}. " if node.tag == "ol" else "- "
            text = "\n\n".join(_blocks(one))
            items.append(mark + text.replace("\n", "\n" + " " * len(mark)))
    return [re.sub(r"\n +(?=\n)", "\n", "\n".join(items))] if items else []


def _definitions(node: Node) -> list[str]:
    """Writes terms and what they are: a list of pairs, or a term and the blocks below it."""
    parts: list[str] = []
    for one in _walk(node, ("dt", "dd")):
        if one.tag == "dt":
            parts.append(f"- {_line(one.inside)}:")
        elif len(blocks := _blocks(one)) == 1 and "\n" not in blocks[0] and parts:
            parts[-1] += " " + blocks[0]
        else:
            parts += ["  " + block.replace("\n", "\n  ") for block in blocks]
    return ["\n".join(parts)] if parts else []


def _table(node: Node) -> list[str]:
    """Writes a table; a heading inside it has a row of its own."""
    rows = [
        [_line(cell.inside).replace("|", "\\|") for cell in row.inside if isinstance(cell, Node)]
        for row in _walk(node, ("tr",))
    ]
    if not rows:
        return []
    wide = max(len(row) for row in rows)
    if not list(_walk(node, ("thead",))):
        rows.insert(0, [""] * wide)
    whole = [row + [""] * (wide - len(row)) for row in rows]
    # A column that is empty below its head held a drawing.
    kept = [i for i in range(wide) if len(whole) == 1 or any(row[i] for row in whole[1:])]
    whole = [[row[i] for i in kept] for row in whole]
    wide = len(kept)
    lines = ["| " + " | ".join(row) + " |" for row in whole]
    return ["\n".join([lines[0], "|" + " --- |" * wide, *lines[1:]])]


def _walk(node: Node, tags: tuple[str, ...]) -> list[Node]:
    """Returns the outermost elements of these names inside an element, in order."""
    found: list[Node] = []
    for one in node.inside:
        if isinstance(one, Node):
            found += [one] if one.tag in tags else _walk(one, tags)
    return found


def _fence(code: str, language: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", code)), default=0))
    return f"{fence}{language}\n{code.strip(chr(10))}\n{fence}"


def _language(node: Node) -> str:
    kinds = (node.attributes.get("class") or "").split()
    return next((kind[9:] for kind in kinds if kind.startswith("language-")), "")


def _text(node: Node) -> str:
    return "".join(one if isinstance(one, str) else _text(one) for one in node.inside)


def _line(inside: list[Node | str]) -> str:
    """Returns what stands in a line as Markdown, spaces made one."""
    return re.sub(r"\s+", " ", "".join(_inline(one) for one in inside)).strip()


def _inline(node: Node | str) -> str:
    if isinstance(node, str):
        return _spaced(node)
    if _left_out(node):
        return ""
    if node.tag == "br":
        return " "
    if node.tag == "img":
        alt, src = node.attributes.get("alt"), node.attributes.get("src")
        return f"![{escaped(alt or '')}]({src})"
    if node.tag == "code":
        return _code(_text(node))
    text = _line(node.inside)
    if node.tag == "a":
        return _link(text, node.attributes.get("href"))
    if node.tag == "small" and text:
        return f"({text})"
    mark = {"strong": "**", "b": "**", "em": "*", "i": "*"}.get(node.tag, "")
    block = " " if node.tag in _BLOCKS or node.tag == "span" else ""
    return f"{block}{mark}{text}{mark}{block}" if text else ""


def _spaced(text: str) -> str:
    """Escapes text and keeps one space at each end: it parts this text from its neighbours."""
    before = " " if text[:1].isspace() else ""
    after = " " if text[-1:].isspace() else ""
    return before + escaped(text) + after


def _code(text: str) -> str:
    line = " ".join(text.split())
    mark = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{mark}{space}{line}{space}{mark}" if line else ""


def _link(text: str, href: str | None) -> str:
    if not text or not href:
        return text
    address = twin_of(href)
    return f"[{text}](<{address}>)" if re.search(r"[() ]", address) else f"[{text}]({address})"


def twin_of(href: str) -> str:
    """Returns the address of a page's twin for the address of one of our pages."""
    page, hash, anchor = href.partition("#")
    # A twin has nothing that an address could set.
    page = page.partition("?")[0]
    if ":" in page or not (page.endswith("/") or page in (".", "..")):
        return href
    return page.rstrip("/") + "/index.md" + hash + anchor
