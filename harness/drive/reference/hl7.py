"""HL7 v2.5 ADT messages of IHE PAM France: write A28/A31, read what another domain sends (A28, A31, A47 and movements).

Built from ``{field: value}`` positions, never by counting separators. The INS is in PID-3 (type INS), the status of the
identity in PID-32 (VALI = qualified), birth traits in PID-5 (type L), birth place in PID-11 (type BDL).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from harness.drive.reference.config import NAME, Structure
from harness.drive.reference.model import Ins, Patient, Traits

DELETED = '""'


class BadMessage(ValueError):
    """The content is not an identity message; the reason is a key of ``[refused]``."""


@dataclass(frozen=True, slots=True)
class Received:
    """An identity that came from another domain."""

    source_id: str
    traits: Traits
    ins: Ins | None
    validated: bool  # PID-32 = VALI, or status qualifiee
    deletes_ins: bool = False


def write(patient: Patient, structure: Structure, event: str, ins: Ins | None, state: str, now: datetime) -> str:
    """One ADT message, segments ended by CR. ``ins`` None: it may not be transmitted; ``state`` goes in PID-32."""
    t = patient.traits
    moment = now.strftime("%Y%m%d%H%M%S")
    ids = [_join("^", {1: _escape(patient.id), 4: f"{structure.domain}&{structure.finess}&M", 5: "PI"})]
    if ins:
        label = f"ASIP-SANTE-INS-{ins.kind}&{ins.oid}&ISO"
        ids.append(_join("^", {1: ins.full, 4: label, 5: "INS"}))
    names = [_join("^", {1: _escape(t.birth_name), 2: _escape(t.first_given_name), 3: _escape(t.given_names), 7: "L"})]
    if t.used_name:
        names.append(_join("^", {1: _escape(t.used_name), 2: _escape(t.used_given_name or t.first_given_name), 7: "D"}))
    pid = {
        1: "1",
        3: "~".join(ids),
        5: "~".join(names),
        7: t.birth_date.replace("-", ""),
        8: t.sex,
        11: _join("^", {6: "FRA", 7: "BDL", 9: t.birth_place}),
        32: state,
    }
    header = {
        3: NAME,
        4: structure.finess,
        7: moment,
        9: f"ADT^{event}^ADT_A05",
        10: uuid.uuid4().hex[:20],
        11: "T",
        12: "2.5^FRA^2.11",
        17: "FRA",
        18: "UNICODE UTF-8",
        21: "2.11^IHE_FRANCE-2.11-PAM",
    }
    segments = [
        "MSH|^~\\&|" + _join("|", {n - 2: v for n, v in header.items()}),
        "EVN|" + _join("|", {2: moment, 6: moment}),
        "PID|" + _join("|", pid),
        "PV1|" + _join("|", {1: "1", 2: "N"}),
    ]
    return "".join(segment + "\r" for segment in segments)


def read(content: str) -> Received:
    """The identity of an ADT message, whatever ends its lines; raises BadMessage."""
    lines = [line for line in content.replace("\n", "\r").split("\r") if line.strip()]
    if not lines or not lines[0].startswith("MSH|^~\\&|"):
        raise BadMessage("hl7-header")
    pid = next((line.split("|") for line in lines if line.startswith("PID|")), None)
    if pid is None:
        raise BadMessage("hl7-pid")

    def field(number: int) -> str:
        return pid[number] if len(pid) > number else ""

    ins, deletes, source_id = None, False, ""
    for repetition in field(3).split("~"):
        part = repetition.split("^") + [""] * 5
        oid = part[3].partition("&")[2].partition("&")[0]
        if part[4] == "INS" and part[0] == DELETED:
            deletes = True
        elif part[4] == "INS" and (ins is None or ins.kind == "NIA"):  # NIA and NIR together: the NIR is kept
            ins = Ins(part[0][:13], part[0][13:], oid)
        elif part[4] == "PI":
            source_id = part[0]
    repetitions = [(name.split("^") + [""] * 7)[:7] for name in field(5).split("~")]
    birth = next((n for n in repetitions if n[6] == "L"), repetitions[0])
    used = next((n for n in repetitions if n[6] == "D"), [""] * 7)
    places = [(place.split("^") + [""] * 9)[:9] for place in field(11).split("~")]
    born = field(7)[:8]
    traits = Traits(
        birth_name=_plain(birth[0]),
        given_names=_plain(birth[2] or birth[1]),
        first_given_name=_plain(birth[1]),
        sex=field(8),
        birth_date=f"{born[:4]}-{born[4:6]}-{born[6:8]}" if len(born) == 8 else born,
        birth_place=next((place[8] for place in places if place[6] == "BDL"), ""),
        used_name=_plain(used[0]),
        used_given_name=_plain(used[1]) if used[0] else "",
    )
    return Received(source_id, traits, ins, "VALI" in field(32).split("~"), deletes)


def _join(separator: str, values: Mapping[int, str]) -> str:
    last = max((n for n, value in values.items() if value), default=0)
    return separator.join(values.get(n, "") for n in range(1, last + 1))


_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}
_PLAIN = {code: character for character, code in _ESCAPES.items()}


def _escape(text: str) -> str:
    return re.sub(r"[\\|^&~]", lambda m: _ESCAPES[m[0]], text)


def _plain(text: str) -> str:
    return "" if text == DELETED else re.sub(r"\\[EFSTR]\\", lambda m: _PLAIN[m[0]], text)
