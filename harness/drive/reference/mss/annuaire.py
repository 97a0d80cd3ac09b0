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
CRITERIA = {  # word of the API -> search of a resource
    "rpps": ("PractitionerRole", "practitioner.identifier"),
    "name": ("PractitionerRole", "practitioner.name"),
    "profession": ("PractitionerRole", "practitioner.qualification-code"),
    "specialty": ("PractitionerRole", "specialty"),
    "place": ("Organization", "address-city"),
    "organisation": ("Organization", "name"),
}
MAX_PAGES = 20


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
        """The mailboxes found: name, RPPS, profession, place, address, kind. Boxes that are closed are left out."""
        raise NotImplementedError

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
        try:
            answer = self._http.get(
                url, params=dict(params) or None, headers={"ESANTE-API-KEY": self.settings.annuaire_key}
            )
            answer.raise_for_status()
            return dict(answer.json())
        except (httpx.HTTPError, ValueError) as error:
            raise Refused("mss.annuaire", reason=str(error) or type(error).__name__) from None


def addresses(resource: Json) -> Iterator[tuple[str, str]]:
    """The MSSanté mailboxes of a resource: (address, type of mailbox); ordinary e-mails are left out."""
    for point in resource.get("telecom", []):
        for extension in point.get("extension", []):
            if not str(extension.get("url", "")).endswith(MAILBOX):
                continue
            kinds = [
                coding.get("code", "")
                for held in extension.get("extension", [])
                if held.get("url") == "type"
                for coding in held.get("valueCodeableConcept", {}).get("coding", [])
            ]
            yield str(point.get("value", "")).lower(), next(iter(kinds), "")
