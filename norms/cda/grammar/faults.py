"""What is wrong where the grammar does not hold, in words a reader can act on, one finding for one cause."""

from __future__ import annotations

from typing import cast

from norms.cda.alike import alike
from norms.cda.document import XSI, XSI_TYPE, Document, Element, shown
from norms.cda.grammar.automaton import OTHER, State
from norms.cda.grammar.lexical import choice, collapse, test
from norms.cda.grammar.types import Type
from norms.finding import Finding, find

# Elements whose own faults leave what they hold worth judging.
_FRAMES = frozenset({"ClinicalDocument", "component", "structuredBody", "section", "recordTarget", "patientRole"})
_MANY = 12  # how many names an "expected" lists


class Faults:
    """Collects findings and marks what they cover in the document."""

    def __init__(self, document: Document) -> None:
        self.findings: list[Finding] = []
        self._document = document
        self._retyped: Element | None = None

    def _say(self, rule: str, element: Element, at: str = "", **said: object) -> None:
        where = self._document.where(element, _attribute(at))
        self.findings.append(find(rule, where=where, name=shown(element.tag), **said))  # type: ignore[arg-type]

    def _spoil(self, element: Element) -> None:
        if shown(element.tag) not in _FRAMES:
            self._document.spoil(element)

    # -- attributes ------------------------------------------------------------------------------------------------

    def attribute(self, element: Element, kind: Type, name: str) -> None:
        """An attribute that this element does not have."""
        if self._once(element):
            return
        near = alike(name, map(shown, kind.attributes))
        missing = [known for known in near if known in kind.required or known not in element.attrib]
        expected = missing or sorted(shown(known) for known in kind.attributes)
        self._say("CDA-GRM-05", element, name, attribute=_attribute(name), expected=_list(expected), found=name)
        if near and near[0] not in element.attrib:
            self._spoil(element)

    def _once(self, element: Element) -> bool:
        """True when an attribute of this element was said and ``xsi:type`` may be the one cause of them all."""
        said = element is self._retyped
        self._retyped = element if element.get(XSI_TYPE) else None
        return said

    def missing_attributes(self, element: Element, kind: Type) -> None:
        """Required attributes that are absent (one that is there with a wrong value was said already)."""
        absent = [name for name in sorted(kind.required) if name not in element.attrib]
        for name in absent:
            allowed = sorted(choice(kind.kinds[name]))
            self._say("CDA-GRM-06", element, attribute=_attribute(name), expected=_list(allowed) or kind.kinds[name])
        if absent:
            self._spoil(element)

    def value(self, element: Element, kind: Type, name: str, value: str) -> None:
        """An attribute whose value is not of its type."""
        if self._once(element):
            return
        wanted = kind.kinds[name]
        allowed = choice(wanted)
        rule = "CDA-GRM-08" if wanted.startswith("=") else "CDA-GRM-09" if allowed else f"CDA-GRM-{_LEXICAL[wanted]}"
        expected = wanted[1:] if wanted.startswith("=") else _list(_nearest(value, allowed)) if allowed else wanted
        self._say(rule, element, name, attribute=_attribute(name), expected=expected, found=value)
        self._spoil(element)

    def type(self, element: Element, kind: Type, said: str | None, actual: Type | None) -> None:
        """``xsi:type`` absent where the declared type is abstract, unknown, or of another family."""
        self._say(
            "CDA-GRM-12" if said is None else "CDA-GRM-13",
            element,
            "" if said is None else f"{{{XSI}}}type",
            expected=kind.name,
            found=said or "",
        )
        self._document.spoil(element)

    def nil(self, element: Element) -> None:
        """``xsi:nil``, which no CDA element takes."""
        self._say("CDA-GRM-14", element, f"{{{XSI}}}nil")

    # -- content ---------------------------------------------------------------------------------------------------

    def text(self, element: Element, text: str) -> None:
        """Text in an element that takes none."""
        blank = not text.strip(" \t\r\n")
        self._say("CDA-GRM-11" if blank else "CDA-GRM-10", element, found=text.strip()[:60])
        self._spoil(element)

    def plain(self, element: Element, kind: str) -> None:
        """An element that holds a plain value: no attribute, no child, the value of its kind."""
        text = element.text or ""
        if len(element) or element.items() or not test(kind)[1](text):
            self._say("CDA-GRM-10", element, found=text[:60])
            self._spoil(element)

    def children(self, element: Element, kind: Type) -> None:
        """Children that the model refuses: unknown, out of order, too many, missing."""
        state = kind.start
        here = [child for child in element if isinstance(child.tag, str)]
        if kind.empty and here:
            self._needless(element, kind, here)
            return
        names = {child.tag for child in here}
        for at, child in enumerate(here):
            step = state.next.get(child.tag)
            if step is not None:
                state = step[0]
            elif child.tag not in kind.children:
                if OTHER in state.next and child.tag[0] == "{" and not child.tag.startswith("{urn:hl7-org:v3}"):
                    state = state.next[OTHER][0]
                    continue
                self._unknown(child, element, kind, state)
            else:
                state = self._misplaced(child, element, kind, state, {c.tag for c in here[at:]}, names)
        self._missing(element, state, _way(state, None), names)

    def _needless(self, element: Element, kind: Type, here: list[Element]) -> None:
        """Children where none may be; xsi:type forgotten when a derived type would take them."""
        names = _list(shown(child.tag) for child in here)
        self._say("CDA-GRM-15" if kind.derived else "CDA-GRM-01", here[0], parent=shown(element.tag), found=names)
        self._document.spoil(element)

    def _unknown(self, child: Element, parent: Element, kind: Type, state: State) -> None:
        local = child.tag.rpartition("}")[2]
        allowed = [shown(name) for name in kind.children if name != OTHER]
        near = alike(local, [name.rpartition(":")[2] for name in allowed], cutoff=0.75)
        expected = near or [shown(name) for name in state.next if name != OTHER] or allowed
        rule = "CDA-GRM-02" if near and near[0] == local else "CDA-GRM-01"
        self._say(rule, child, parent=shown(parent.tag), expected=_list(expected), found=shown(child.tag))
        self._document.spoil(child)
        for name in near or [shown(name) for name in state.next]:
            self._document.misshape(parent, name)

    def _misplaced(
        self, child: Element, parent: Element, kind: Type, state: State, ahead: set[str], here: set[str]
    ) -> State:
        """Say why a known child may not stand here; the state from which to go on."""
        skipped = _way(state, child.tag)
        if skipped is None:
            again = any(before.tag == child.tag for before in child.itersiblings(preceding=True))
            rule = "CDA-GRM-04" if again else "CDA-GRM-03"
            expected = [shown(name) for name in state.next if name in ahead] or [shown(name) for name in state.next]
            near, line = ("", 0) if again else _before(child, parent, kind)
            self._say(
                rule,
                child,
                parent=shown(parent.tag),
                expected=_list(expected),
                found=shown(child.tag),
                near=near,
                line=line,
            )
            self._document.misshape(parent, shown(child.tag))
            return state
        late = [name for name in skipped if name in ahead]
        if late:  # it came too early: what it stands before is not missing
            self._say(
                "CDA-GRM-03", child, parent=shown(parent.tag), expected=_list(map(shown, late)), found=shown(child.tag)
            )
            return state
        self._missing(parent, state, skipped, here)
        for name in skipped:
            state = state.next[name][0]
        return state.next[child.tag][0]

    def _missing(self, parent: Element, state: State, absent: list[str] | None, here: set[str]) -> None:
        for name in absent or ():
            choices = [shown(other) for other in state.next if _needed(state, other)]
            state = state.next[name][0]
            if name in here or not all(self._document.whole(parent, other) for other in choices):
                continue  # it stands elsewhere, or an unknown element stands for it: said already
            self._say("CDA-GRM-07", parent, parent=shown(parent.tag), expected=_list(choices))
            for name in choices:
                self._document.misshape(parent, name)

    # -- ids -------------------------------------------------------------------------------------------------------

    def links(self, ids: list[tuple[Element, str]], references: list[tuple[Element, str]]) -> None:
        """Identifiers are unique in the document, and references within the narrative lead to one."""
        seen: dict[str, Element] = {}
        for element, name in ids:
            value = collapse(element.get(name, ""))
            if value in seen:
                other = self._document.where(seen[value])
                self._say("CDA-GRM-16", element, name, found=value, line=other.line)
            else:
                seen[value] = element
        for element, name in references:
            for value in collapse(element.get(name, "")).split() if self._document.sound(element) else ():
                if value not in seen and value not in self._document.ids:
                    self._say("CDA-GRM-17", element, name, attribute=name, found=value)


