"""Stage 2: is this CDA R2 at all? Elements and their order, attributes, datatypes, ``xsi:type``, ids.

The verdict is the official schema's (CDA R2 with its sdtc, lab, pharmacy and DICOM extensions); the data is our own
(``data/grammar.txt``). A sound element costs a few dictionary look-ups; `faults` explains the others.
"""

from __future__ import annotations

from norms.cda.document import HL7, XSI, XSI_TYPE, Document, Element, nodes
from norms.cda.grammar.automaton import OTHER
from norms.cda.grammar.faults import Faults
from norms.cda.grammar.types import ANYTHING, PLAIN, READY, Type, actual_type, type_of
from norms.finding import Finding

_SPACE = " \t\r\n"
_HL7 = f"{{{HL7}}}"
_HINTS = frozenset({f"{{{XSI}}}schemaLocation", f"{{{XSI}}}noNamespaceSchemaLocation"})
_NIL = f"{{{XSI}}}nil"


def check(document: Document) -> list[Finding]:
    """What the grammar refuses in the document."""
    _ = document.elements  # made now, once for all the stages
    walk = _Walk(document)
    walk.element(document.root, type_of("ClinicalDocument"))
    walk.faults.links(walk.ids, walk.references)
    return walk.faults.findings


class _Walk:
    """One pass over the tree, parents before children."""

    def __init__(self, document: Document) -> None:
        self.faults = Faults(document)
        self.ids: list[tuple[Element, str]] = []
        self.references: list[tuple[Element, str]] = []

    def element(self, element: Element, kind: Type) -> None:
        """Judge an element standing where this type is declared, and all it holds."""
        if kind.derived:
            said = element.get(XSI_TYPE)
            if said is not None or kind.abstract:
                actual = actual_type(element, said, kind) if said is not None else None
                if actual is None or actual.abstract:
                    self.faults.type(element, kind, said, actual)
                    return
                kind = actual
        required = kind.required
        wanting = len(required)
        items: list[tuple[str, str]] = element.items()  # type: ignore[assignment]
        if items:
            attributes = kind.attributes
            for name, value in items:
                tests = attributes.get(name)
                if tests is None or not (tests[0](value) or tests[1](value)):
                    self._attribute(element, kind, name, value)
                elif wanting and name in required:
                    wanting -= 1
            if kind.linked:
                self._linked(element, kind)
        if wanting:
            self.faults.missing_attributes(element, kind)
        # The children in the model's order; no text between them but white space where the type takes none.
        state = kind.start
        broken = False
        solid = not kind.mixed
        empty = kind.empty
        stray = element.text if solid else None
        if stray is not None and not empty and not stray.strip(_SPACE):
            stray = None
        for child in nodes(element):
            if solid and stray is None and (tail := child.tail) is not None and (empty or tail.strip(_SPACE)):
                stray = tail
            tag = child.tag
            step = state.next.get(tag)
            if step is not None:
                state, key = step
            elif not isinstance(tag, str):
                continue  # a comment or an instruction
            elif OTHER in state.next and tag.startswith("{") and not tag.startswith(_HL7):
                state, key = state.next[OTHER]
            else:
                broken = True
                key = kind.children.get(tag, OTHER)
            declared = READY.get(key)
            if declared is not None:
                self.element(child, declared)
            elif key == PLAIN:
                self.faults.plain(child, key)
            elif key not in (OTHER, ANYTHING):
                self.element(child, type_of(key))
        if broken or not state.final:
            self.faults.children(element, kind)
        if stray is not None and not (empty and broken):  # else its children are said, and with them what is between
            self.faults.text(element, stray)

    def _attribute(self, element: Element, kind: Type, name: str, value: str) -> None:
        """An attribute that the type does not have, or not with this value."""
        if name in kind.attributes:
            self.faults.value(element, kind, name, value)
        elif name == XSI_TYPE:
            actual = actual_type(element, value, kind)
            if actual is None:
                self.faults.type(element, kind, value, actual)
        elif name == _NIL:
            self.faults.nil(element)
        elif name not in _HINTS:
            self.faults.attribute(element, kind, name)

    def _linked(self, element: Element, kind: Type) -> None:
        for name in kind.linked:
            value = element.get(name)
            if value is not None:
                (self.ids if kind.kinds[name] == "ID" else self.references).append((element, name))
