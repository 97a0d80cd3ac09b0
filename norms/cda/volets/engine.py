"""Run the lines that a document's templates and volet bring, each on the elements it concerns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from norms.cda.coded import nearest
from norms.cda.document import XSI_TYPE, Document, Element, inner, shown
from norms.cda.volets import paths, sheets
from norms.cda.volets.lines import NAMES, Line, system
from norms.finding import Finding, find

_LAST_OID = re.compile(r"\[#([\d.]+)\]\Z")


class Owner(NamedTuple):
    """Who demands a line: a template or a volet."""

    name: str
    oid: str = ""


class Run:
    """The lines of one document. A child found wrong once is not said again for another line about it, nor is a
    template said missing in a section when it was said missing on one of its entries."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._said: set[tuple[Element, str]] = set()
        self._missing: dict[str, list[Element]] = {}
        self._children: dict[Element, dict[str, list[Element]]] = {}
        self._there: dict[tuple[Element, str], list[Element]] = {}
        self._holds: dict[tuple[Element, str], bool] = {}
        self._kinds = {kind: getattr(self, f"_{name}") for kind, name in _KINDS.items()}

    def lines(self, lines: Iterable[Line], element: Element, who: Owner) -> list[Finding]:
        """Findings of a template's lines on an element that claims it."""
        found: list[Finding] = []
        for line in lines:
            self._line(line, element, who, found)
        return found

    def _line(self, line: Line, element: Element, who: Owner, found: list[Finding]) -> None:
        if line.inner is not None:
            if line.kind == "each":
                for place in self._each(line.test, element):
                    self._line(line.inner, place, who, found)
            elif self._if(line.test, element):
                self._line(line.inner, element, who, found)
            return
        for finding in self._kinds[line.kind](line, element, who):
            key = (element, line.head if line.path else finding.expected)
            if key not in self._said:
                self._said.add(key)
                found.append(finding)

    # -- one method per kind ---------------------------------------------------------------------------------------

    def _is(self, line: Line, element: Element, who: Owner) -> Iterator[Finding]:
        name, classes, moods = (*line.words, "-", "-")[:3]
        if (found := shown(element.tag)) != name:
            yield self._say("CDA-TPL-01", who, element, name, found)
            return
        for attribute, allowed in (("classCode", classes), ("moodCode", moods)):
            value = element.get(attribute, "")
            if allowed != "-" and value not in allowed.split("/"):
                yield self._say("CDA-TPL-01", who, element, f"{name}/@{attribute} {allowed}", value, attribute)

    def _with(self, line: Line, element: Element, who: Owner) -> Iterator[Finding]:
        have = {root for root, _ in self.document.templates(element)}
        rule = "CDA-TPL-02" if line.kind == "with" else "CDA-TPL-08"
        for oid in line.words:
            if oid not in have and not self.known_missing(oid, element):
                self._missing.setdefault(oid, []).append(element)
                yield self._say(rule, who, element, oid, ", ".join(sorted(have)), template=sheets.name(oid) or oid)

    def _count(self, line: Line, element: Element, who: Owner) -> Iterable[Finding]:
        number = len(self.children(element).get(line.tag, ())) if line.tag else self.count(line.path, element)
        if line.low <= number and (number <= line.high or line.high < 0):
            return ()
        return self._miscounted(line, element, who, number)

    def _miscounted(self, line: Line, element: Element, who: Owner, number: int) -> Iterator[Finding]:
        expected = f"{line.low}..{'*' if line.high < 0 else line.high}"
        if 0 <= line.high < number:
            yield self._say("CDA-TPL-04", who, element, f"{expected} {human(line.path)}", number)
        if number >= line.low or not self.absent(line.path, element):
            return
        if last := _LAST_OID.search(line.path):
            oid = last[1]
            if not self.known_missing(oid, element):
                self._missing.setdefault(oid, []).append(element)
                template = sheets.name(oid) or oid
                yield self._say(
                    "CDA-TPL-06", who, element, expected, number, template=template, wanted=oid, near=self._slip(oid)
                )
            return
        yield self._say("CDA-TPL-03", who, element, f"{expected} {human(line.path)}", number)

    def _coded(self, line: Line, element: Element, who: Owner) -> Iterator[Finding]:
        oid, codes = system(line.words[0]), line.words[1:]
        expected = f"{' | '.join(codes)} {f'({NAMES.get(oid, oid)})' if oid else ''}".strip()
        there = self.select(line.path, element)
        if not there and line.kind == "=" and self.absent(line.path, element):
            yield self._say("CDA-TPL-03", who, element, f"1..* {line.path} {expected}", 0)
        if not there or any(_codes(e, oid, codes) for e in there) or not self.document.sound(there[0]):
            return
        code, of = there[0].get("code", "—"), there[0].get("codeSystem", "")
        attribute = "codeSystem" if not codes or code in codes else "code"
        rule = "CDA-TPL-05" if line.kind == "=" else "CDA-TPL-10"
        found = f"{code} ({NAMES.get(of, of)})" if of else code
        yield self._say(rule, who, there[0], expected, found, attribute)

    def _type(self, line: Line, element: Element, who: Owner) -> Iterator[Finding]:
        there = self.select(line.path, element)
        if not there and self.absent(line.path, element):
            yield self._say("CDA-TPL-03", who, element, f"1..* {line.path}", 0)
        if there and not any(e.get(XSI_TYPE) in line.words for e in there) and self.document.sound(there[0]):
            expected = f"xsi:type {' | '.join(line.words)}"
            yield self._say("CDA-TPL-05", who, there[0], expected, there[0].get(XSI_TYPE, "—"))

    def _any(self, line: Line, element: Element, who: Owner) -> Iterator[Finding]:
        if any(paths.holds(path, element) for path in line.words) or not self.absent(line.head, element):
            return
        if not any(self.known_missing(oid, element) for oid in paths.oids(line.path)):
            yield self._say("CDA-TPL-07", who, element, human(line.path), "")

    def _set(self, line: Line, element: Element, who: Owner) -> Iterator[Finding]:
        tables = [word for word in line.words if word != "null"]
        expected = " | ".join(tables)
        for coded in self.select(line.path, element):
            kind, null = coded.get(XSI_TYPE), coded.get("nullFlavor")
            code, oid = coded.get("code"), coded.get("codeSystem")
            if (kind and kind not in ("CD", "CE")) or not self.document.sound(coded):
                continue
            if null:
                if "null" not in line.words:
                    yield self._say("CDA-SET-02", who, coded, expected, null, "nullFlavor")
            elif not code or not oid:
                yield self._say("CDA-SET-03", who, coded, "@code @codeSystem", "")
            else:
                verdicts = {self.document.tables.holds(table, code, oid) for table in tables}
                if verdicts == {False}:
                    self.document.spoil(coded)
                    held = self.document.tables.table(tables[0])
                    near = nearest(held, coded.get("displayName", "")) if held is not None else ""
                    found = f"{code} ({NAMES.get(oid, oid)})"
                    yield self._say("CDA-SET-01", who, coded, expected, found, "code", near=near)

    def _say(
        self, rule: str, who: Owner, element: Element, expected: str, found: object, attribute: str = "",
        template: str = "", wanted: str = "", near: str = "",
    ) -> Finding:  # fmt: skip
        where = self.document.where(element, attribute if attribute and attribute in element.attrib else "")
        return find(
            rule, expected=expected, found=found or ("0" if found == 0 else "—"), where=where,
            owner=who.name, oid=who.oid, template=template, wanted=wanted, near=near,
        )  # fmt: skip

    def _slip(self, oid: str) -> str:
        """A templateId of the document that nobody knows and that looks like this one, or is of its family, else ""."""
        known, stem = sheets.known(), oid.rpartition(".")[0]
        odd = [one for one in self.document.by_template if one not in known and one.rpartition(".")[0] == stem]
        return next((one for one in odd if oid in sheets.meant(one)), odd[0] if odd else "")

    # -- help ------------------------------------------------------------------------------------------------------

    def children(self, element: Element) -> dict[str, list[Element]]:
        """The element's children by qualified name."""
        index = self._children.get(element)
        if index is None:
            index = self._children[element] = {}
            for child in inner(element):
                index.setdefault(child.tag, []).append(child)
        return index

    def select(self, path: str, element: Element) -> list[Element]:
        """The elements at a path, quickly when it is a mere name."""
        if tag := paths.tag(path):
            return self.children(element).get(tag, [])
        if oid := paths.below(path):
            return [one for one in self.document.by_template.get(oid, ()) if element in one.iterancestors()]
        return paths.select(path, element)

    def count(self, path: str, element: Element) -> int:
        """How many nodes stand at a path; 1 or 0 for a test."""
        return len(self.select(path, element)) if paths.below(path) else paths.count(path, element)

    def _each(self, path: str, element: Element) -> list[Element]:
        """The elements at the place of an ``each``, which several lines share."""
        if (key := (element, path)) not in self._there:
            self._there[key] = self.select(path, element)
        return self._there[key]

    def _if(self, test: str, element: Element) -> bool:
        """Whether the test of an ``if`` holds, which several lines share."""
        if (key := (element, test)) not in self._holds:
            self._holds[key] = bool(self.select(test, element)) if paths.tag(test) else paths.holds(test, element)
        return self._holds[key]

    def absent(self, path: str, element: Element) -> bool:
        """Whether the absence of what stands at a path may be said: no earlier finding tells it."""
        for step in path.split("/"):
            if not paths.tag(step):
                return self.document.sound(element)
            there = self.select(step, element)
            if not there:
                return self.document.whole(element, step)
            element = there[0]
        return self.document.sound(element)

    def missing_from(self, stem: str, element: Element) -> bool:
        """Whether a template of that arc was said missing on this element, above it or below it."""
        return any(oid.rpartition(".")[0] == stem and self.known_missing(oid, element) for oid in self._missing)

    def known_missing(self, oid: str, element: Element) -> bool:
        """Whether that template was said missing on this element, above it or below it."""
        said = self._missing.get(oid)
        return said is not None and any(
            other is element or element in other.iterancestors() or other in element.iterancestors() for other in said
        )


_KINDS = {
    "is": "is", "with": "with", "usually": "with", "count": "count",
    "=": "coded", "~": "coded", "type": "type", "any": "any", "set": "set",
}  # fmt: skip


def _codes(element: Element, oid: str, codes: tuple[str, ...]) -> bool:
    return (not oid or element.get("codeSystem") == oid) and (not codes or element.get("code") in codes)


def human(path: str) -> str:
    """A path for a reader: templates by their names."""
    return re.sub(r"#([\d.]+)", lambda hit: f"«{sheets.name(hit[1]) or hit[1]}»", path).replace("/*[«", "/[«")
