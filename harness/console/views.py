"""What the pages show: plain rows made from exchanges, the world and switches. No HTML here."""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from mocks.addresses import ADDRESSES
from mocks.control import BadSwitch, Registry, Switch
from mocks.journal.decode import layers
from mocks.journal.model import Exchange, Kind
from mocks.session import Session
from norms.finding import Severity
from norms.texts import Lang

WORLD_COLUMNS = {
    "patients": ("birth_name", "given_names", "sex", "birth_date", "birth_place", "ins", "tags"),
    "mailboxes": ("id", "kind", "professional", "organisation", "members", "label", "red_list", "active", "quota_mb"),
    "professionals": ("family_name", "given_name", "national_id", "profession", "specialty", "kind", "tags"),
    "organisations": ("name", "finess_geo", "finess_ej", "siret", "struct_id", "sector"),
    "clients": ("secret", "redirect_uris", "post_logout_redirect_uris", "certificate", "ciba", "api_scopes"),
}


@dataclass(frozen=True)
class Row:
    """One line of the table of exchanges."""

    id: int
    started: float
    kind: str
    service: str
    listener: str
    operation: str
    outcome: str
    status: int
    state: str  # good, bad, warn: the colour of the line
    duration: str
    peer: str
    errors: int
    warnings: int
    findings: int
    first: str  # the first finding's sentence


def clock(seconds: float) -> str:
    """The local time of a moment, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%H:%M:%S.%f")[:-3]


def size(data: bytes, lang: Lang) -> str:
    """The size of these bytes, as a person reads it."""
    return measure(len(data), lang)


def measure(count: int, lang: Lang) -> str:
    """A number of bytes that a person reads, on one line."""
    unit = "o" if lang == "fr" else "B"
    if count < 1000:
        return f"{count}\u00a0{unit}"
    said = f"{count / 1000:.1f}\u00a0k{unit}" if count < 1_000_000 else f"{count / 1e6:.1f}\u00a0M{unit}"
    return said.replace(".", ",") if lang == "fr" else said


def moment(iso: str, lang: Lang) -> str:
    """A moment of UTC (2026-11-22T09:30:00.000Z) in local time, to the second."""
    when = datetime.fromisoformat(iso).astimezone()
    return when.strftime("%d/%m/%Y %H:%M:%S" if lang == "fr" else "%Y-%m-%d %H:%M:%S")


def kind(name: str | None) -> Kind | None:
    """The kind of entry that a filter names, None for all."""
    return Kind(name) if name in set(Kind) else None


def row(x: Exchange, lang: Lang) -> Row:
    """One line from one exchange."""
    errors = sum(f.severity is Severity.ERROR for f in x.findings)
    warnings = sum(f.severity is Severity.WARNING for f in x.findings)
    silent = x.outcome not in ("ok", "bye") if x.method == "IMAP" else not x.status
    failed = x.kind is Kind.HANDSHAKE or x.status >= 400 or (x.kind is Kind.EXCHANGE and silent)
    return Row(
        x.id,
        x.started,
        x.kind.value,
        x.service,
        x.listener,
        x.operation or x.target or x.kind.value,
        x.outcome,
        x.status,
        "bad" if errors or failed else "warn" if warnings else "good",
        f"{x.duration_ms:.1f}",
        x.peer.common_name if x.peer else "",
        errors,
        warnings,
        len(x.findings),
        x.findings[0].message(lang) if x.findings else "",
    )


def opened(x: Exchange, lang: Lang) -> dict[str, Any]:
    """Everything the page of one exchange shows."""
    return {
        "row": row(x, lang),
        "raw": x,
        "findings": [f.shown(lang) for f in x.findings],
        "facts": sorted(x.facts.items()),
        "layers": layers(x),
    }


def addresses(status: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Name, address, real hosts of each listener."""
    given = {"console": status["console"], **status["endpoints"]}
    return [(row.name, given[row.name], ", ".join(row.hosts)) for row in ADDRESSES]


def world(session: Session, kind: str) -> dict[str, Any]:
    """The table of one kind of the session's world."""
    columns = WORLD_COLUMNS[kind]
    rows = [(item.id, [_cell(getattr(item, c)) for c in columns]) for item in getattr(session.world, kind).values()]
    return {"columns": columns, "rows": rows}


def item(session: Session, kind: str, item_id: str, lang: Lang) -> dict[str, Any]:
    """One patient, professional or organisation, field by field; a patient with an INS has its datamatrix."""
    found = getattr(session.world, kind)[item_id]
    fields = {name: value for name, value in asdict(found).items() if name not in ("note_fr", "note_en")}
    picture = ""
    if kind == "patients" and found.ins and found.sex and found.given_names and found.birth_name:
        picture = "data:image/png;base64," + base64.b64encode(_datamatrix(found)).decode()
    return {
        "id": item_id,
        "title": " ".join(
            filter(None, (_cell(getattr(found, n, "")) for n in ("family_name", "birth_name", "given_names", "name")))
        )
        or item_id,
        "note": getattr(found, f"note_{lang}", ""),
        "fields": [(name, _cell(value)) for name, value in fields.items()],
        "datamatrix": picture,
    }


def _datamatrix(patient: Any) -> bytes:
    from harness.datamatrix import png
    from norms.ins.datamatrix import Content, write

    ins = patient.ins
    return png(
        write(
            Content(
                ins.full,
                ins.oid,
                patient.given_list,
                patient.birth_name,
                patient.sex,
                patient.birth_date,
                patient.birth_place,
            )
        )
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple | list):
        return ", ".join(_cell(v) for v in value)
    if isinstance(value, dict):
        return " · ".join(f"{k} {_cell(v)}" for k, v in value.items() if v not in ("", None, ()))
    if hasattr(value, "oid"):
        return f"{value.value} {value.key}"
    if hasattr(value, "__dataclass_fields__"):
        return _cell(asdict(value))
    return str(value)


def switches(registry: Registry, session: Session, lang: Lang) -> dict[str, list[dict[str, Any]]]:
    """Switches grouped by service, with the session's values."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for switch in registry:
        value = session.switches.peek(switch.name)
        groups.setdefault(switch.name.split(".")[0], []).append(
            {
                "switch": switch,
                "text": switch.fr if lang == "fr" else switch.en,
                "value": value,
                "changed": value != switch.default,
                "armed": len(session.switches.once.get(switch.name, ())),
            }
        )
    return groups


def typed(switch: Switch, given: str) -> bool | int | float | str:
    """The value that a form field means for this switch; raises BadSwitch."""
    try:
        if switch.kind == "bool":
            return given == "true"
        if switch.kind == "int":
            return int(given)
        if switch.kind == "float":
            return float(given)
    except ValueError:
        raise BadSwitch(f"{switch.name} takes {switch.kind}, not {given!r}") from None
    return given
