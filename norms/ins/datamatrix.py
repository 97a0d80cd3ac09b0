"""What a datamatrix INS carries (ANS, Format datamatrix INS v2.2): writing it, reading it, saying what is wrong in it.

Header of 26 characters, then blocks: an identifier of two characters and a value. A value of variable length that is
shorter than its maximum ends with GS (0x1D) unless it is the last one. The image itself is the harness's affair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from norms.finding import NOWHERE, Finding, Where, find
from norms.ins import dates, lexical, matricule, oids, traits

GS = "\x1d"
HEADER = "IS01" + "0" * 22


@dataclass(frozen=True, slots=True)
class Content:
    """The seven values. `ins` is matricule and key (15); `birth_date` AAAA-MM-JJ; `birth_place` may be empty."""

    ins: str
    oid: str
    given_names: str
    birth_name: str
    sex: str
    birth_date: str
    birth_place: str = ""


@dataclass(frozen=True, slots=True)
class _Block:
    field: str
    least: int
    most: int
    optional: bool = False

    @property
    def variable(self) -> bool:
        return self.least != self.most


_BLOCKS = {
    "S1": _Block("ins", 15, 15),
    "S2": _Block("oid", 19, 20),
    "S3": _Block("given_names", 1, 100),
    "S4": _Block("birth_name", 1, 100),
    "S5": _Block("sex", 1, 1),
    "S6": _Block("birth_date", 10, 10),
    "S7": _Block("birth_place", 5, 5, optional=True),
}
_ALPHABET = re.compile(r"[ -~]*", re.ASCII)


class BadDatamatrix(ValueError):
    """The text is not the content of a datamatrix INS; `finding` says where and why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message("en"))
        self.finding = finding


def write(content: Content) -> str:
    """The text to put into the symbol. Raises BadDatamatrix on a value that does not fit its block."""
    blocks = []
    for name, block in _BLOCKS.items():
        value = getattr(content, block.field)
        if block.field == "birth_date" and value:
            value = dates.to_datamatrix(value) if dates.written(value) else value
        if not value and block.optional:
            continue
        if not block.least <= len(value) <= block.most or not _ALPHABET.fullmatch(value):
            raise BadDatamatrix(_wrong_length(name, block, value, 0, NOWHERE))
        blocks.append((name, block, value))
    last = len(blocks) - 1
    return HEADER + "".join(
        name + value + (GS if block.variable and len(value) < block.most and n < last else "")
        for n, (name, block, value) in enumerate(blocks)
    )


def parse(payload: str, where: Where = NOWHERE) -> Content:
    """The values of a datamatrix INS, blocks in any order. Raises BadDatamatrix on the first structural fault."""
    if payload[:4] != HEADER[:4]:
        raise BadDatamatrix(find("INS-DM-01", expected=HEADER[:4], found=payload[:4], where=where))
    if payload[4:26] != HEADER[4:]:
        raise BadDatamatrix(find("INS-DM-02", expected=HEADER[4:], found=payload[4:26], where=where))
    values: dict[str, str] = {}
    at = len(HEADER)
    while at < len(payload):
        name, start = payload[at : at + 2], at
        block = _BLOCKS.get(name)
        if block is None:
            raise BadDatamatrix(
                find("INS-DM-03", expected=", ".join(_BLOCKS), found=name, where=where, position=start + 1)
            )
        if block.field in values:
            raise BadDatamatrix(find("INS-DM-04", found=name, where=where, position=start + 1))
        value, at = _value(payload, at + 2, block)
        if not block.least <= len(value) <= block.most or GS in value:
            raise BadDatamatrix(_wrong_length(name, block, value, start, where))
        values[block.field] = value
    for name, block in _BLOCKS.items():
        if block.field not in values and not block.optional:
            raise BadDatamatrix(find("INS-DM-05", expected=name, where=where, field=block.field))
    try:
        values["birth_date"] = dates.from_datamatrix(values["birth_date"])
    except dates.BadDate:
        bad = find("INS-DM-07", expected="JJ-MM-AAAA", found=values["birth_date"], where=where)
        raise BadDatamatrix(bad) from None
    return Content(**values)


def _value(payload: str, at: int, block: _Block) -> tuple[str, int]:
    """A block's value and where the next block starts."""
    end = at + block.most
    if block.variable:
        stop = payload.find(GS, at, end + 1)
        if stop >= 0:  # a GS after a value of full length is superfluous, and harmless
            return payload[at:stop], stop + 1
    return payload[at:end], min(end, len(payload))


def _wrong_length(name: str, block: _Block, value: str, start: int, where: Where) -> Finding:
    expected = str(block.most) if not block.variable else f"{block.least}–{block.most}"
    shown = value.replace(GS, "<GS>")
    return find(
        "INS-DM-06",
        expected=expected,
        found=shown,
        where=where,
        block=name,
        field=block.field,
        length=len(value),
        position=start + 1,
    )


def check(payload: str, where: Where = NOWHERE) -> list[Finding]:
    """What is wrong in the content of a symbol: its structure, else the values themselves."""
    try:
        content = parse(payload, where)
    except BadDatamatrix as error:
        return [error.finding]
    return list(_problems(content, where))


def _problems(content: Content, where: Where) -> Iterator[Finding]:
    yield from matricule.check(content.ins[:13], content.ins[13:], where)
    yield from oids.check(content.oid, where)
    yield from lexical.check(content.birth_name, "birth_name", where)
    yield from lexical.check(content.given_names, "given_name", where)
    if content.sex not in ("M", "F"):
        yield find("INS-SEX-01", expected="M, F", found=content.sex, where=where)
    if not dates.exists(content.birth_date):
        yield find("INS-DATE-02", found=content.birth_date, where=where)
    if content.birth_place and not traits.place(content.birth_place):
        yield find("INS-COG-01", found=content.birth_place, where=where)
