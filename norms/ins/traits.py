"""Traits of an identity: their formats, what a software must refuse from INSi, and comparing two sets of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from norms.finding import NOWHERE, Finding, Where, find
from norms.ins import dates, lexical

UNKNOWN_PLACE = "99999"
_COG = re.compile(r"(?:\d\d|2[AB])\d{3}", re.ASCII)
FIELDS = ("birth_name", "given_names", "sex", "birth_date", "birth_place")


@dataclass(frozen=True, slots=True)
class Traits:
    """The strict traits. `given_names`: the birth given names separated by spaces; `birth_date`: AAAA-MM-JJ."""

    birth_name: str = ""
    given_names: str = ""
    sex: str = ""
    birth_date: str = ""
    birth_place: str = ""
    first_given_name: str = ""


class Closeness(StrEnum):
    """How two values of a trait stand to one another."""

    SPELLING = "spelling"  # the same but for accents, case, hyphens, apostrophes or blanks
    MISSING = "missing"  # one of the two is empty
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Difference:
    """A trait on which a software and INSi disagree."""

    field: str
    local: str
    insi: str
    closeness: Closeness


def place(code: str) -> bool:
    """Whether it has the form of a COG code of a commune or country (5 characters)."""
    return _COG.fullmatch(code) is not None


def compare(local: Traits, insi: Traits) -> tuple[Difference, ...]:
    """The traits that differ, to be shown before the user accepts INSi's (règle 6)."""
    return tuple(_differences(local, insi))


def _differences(local: Traits, insi: Traits) -> Iterator[Difference]:
    for field in FIELDS:
        mine, theirs = getattr(local, field), getattr(insi, field)
        if mine == theirs:
            continue
        if not mine or not theirs:
            yield Difference(field, mine, theirs, Closeness.MISSING)
        elif "name" in field and lexical.fold(mine) == lexical.fold(theirs):
            yield Difference(field, mine, theirs, Closeness.SPELLING)
        else:
            yield Difference(field, mine, theirs, Closeness.DIFFERENT)


def first_name_coherent(first: str, given_names: str) -> bool:
    """Whether the first given name begins the list, hyphen and apostrophe worth a space (règle 6, EXI ID 10)."""
    head, whole = lexical.fold(first).split(), lexical.fold(given_names).split()
    return bool(head) and whole[: len(head)] == head


def verified(claimed: Traits, held: Traits) -> bool:
    """Whether traits submitted to verification are those held: names strictly, the birthplace only when submitted.

    The given name may be the list, any one name of it, or absent when the first given name is submitted. Provisional:
    of the real service only the answers OK and KO are known.
    """
    names = held.given_names.split()
    given = claimed.given_names or claimed.first_given_name
    return (
        claimed.birth_name == held.birth_name
        and (given == held.given_names or given in names)
        and claimed.sex == held.sex
        and claimed.birth_date == held.birth_date
        and claimed.birth_place in ("", held.birth_place)
    )


def refusals(insi: Traits, where: Where = NOWHERE) -> list[Finding]:
    """Why a software must not import these traits of INSi: a date with 00 (règle 11), an empty trait (règle 12)."""
    out = [find("INS-REFUSE-01", found=insi.birth_date, where=where)] if dates.incomplete(insi.birth_date) else []
    for field in ("birth_name", "given_names", "sex"):
        if not getattr(insi, field).strip():
            out.append(find("INS-REFUSE-02", found=field, where=where))
    return out


def differences(local: Traits, insi: Traits, where: Where = NOWHERE) -> list[Finding]:
    """The comparison as findings, with the incoherent first given name."""
    rules = {Closeness.SPELLING: "INS-TRAIT-02", Closeness.MISSING: "INS-TRAIT-03", Closeness.DIFFERENT: "INS-TRAIT-01"}
    out = [
        find(rules[gap.closeness], expected=gap.insi, found=gap.local, where=where, field=gap.field)
        for gap in compare(local, insi)
    ]
    if local.first_given_name and not first_name_coherent(local.first_given_name, insi.given_names):
        out.append(find("INS-TRAIT-04", expected=insi.given_names, found=local.first_given_name, where=where))
    return out


def check(traits: Traits, where: Where = NOWHERE) -> list[Finding]:
    """What is wrong in recorded traits: names outside the profile, sex, date, birthplace, first given name."""
    return list(_problems(traits, where))


def _problems(traits: Traits, where: Where) -> Iterator[Finding]:
    yield from lexical.check(traits.birth_name, "birth_name", where)
    yield from lexical.check(traits.given_names, "given_name", where)
    if traits.sex not in ("M", "F"):
        yield find("INS-SEX-01", expected="M, F", found=traits.sex, where=where)
    if not dates.written(traits.birth_date):
        yield find("INS-DATE-01", expected="AAAA-MM-JJ", found=traits.birth_date, where=where)
    elif not dates.plausible(traits.birth_date):
        yield find("INS-DATE-02", found=traits.birth_date, where=where)
    if traits.birth_place and not place(traits.birth_place):
        yield find("INS-COG-01", found=traits.birth_place, where=where)
    first = traits.first_given_name
    if first and traits.given_names and not first_name_coherent(first, traits.given_names):
        yield find("INS-TRAIT-04", expected=traits.given_names, found=first, where=where)
