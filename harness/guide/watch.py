"""What reaches the bench while a person acts, told as it comes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from harness.client import BenchError
from harness.guide.values import operation_words, outcome_words
from harness.words import NO_WORDS, words
from mocks.session import DEFAULT
from norms.texts import Lang

_P = "harness.guide"
RECENT = 200  # entries looked through for those of a step that goes on


def told(row: Mapping[str, Any], lang: Lang) -> str:
    """One journal entry (JSON form) in a line: « 14:02:31 appel insi reçu, recherche par traits : 00… »."""
    started = _moment(row).astimezone().strftime("%H:%M:%S")
    findings = [found for found in row["findings"] if found["severity"] == "error"]
    first = str(findings[0].get("message", findings[0]["rule"])) if findings else ""
    if row["kind"] == "handshake":
        said = [str(found["message"]) for found in row["findings"] if found.get("message")]
        why = first or (said[0] if said else row["outcome"])
        return words(_P, "seen.refused", time=started, service=row["listener"] or row["service"], why=why).get(lang)
    line = words(
        _P,
        "seen.exchange",
        time=started,
        service=row["service"].upper() if row["service"] != "insi" else "INSi",
        operation=operation_words(row["operation"]) or row["method"],
        outcome=outcome_words(row["outcome"]) or str(row["status"] or "—"),
    )
    broken = words(_P, "seen.findings", n=len(findings), first=first) if findings else NO_WORDS
    return " · ".join(filter(None, (line.get(lang), broken.get(lang))))


def _moment(row: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(row["started"]).astimezone(UTC)


class Watch:
    """The entries of one session from now on, or since a moment (seconds since 1970).

    A handshake refused on a shared port is the default session's.
    """

    def __init__(self, client: Any, session: str, lang: Lang, since: float = 0.0) -> None:
        self._client, self._session, self._lang = client, session, lang
        self._read = {name: self._newest(name, since) for name in {session, DEFAULT}}

    def news(self) -> list[str]:
        """Lines for what came since the last look; none when the bench does not answer just now."""
        found: list[Mapping[str, Any]] = []
        try:
            for name, last in self._read.items():
                kind = "" if name == self._session else "handshake"
                came = self._client.exchanges(name, after=last, kind=kind, bodies=False)
                self._read[name] = max((row["id"] for row in came), default=last)
                found += came
        except BenchError:
            return []
        return [told(row, self._lang) for row in sorted(found, key=lambda row: row["id"]) if row["kind"] != "event"]

    def _newest(self, session: str, since: float) -> int:
        came = self._client.exchanges(session, limit=RECENT if since else 1, bodies=False)
        before = [row["id"] for row in came if not since or _moment(row).timestamp() < since]
        return max(before, default=min((row["id"] for row in came), default=1) - 1)
