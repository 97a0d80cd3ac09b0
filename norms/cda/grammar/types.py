"""The grammar's types, each compiled when a document first needs it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from norms.cda.document import HL7, PREFIXES, XSI_TYPE, Element
from norms.cda.grammar.automaton import OTHER, State, compile_model
from norms.cda.grammar.lexical import Test, collapse, test
from norms.cda.grammar.notation import Line, Section, grammar

ANYTHING = "anyType"  # XML Schema's own: judges nothing
PLAIN = "list_int"  # the one type whose content is a plain value


class Type:
    """A type, ready for use: attributes with their tests, required attributes, first state of its children."""

    __slots__ = (
        "abstract", "attributes", "children", "derived", "empty", "key", "kinds", "linked", "mixed", "required", "start"
    )  # fmt: skip

    def __init__(self, key: str) -> None:
        line = grammar().lines[key]
        self.key = key
        self.abstract = line.abstract
        self.mixed = any(above.mixed for above in _lineage(key))
        self.derived = key in _bases()
        self.kinds: dict[str, str] = {}
        required: set[str] = set()
        for above in reversed(list(_lineage(key))):
            _attributes(above, self.kinds, required)
        self.required = frozenset(required)
        self.linked = tuple(name for name, kind in self.kinds.items() if kind in ("ID", "IDREF", "IDREFS"))
        self.attributes: dict[str, tuple[Test, Test]] = {name: test(kind) for name, kind in self.kinds.items()}
        if self.derived:
            self.attributes[XSI_TYPE] = (bool, bool)  # judged before the others
        self.start = _start(key)
        self.children = _children(self.start)
        self.empty = not self.children and not self.mixed

    @property
    def name(self) -> str:
        """The name that xsi:type would give it."""
        line = grammar().lines[self.key]
        return line.section.named + line.name


READY: dict[str, Type] = {}  # the types compiled so far, by key


def type_of(key: str) -> Type:
    """The type of that key; raises KeyError when the grammar has none."""
    if key not in READY:
        READY[key] = Type(key)
    return READY[key]


def actual_type(element: Element, said: str, declared: Type) -> Type | None:
    """The type that ``xsi:type`` gives an element, or None when it is unknown or not derived from the declared one."""
    prefix, _, name = collapse(said).rpartition(":")
    uri = element.nsmap.get(prefix or None)
    kind = _named(uri, name) if uri else None
    if kind is None or not any(line is grammar().lines[declared.key] for line in _lineage(kind.key)):
        return None
    return kind


@cache
def _named(uri: str, name: str) -> Type | None:
    for key, line in grammar().lines.items():
        if PREFIXES.get(line.section.children, HL7) == uri and line.section.named + line.name == name:
            return type_of(key)
    return None


def _lineage(key: str) -> Iterator[Line]:
    """The line of a type, then those of the types it is derived from."""
    while key:
        yield grammar().lines[key]
        key = _base(key)


@cache
def _base(key: str) -> str:
    line = grammar().lines[key]
    return grammar().key(line.base, line.section) if line.base else ""


@cache
def _bases() -> frozenset[str]:
    return frozenset(map(_base, grammar().lines))


def _attributes(line: Line, kinds: dict[str, str], required: set[str]) -> None:
    said = f"${line.section.takes} {line.attributes}" if line.section.takes and not line.base else line.attributes
    for word in _expand(said).split():
        if word.startswith("-"):
            kinds.pop(word[1:], None)
            continue
        name, mark, kind = _split(word)
        if kind.endswith("!") or mark == "!=":
            required.add(name)
        kinds[name] = ("=" if "=" in mark else "") + kind.removesuffix("!")


def _split(word: str) -> tuple[str, str, str]:
    """``sdtc:valueSet:oid`` → name in Clark notation, the mark between, the kind."""
    if "=" in word and ":" not in word.split("=")[0]:
        name, _, kind = word.partition("=")
        return name.removesuffix("!"), "!=" if name.endswith("!") else "=", kind
    first, _, rest = word.partition(":")
    if first in PREFIXES:
        name, _, rest = rest.partition(":")
        return f"{{{PREFIXES[first]}}}{name}", ":", rest
    return first, ":", rest


def _expand(said: str) -> str:
    while "$" in said:
        said = " ".join(_shared(word) if "$" in word else word for word in said.split())
    return said


def _shared(word: str) -> str:
    before, _, rest = word.partition("$")
    name = rest.rstrip(")?*+")
    return f"{before}{grammar().shared[name]}{rest[len(name) :]}"


def _start(key: str) -> State:
    model: list[tuple[str, Section]] = []
    for line in _lineage(key):
        said = line.children
        if line.section.begins and not line.base and not said.startswith("-head"):
            said = f"${line.section.begins} {said}"
        model.insert(0, (_expand(said.removeprefix("-head")), line.section))
        if line.base and not line.extends:
            break
    # A type and those it extends are of one section: their names resolve alike.
    section = model[-1][1]
    return compile_model(" ".join(said for said, _ in model), lambda token: _child(token, section))


def _child(token: str, section: Section) -> tuple[str, str]:
    """``sdtc:raceCode:CE`` → (``{urn:hl7-org:sdtc}raceCode``, ``CE``)."""
    *prefix, name, kind = token.split(":")
    if name == "any":
        return OTHER, OTHER
    space = prefix[0] if prefix else section.children
    uri = HL7 if space in ("", "hl7") else PREFIXES[space]
    known = kind in (ANYTHING, PLAIN)
    return f"{{{uri}}}{name}", kind if known else grammar().key(kind, section)


def _children(start: State) -> dict[str, str]:
    """Every child that a model knows: name → key of its type, in the model's order."""
    seen = {id(start)}
    names: dict[str, str] = {}
    todo = [start]
    for state in todo:
        for name, (after, kind) in state.next.items():
            names.setdefault(name, kind)
            if id(after) not in seen:
                seen.add(id(after))
                todo.append(after)
    return names
