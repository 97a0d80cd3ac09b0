"""The certificate profiles as values: what `certs/*.toml` say, read once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Subject = Literal["organisation", "professional", "employee"]
Fault = Literal["", "expired", "not-yet-valid", "revoked"]


@dataclass(frozen=True, slots=True)
class AuthorityPlan:
    """One authority: its id is the name of its files; a root has no parent."""

    id: str
    cn: str
    parent: str = ""
    trusted: bool = True

    @property
    def file(self) -> str:
        """Name of the files that IGC-Santé publishes for it, without suffix."""
        return f"{self.id}-TEST"


@dataclass(frozen=True, slots=True)
class Profile:
    """One leaf profile. ``san``: dns, upn, email or nothing; vendor extensions are written when they have a value."""

    id: str
    name: str
    issuer: str
    subject: Subject
    key_usage: tuple[str, ...]
    extended: tuple[str, ...]
    days: int
    policy: str
    seen: bool
    san: Literal["", "dns", "upn", "email"] = ""
    usage_period: bool = False
    card_type: int | None = None
    marker: int | None = None


@dataclass(frozen=True, slots=True)
class CredentialPlan:
    """One certificate that `init` makes; empty means: as the profile or the world says."""

    name: str
    profile: str
    cn: str = ""
    fault: Fault = ""
    issuer: str = ""
    unit: str = ""
    extended: tuple[str, ...] = ()
    only_own_name: bool = False
    negative: bool = False  # made to be refused


@cache
def _read(name: str) -> Mapping[str, Any]:
    return tomllib.loads(files("certs").joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def _tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}


@cache
def authorities() -> Mapping[str, AuthorityPlan]:
    """Authorities by id, a parent before its children."""
    return {id: AuthorityPlan(id, **row) for id, row in _read("authorities")["authorities"].items()}


@cache
def naming() -> Mapping[str, Any]:
    """How authorities are named: country, organization, units, prefix."""
    name: Mapping[str, Any] = _read("authorities")["name"]
    return name


@cache
def years() -> tuple[int, int]:
    """Validity of an authority around its making: years before, years after."""
    row = _read("authorities")["years"]
    return row["past"], row["future"]


@cache
def profiles() -> Mapping[str, Profile]:
    """Leaf profiles by id."""
    raw = dict(_read("profiles"))
    common = raw.pop("common")
    return {id: Profile(id, **_tuples({**common, **row})) for id, row in raw.items()}


@cache
def defaults() -> Mapping[str, str]:
    """Whose certificates `init` makes: ids of the synthetic world."""
    row: Mapping[str, str] = _read("credentials")["defaults"]
    return row


@cache
def plans() -> Mapping[str, CredentialPlan]:
    """The credentials that `init` makes, by name."""
    return {name: CredentialPlan(name, **_tuples(row)) for name, row in _read("credentials")["credentials"].items()}
