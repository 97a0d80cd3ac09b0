"""The narrative of a section, with its own styles: tables, lists, footnotes, styleCode, pictures, PDF."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping

from harness.render.html import Child, Node, h
from norms.cda.document import Document, Element, first, qname, shown, words

_PLAIN: Mapping[str, str] = {
    "paragraph": "p", "content": "span", "list": "ul", "item": "li", "footnote": "small",
    **{same: same for same in ("caption", "br", "sub", "sup", "table", "thead", "tbody", "tfoot", "tr", "td", "th")},
    "colgroup": "colgroup", "col": "col",
}  # fmt: skip
_STYLES: Mapping[str, str] = {
    "bold": "b", "italics": "i", "underline": "u", "emphasis": "i", "lrule": "bl", "rrule": "br", "toprule": "bt",
    "botrule": "bb", "xred": "red", "xgreen": "green", "xblue": "blue", "xorange": "orange", "xgrey": "grey",
    "smallcaps": "sc", "monospaced": "mono",
}  # fmt: skip
_ORDERED: Mapping[str, str] = {
    "arabic": "1", "littlealpha": "a", "bigalpha": "A", "littleroman": "i", "bigroman": "I"
}  # fmt: skip
_KEPT = ("colspan", "rowspan", "span")
_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/bmp", "image/webp"})
_NUMBER = re.compile(r"\d{1,3}\Z")

Media = Callable[[str], Child]


def anchor(id: str) -> str:
    """The page's id for an ID of the narrative: never one of our own."""
    return "n-" + re.sub(r"[^\w.\-]", "_", id)


def narrative(text: Element, media: Media) -> Node:
    """The ``text`` of a section as HTML; what is not narrative is shown as mere text."""
    return h("div", _inside(text, media), class_="narrative")


def _inside(element: Element, media: Media) -> Iterator[Child]:
    if element.text:
        yield element.text
    for child in element:
        if isinstance(child.tag, str):
            yield _one(child, media)
        if child.tail:
            yield child.tail


def _one(element: Element, media: Media) -> Child:
    name = shown(element.tag)
    if name == "renderMultiMedia":
        return [media(ref) for ref in element.get("referencedObject", "").split()]
    if name == "linkHtml":
        return [h("span", *_inside(element, media)), f" ({element.get('href', '')})"]
    if name == "footnoteRef":
        target = element.get("IDREF", "")
        return h("sup", h("a", "*", href=f"#{anchor(target)}"))
    tag = _PLAIN.get(name)
    if tag is None:
        return list(_inside(element, media))
    classes = _classes(element.get("styleCode", ""))
    if name == "list":
        kind = next((_ORDERED[c] for c in element.get("styleCode", "").lower().split() if c in _ORDERED), None)
        if element.get("listType") == "ordered" or kind:
            tag = "ol"
            return _listed(element, tag, classes, media, kind)
        return _listed(element, tag, classes, media, None)
    if name == "footnote":
        classes.append("footnote")
    kept = {a: v for a in _KEPT if (v := element.get(a)) and _NUMBER.match(v)}
    if element.get("revised") == "delete":
        tag = "del"
    id = element.get("ID")
    return h(
        tag, *_inside(element, media), id=anchor(id) if id else None, class_=" ".join(classes) or None, **kept
    )  # fmt: skip


def _listed(element: Element, tag: str, classes: list[str], media: Media, kind: str | None) -> Child:
    caption = first(element, "caption")
    items = [_one(item, media) for item in element.iterchildren(qname("item"))]
    id = element.get("ID")
    made = h(tag, items, type=kind, id=anchor(id) if id else None, class_=" ".join(classes) or None)
    return [h("p", words(caption), class_="caption") if caption is not None else None, made]


def _classes(codes: str) -> list[str]:
    return [f"s-{_STYLES[code]}" for code in codes.lower().split() if code in _STYLES]


def pictures(document: Document, say: Callable[[str], str]) -> Media:
    """How a ``renderMultiMedia`` is shown: the bytes of the observationMedia it names."""
    held = {e.get("ID"): e for e in document.every("observationMedia") if e.get("ID")}

    def show(id: str) -> Child:
        element = held.get(id)
        value = first(element, "value") if element is not None else None
        if value is None:
            return h("em", say("no_media").format(id=id))
        return embedded(value.text or "", value.get("mediaType", ""), say)

    return show


def embedded(text: str, media_type: str, say: Callable[[str], str]) -> Child:
    """Base64 bytes in the page: a picture, a PDF, plain text; anything else is only told."""
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (ValueError, binascii.Error):
        return h("em", say("bad_base64"))
    if media_type == "text/plain":
        return h("pre", data.decode("utf-8", "replace"))
    if media_type == "application/pdf" and data.startswith(b"%PDF-"):
        source = f"data:application/pdf;base64,{base64.b64encode(data).decode('ascii')}"
        return [
            h("embed", type="application/pdf", src=source, class_="pdf"),
            h("p", h("a", say("save_pdf"), href=source, download="document.pdf")),
        ]
    if media_type in _IMAGES:
        return h("img", src=f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}", alt="")
    return h("em", say("not_shown").format(type=media_type or "?", size=len(data)))