def _way(state: State, name: str | None) -> list[str] | None:
    """The fewest children that, put here, would let `name` follow (None: the model end); None when none would."""
    reached: list[tuple[State, list[str]]] = [(state, [])]
    seen = {id(state)}
    for at, path in reached:
        if (name in at.next) if name is not None else at.final:
            return path
        for step, (after, _) in at.next.items():
            if id(after) not in seen and step != OTHER:
                seen.add(id(after))
                reached.append((after, [*path, step]))
    return None


def _needed(state: State, name: str) -> bool:
    """True when this child brings the model nearer to its end."""
    here, there = _way(state, None), _way(state.next[name][0], None)
    return here is not None and there is not None and len(there) < len(here)


_LEXICAL = {"uid": 20, "oid": 20, "ts": 21, "bl": 22, "bn": 22, "boolean": 22, "int": 23, "int_pos": 23, "real": 24}
_LEXICAL |= {"probability": 24, "cs": 25, "st": 26, "url": 27, "bin": 28, "ID": 29, "IDREF": 29, "IDREFS": 29}
_LEXICAL |= {"NMTOKEN": 29, "NMTOKENS": 29, "string": 26}


def _attribute(name: str) -> str:
    return shown(name) if "}" in name else name


def _nearest(value: str, allowed: frozenset[str]) -> list[str]:
    return sorted(allowed) if len(allowed) <= _MANY else alike(value, allowed, 3, 0.3) or sorted(allowed)


def _list(names: object) -> str:
    every = list(dict.fromkeys(map(str, names)))  # type: ignore[call-overload]
    return ", ".join(every[:_MANY]) + ("…" if len(every) > _MANY else "")


def _before(child: Element, parent: Element, kind: Type) -> tuple[str, int]:
    """The first element before which a child that came too late must stand, and its line; "" when there is none."""
    order = {name: rank for rank, name in enumerate(kind.children)}
    own = order[child.tag]
    for other in parent.iterchildren("*"):
        if other is child:
            break
        if order.get(other.tag, -1) > own:
            return f"<{shown(other.tag)}>", cast(int, other.sourceline)
    return "", 0
