"""HTML elements: text is escaped by the serialiser, attributes are ours only."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

Node = etree._Element
Child = Node | str | None | Iterable["Child"]


def h(tag: str, *children: Child, **attributes: str | None) -> Node:
    """An HTML element; ``class_`` is class, ``data_x`` is data-x, None is left out."""
    node = etree.Element(tag)
    for name, value in attributes.items():
        if value is not None:
            node.set(name.rstrip("_").replace("_", "-"), value)
    put(node, children)
    return node


def put(node: Node, children: Child) -> None:
    """Append text and elements."""
    if children is None:
        return
    if isinstance(children, str):
        text = "".join(c for c in children if c in "\t\n\r" or c >= " ")
        if len(node):
            node[-1].tail = (node[-1].tail or "") + text
        else:
            node.text = (node.text or "") + text
    elif isinstance(children, etree._Element):
        node.append(children)
    else:
        for child in children:
            put(node, child)


def page(title: str, style: str, body: Iterable[Child], lang: str) -> str:
    """A whole page. Its policy forbids scripts, and anything that is not in the file."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; object-src data:; frame-src data:"
    meta = [
        h("meta", charset="utf-8"),
        h("meta", http_equiv="Content-Security-Policy", content=policy),
        h("meta", name="referrer", content="no-referrer"),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
    ]
    root = h("html", h("head", meta, h("title", title), h("style", style)), h("body", body), lang=lang)
    text: str = etree.tostring(root, method="html", encoding="unicode")
    return f"<!DOCTYPE html>\n{text}\n"
