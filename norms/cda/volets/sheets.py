"""The data files: one sheet per section or entry template, one per volet, one of constraints per volet version.

``data/sections.txt`` and ``data/entries.txt`` hold sheets ``[oid] name`` followed by lines (`norms.cda.volets.lines`);
``data/models.txt`` the volets; ``data/<VOLET>_<version>.txt`` what a volet's version adds, ``data/anywhere.txt`` what
holds in every document, both under ``@ place`` headings (``@ #oid`` a template, ``@ /…`` from the root, ``@ …``
anywhere). Lines are read when a document first needs them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files

from norms.cda.volets.lines import Line, parse

_DATA = files("norms.cda.volets").joinpath("data")
_HEAD = re.compile(r"^\[([\d.]+)\] ?(.*)$", re.M)


@dataclass(frozen=True)
class Sheet:
    """A template: ``oid``, ``name`` (as the norm writes it) and what it demands."""

    oid: str
    name: str
    text: str = field(repr=False, default="")

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """What the template demands of the element that claims it."""
        return tuple(parse(line) for line in _read_lines(self.text))

    @cached_property
    def order(self) -> tuple[tuple[Line, ...], tuple[Line, ...], tuple[Line, ...]]:
        """The lines in the order they are judged: templates demanded beside it, all else, templates usual."""
        first = tuple(line for line in self.lines if line.kind == "with")
        last = tuple(line for line in self.lines if line.kind == "usually")
        return first, tuple(line for line in self.lines if line.kind not in ("with", "usually")), last

    @cached_property
    def companions(self) -> tuple[str, ...]:
        """The templateIds that stand beside it: those demanded, then those usual."""
        return tuple(w for kind in ("with", "usually") for line in self.lines if line.kind == kind for w in line.words)

    @cached_property
    def code(self) -> tuple[str, str]:
        """(codeSystem name, code) when the template fixes its code, or always has it, else empty strings."""
        for line in self.lines:
            if line.kind in ("=", "~") and line.path == "code" and len(line.words) == 2:
                return line.words[0], line.words[1]
        return "", ""


@dataclass(frozen=True)
class Model:
    """A volet. ``versions``: extension of the templateId → version as the norm writes it; ``codes`` and ``acts``: the
    (codeSystem name, code) allowed for the document and for its main act."""

    oid: str
    name: str
    fr: str
    en: str
    versions: Mapping[str, str]
    companions: tuple[str, ...]
    codes: tuple[tuple[str, str], ...]
    acts: tuple[tuple[str, str], ...]

    def file(self, extension: str) -> str:
        """The name of the data file of a version; empty when none is known."""
        version = self.versions.get(extension)
        return f"{self.name}_{version}" if version else ""


def _read_lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        line = line.strip()
        if line and not line.startswith("# "):
            yield line


@cache
def _index() -> Mapping[str, Sheet]:
    index: dict[str, Sheet] = {}
    for name in ("sections.txt", "entries.txt"):
        text = _DATA.joinpath(name).read_text(encoding="utf-8")
        heads = list(_HEAD.finditer(text))
        for at, head in enumerate(heads):
            end = heads[at + 1].start() if at + 1 < len(heads) else len(text)
            index[head[1]] = Sheet(head[1], head[2].strip(), text[head.end() : end])
    return index


def sheet(oid: str) -> Sheet | None:
    """The sheet of a section or entry template, or None when we know none."""
    return _index().get(oid)


def known() -> Mapping[str, Sheet]:
    """Every section and entry template that we know."""
    return _index()


def name(oid: str) -> str:
    """What a template, section, entry or volet, is called; empty when unknown."""
    if found := sheet(oid):
        return found.name
    model = models().get(oid)
    return model.name if model else ""


@cache
def models() -> Mapping[str, Model]:
    """The volets, by templateId root."""
    text = _DATA.joinpath("models.txt").read_text(encoding="utf-8")
    found: dict[str, Model] = {}
    heads = list(_HEAD.finditer(text))
    for at, head in enumerate(heads):
        end = heads[at + 1].start() if at + 1 < len(heads) else len(text)
        fields: dict[str, list[str]] = {}
        for line in _read_lines(text[head.end() : end]):
            key, _, value = line.partition(" ")
            fields.setdefault(key, []).append(value.strip())
        fr, _, en = fields.get("title", [""])[0].partition(" | ")
        versions = {}
        for word in " ".join(fields.get("versions", [])).split():
            extension, equal, version = word.partition("=")
            versions[extension if extension != "-" else ""] = version if equal else extension
        found[head[1]] = Model(
            head[1], head[2].strip(), fr, en, versions,
            tuple(" ".join(fields.get("with", [])).split()),
            tuple(_pair(v) for v in fields.get("code", [])),
            tuple(_pair(v) for v in fields.get("act", [])),
        )  # fmt: skip
    return found


def _pair(value: str) -> tuple[str, str]:
    system, _, code = value.partition(" ")
    return system, code


@cache
def additions(file: str) -> tuple[tuple[str, tuple[Line, ...]], ...]:
    """(place, lines) of a volet's version; empty when there is no such data file."""
    path = _DATA.joinpath(f"{file}.txt")
    if not path.is_file():
        return ()
    places: list[tuple[str, list[Line]]] = []
    for line in _read_lines(path.read_text(encoding="utf-8")):
        if line.startswith("@ "):
            places.append((line[2:].strip(), []))
        else:
            places[-1][1].append(parse(line))
    return tuple((place, tuple(lines)) for place, lines in places)


def meant(oid: str) -> list[str]:
    """The known templateIds whose last arc has one digit less, more or other."""
    stem, _, last = oid.rpartition(".")
    held = known()
    found: list[str] = []
    for cut in range(len(last) + 1):
        others = [last[:cut] + last[cut + 1 :]]
        for digit in "0123456789":
            others += [last[:cut] + digit + last[cut + 1 :], last[:cut] + digit + last[cut:]]
        found += [f"{stem}.{other}" for other in others if other and f"{stem}.{other}" in held]
    return found
