"""Exchanges as the scenarios look at them: the control API's JSON with paths into headers and XML bodies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal

from lxml import etree

from harness.scenario.values import at
from norms.finding import Finding, Severity, Where
from norms.texts import Lang
from norms.xml import BadXml, parse

Side = Literal["request", "response"]


@dataclass(frozen=True)
class Traffic:
    """One journal entry of the session under test; ``raw`` is `BenchClient`'s form, bodies as bytes."""

    raw: dict[str, Any]

    @property
    def id(self) -> int:
        """Its number in the journal."""
        return int(self.raw["id"])

    @property
    def service(self) -> str:
        """insi, psc…"""
        return str(self.raw["service"])

    @property
    def operation(self) -> str:
        """The service's word for it; empty when the request was not understood."""
        return str(self.raw["operation"])

    @property
    def outcome(self) -> str:
        """The code or word that the service answered with."""
        return str(self.raw["outcome"])

    @property
    def facts(self) -> dict[str, str]:
        """What the service read in it."""
        return dict(self.raw["facts"])

    @property
    def failed(self) -> bool:
        """The bench fell over on it, or could not validate its documents: nothing can be concluded from it."""
        return self.outcome == "bench-error" or self.raw.get("validation") == "failed"

    @property
    def is_exchange(self) -> bool:
        """A request and its answer, rather than a refused handshake or a note of the bench."""
        return bool(self.raw["kind"] == "exchange")

    @cached_property
    def started(self) -> float:
        """Seconds since 1970."""
        return datetime.fromisoformat(self.raw["started"]).astimezone(UTC).timestamp()

    @property
    def ended(self) -> float:
        """Seconds since 1970."""
        return self.started + float(self.raw["duration_ms"]) / 1000

    @cached_property
    def findings(self) -> list[Finding]:
        """What the rules found."""
        return [
            Finding(
                row["rule"],
                Severity(row["severity"]),
                row["expected"],
                row["found"],
                Where(row["line"], row["column"], row["path"], row["xpath"], row["excerpt"]),
                row.get("args", {}),
            )
            for row in self.raw["findings"]
        ]

    def body(self, side: Side) -> bytes:
        """The raw body of one side."""
        return bytes(self.raw.get(f"{side}_body") or b"")

    def emitted(self) -> dict[str, bytes]:
        """What the software sent, part by part: address, headers, body."""
        headers = "\n".join(f"{name}: {value}" for name, value in self.raw.get("request_headers", ()))
        return {
            "target": self.raw["target"].encode(),
            "headers": headers.encode(),
            "body": self.body("request"),
        }

    def label(self, lang: Lang) -> str:
        """« échange 12 (WS_INS2 → 00) », to be clicked or looked up with ``segur journal show``."""
        what = self.operation or self.service
        return f"{'échange' if lang == 'fr' else 'exchange'} {self.id} ({what} → {self.outcome or self.raw['status']})"

    def at(self, path: str) -> list[Any]:
        """The values at a path.

        ``facts.code``, ``status``, ``peer.common_name``, ``tls.version``; ``request.header.<name>``; ``request.text``
        (body as text); ``request//Element/Child`` or ``…/@attribute`` (local names, the first one anywhere in the XML).
        """
        for side in ("request", "response"):
            if path.startswith(f"{side}//"):
                return self._xml(side, path.removeprefix(f"{side}//"))
            if path.startswith(f"{side}.header."):
                wanted = path.removeprefix(f"{side}.header.").lower()
                return [value for name, value in self.raw.get(f"{side}_headers", ()) if name.lower() == wanted]
            if path == f"{side}.text":
                return [self.body(side).decode("utf-8", "replace")]
        return at({key: value for key, value in self.raw.items() if not key.endswith("_body")}, path)

    def _xml(self, side: Side, path: str) -> list[str]:
        try:
            found: list[Any] = [parse(self.body(side))]
        except BadXml:
            return []
        first, *rest = path.split("/")
        found = [node for node in found[0].iter(etree.Element) if _local(node) == first]
        for part in rest:
            if part.startswith("@"):
                return [value for node in found for name, value in node.attrib.items() if _bare(name) == part[1:]]
            found = [child for node in found for child in node.iterchildren(etree.Element) if _local(child) == part]
        return ["".join(node.itertext()).strip() for node in found]


def _local(node: etree._Element) -> str:
    return _bare(str(node.tag))


def _bare(name: Any) -> str:
    return str(name).rpartition("}")[2]
