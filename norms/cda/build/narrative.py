"""Narrative blocks: paragraphs, tables, lists, footnotes, with anchors that entries refer to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from norms.cda.build.xml import Child, E
from norms.cda.document import Element


@dataclass(frozen=True, slots=True)
class T:
    """A run of text: ``id`` its anchor, ``style`` a styleCode (Bold, Italics, xRed…), ``note`` a footnote's text."""

    text: str
    id: str = ""
    style: str = ""
    note: str = ""
    note_id: str = ""


Cell = str | T | Sequence[str | T]


@dataclass(frozen=True, slots=True)
class P:
    """A paragraph."""

    content: Cell
    style: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``rows`` of cells; ``caption`` and ``styles`` (one styleCode per column) are optional."""

    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: Sequence[Cell]
    ordered: bool = False
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """An image rendered where it stands: the ID of its observationMedia entry."""

    media: str


Block = P | Table | Items | Image | str


def narrative(blocks: Sequence[Block]) -> Element:
    """The ``text`` of a section."""
    return E("text", [_block(block) for block in blocks])


def _block(block: Block) -> Element:
    match block:
        case str():
            return E("paragraph", block)
        case P():
            return E("paragraph", _cell(block.content), styleCode=block.style or None)
        case Table():
            return E(
                "table",
                E("caption", block.caption) if block.caption else None,
                E("thead", E("tr", [E("th", title) for title in block.head])),
                E("tbody", [E("tr", [E("td", _cell(cell)) for cell in row]) for row in block.rows]),
                border="0",
            )
        case Items():
            items = [E("item", _cell(item)) for item in block.items]
            caption = E("caption", block.caption) if block.caption else None
            return E("list", caption, items, listType="ordered" if block.ordered else "unordered")
        case Image():
            return E("paragraph", E("renderMultiMedia", referencedObject=block.media))


def _cell(cell: Cell) -> list[Child]:
    runs: Sequence[str | T] = [cell] if isinstance(cell, str | T) else cell
    return [run if isinstance(run, str) else _run(run) for run in runs]


def _run(run: T) -> list[Child]:
    plain = not (run.id or run.style)
    text: Child = run.text if plain else E("content", run.text, ID=run.id or None, styleCode=run.style or None)
    if not run.note:
        return [text]
    return [text, E("footnote", run.note, ID=run.note_id or None)]
