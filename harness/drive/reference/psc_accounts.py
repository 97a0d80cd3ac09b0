"""The users of the software, and the one behind a Pro Santé Connect identity: same identifier, same account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from harness.drive.reference.config import Professional
from harness.drive.reference.defects import Defects


@dataclass(frozen=True, slots=True)
class Situation:
    """One place where the user works, in one profession."""

    profession: str
    specialty: str
    sector: str
    structure: str
    name: str

    def shown(self) -> dict[str, str]:
        """As the test-driver API gives it."""
        return {key: getattr(self, key) for key in self.__slots__}


class Accounts:
    """Accounts by their national identifier: those of the configuration, then those made at a first login."""

    def __init__(self, known: Iterable[Professional], defects: Defects) -> None:
        self.defects = defects
        self._all = list(known)

    def of(self, userinfo: Mapping[str, Any]) -> Professional:
        """The account of this identity, made when there is none; names follow the identity provider."""
        who = str(userinfo.get("SubjectNameID") or userinfo.get("preferred_username") or "")
        if self.defects.on("psc-numeric-id"):
            who = str(int(who))
        names = str(userinfo.get("family_name", "")), str(userinfo.get("given_name", ""))
        for n, account in enumerate(self._all):
            if self._same(account, who, names, str(userinfo.get("sub", ""))):
                self._all[n] = replace(account, family_name=names[0], given_name=names[1])
                return self._all[n]
        account = Professional(f"psc-{len(self._all) + 1}", who, *names)
        self._all.append(account)
        return account

    def _same(self, account: Professional, who: str, names: tuple[str, str], sub: str) -> bool:
        if self.defects.on("psc-links-by-name"):
            return (account.family_name, account.given_name) == names
        if self.defects.on("psc-links-by-sub"):
            return account.national_id == sub
        return account.national_id == who


def situations(userinfo: Mapping[str, Any], defects: Defects) -> list[Situation]:
    """Every activity of every profession; none for a user without professional data."""
    if defects.on("psc-needs-practices"):
        userinfo["SubjectRefPro"]["exercices"][0]["activities"][0]  # as if everyone had one
    reference = userinfo.get("SubjectRefPro")
    practices = reference.get("exercices") if isinstance(reference, Mapping) else None
    found = []
    for practice in practices or ():
        for activity in practice.get("activities") or ():
            structure = activity.get("ancienIdentifiantDeLaStructure") or activity.get("numeroFinessSite") or ""
            found.append(
                Situation(
                    practice.get("codeProfession", ""),
                    practice.get("codeSavoirFaire", ""),
                    activity.get("codeSecteurDactivite", ""),
                    structure,
                    activity.get("raisonSocialeSite", ""),
                )
            )
    return found
