"""The Annuaire Santé: whom to write to, by each criterion that a professional thinks of (ECO.3.1.4)."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from harness.drive.reference.config import Mss
from harness.drive.reference.defects import Defects
from harness.drive.reference.model import Refused

Json = dict[str, Any]
MAILBOX = "as-ext-mailbox-mss-metadata"
PERSONS = {"rpps": "identifier", "name": "name", "profession": "qualification-code", "specialty": "qualification-code"}
PLACES = {"place": "address-city", "organisation": "name:contains"}
MAX_PAGES, BATCH = 20, 25


class Annuaire:
    """Searches of the Annuaire. Methods raise Refused ``mss.annuaire``."""

    def __init__(self, settings: Mss, defects: Defects) -> None:
        self.settings, self.defects = settings, defects
        trust = ssl.create_default_context(cafile=str(settings.ca))
        self._http = httpx.Client(verify=trust, timeout=settings.timeout_s, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def search(self, criteria: Mapping[str, str]) -> list[dict[str, str]]:
        """The MSSanté mailboxes found: name, profession, place, address, kind. ``criteria``: `PERSONS`, `PLACES`."""
        if self.defects.on("mss-searches-by-name-only"):
            criteria = {"name": next(iter(criteria.values()), "")}
        if self.defects.on("mss-searches-by-rpps-only"):
            criteria = {"rpps": next(iter(criteria.values()), "")}
        persons = {PERSONS[name]: value for name, value in criteria.items() if name in PERSONS}
        places = {PLACES[name]: value for name, value in criteria.items() if name in PLACES}
        found: list[Json] = []
        if persons:
            wanted = {**persons, "active": "true", "_revinclude": "PractitionerRole:practitioner"}
            found += self._all("Practitioner", wanted)
        if places:
            held = list(self._all("Organization", {**places, "active": "true"}))
            found += held + self._at([one["id"] for one in held])
        return list(self._rows(found))

    def _at(self, organisations: list[str]) -> list[Json]:
        """Who works in these organisations."""
        found: list[Json] = []
        for first in range(0, len(organisations), BATCH):
            among = ",".join(organisations[first : first + BATCH])
            query = {"organization": among, "active": "true", "_include": "PractitionerRole:practitioner"}
            found += self._all("PractitionerRole", query)
        return found

    def _rows(self, resources: list[Json]) -> Iterator[dict[str, str]]:
        held = {f"{one['resourceType']}/{one['id']}": one for one in resources}
        for one in held.values():
            person = held.get(one.get("practitioner", {}).get("reference", ""), one)
            organisation = held.get(one.get("organization", {}).get("reference", ""), one)
            for address, kind in addresses(one, any_mail=self.defects.on("mss-offers-any-mail")):
                yield {
                    "name": _name(person),
                    "profession": _profession(person),
                    "place": _place(organisation),
                    "address": address,
                    "kind": kind,
                }

    def _all(self, resource: str, query: Mapping[str, str]) -> Iterator[Json]:
        url, params = f"{self.settings.annuaire}/{resource}", dict(query)
        for _ in range(MAX_PAGES):
            page = self._get(url, params)
            yield from (entry["resource"] for entry in page.get("entry", []))
            following = [link["url"] for link in page.get("link", []) if link.get("relation") == "next"]
            if not following:
                return
            url, params = following[0], {}

    def _get(self, url: str, params: Mapping[str, str]) -> Json:
        key = {"ESANTE-API-KEY": self.settings.annuaire_key}
        try:
            answer = self._http.get(url, params=dict(params) or None, headers=key)
            answer.raise_for_status()
            return dict(answer.json())
        except (httpx.HTTPError, ValueError) as error:
            raise Refused("mss.annuaire", reason=str(error) or type(error).__name__) from None


def addresses(resource: Json, *, any_mail: bool = False) -> Iterator[tuple[str, str]]:
    """The MSSanté mailboxes of a resource: (address, type of mailbox); ordinary e-mails are left out."""
    for point in resource.get("telecom", []):
        told = [one for one in point.get("extension", []) if str(one.get("url", "")).endswith(MAILBOX)]
        if not told and not (any_mail and point.get("system") == "email"):
            continue
        kinds = [
            coding.get("code", "")
            for extension in told
            for held in extension.get("extension", [])
            if held.get("url") == "type"
            for coding in held.get("valueCodeableConcept", {}).get("coding", [])
        ]
        yield str(point.get("value", "")).lower(), next(iter(kinds), "")


def _name(person: Json) -> str:
    name = person.get("name", "")
    if isinstance(name, str):
        return name
    first = name[0] if name else {}
    return " ".join(filter(None, (*first.get("given", [])[:1], first.get("family", ""))))


def _profession(person: Json) -> str:
    codes = [
        coding.get("code", "")
        for held in person.get("qualification", [])
        for coding in held.get("code", {}).get("coding", [])
        if "G15" in str(coding.get("system", ""))
    ]
    return next(iter(codes), "")


def _place(organisation: Json) -> str:
    held = organisation.get("address", [])
    return str(held[0].get("city", "")) if held else ""
