"""Writing the HL7 v3 answers of the DMP: existence and demographics, search by traits, refusal of a management act.

Where the layout was seen in official examples it is followed; that of a closed DMP (date, motive, reason) is inferred.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from norms.hl7v3 import names
from norms.hl7v3.request import Wrapper
from norms.soap.fault import escape as e

_RIGHT, _RIGHT_VALUE, _TREATING = (f"1.2.250.1.213.4.1.2.6.{n}" for n in (1, 2, 3))
_ACCOUNT: Final = "1.2.250.1.213.4.1.2.9"
_ENS: Final = "1.2.250.1.213.4.1.2.3"
_MOTIVE: Final = "1.2.250.1.213.4.1.2.4"


@dataclass(frozen=True, slots=True)
class Subject:
    """A patient as an answer shows one. ``ids``: (OID, value); dates AAAA-MM-JJ."""

    ids: Sequence[tuple[str, str]]
    active: bool
    birth_name: str
    given: str
    used_name: str = ""
    civility: str = ""
    sex: str = ""
    birth_date: str = ""
    phone: str = ""
    ens: bool = False
    closed_on: str = ""
    motive: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """What goes round an answer: when, and the id of the message."""

    now: float
    message: str = ""

    @property
    def stamp(self) -> str:
        """AAAAMMJJhhmmss in UTC."""
        return datetime.fromtimestamp(self.now, UTC).strftime("%Y%m%d%H%M%S")


def existence(
    to: Wrapper, query_id: tuple[str, str], subject: Subject | None, right: str, treating: bool, context: Context
) -> str:
    """PRPA_IN201308UV02: the state of a DMP and of the right to it; without ``subject`` there is none (NF)."""
    found = "OK" if subject else "NF"
    lines = ""
    if subject:
        lines = (
            f'<attentionLine><keyWordText code="AUTORISATION" codeSystem="{_RIGHT}">AUTORISATION</keyWordText>'
            f'<value xsi:type="CV" code="{e(right)}" codeSystem="{_RIGHT_VALUE}"/></attentionLine>'
            f'<attentionLine><keyWordText code="STATUT_MT" codeSystem="{_TREATING}">STATUT_MT</keyWordText>'
            f'<value xsi:type="BL" value="{_bool(treating)}"/></attentionLine>'
        )
    act = (
        f"{_event(subject) if subject else ''}{_issue(subject) if subject else ''}"
        f"{_ack(query_id, found)}{_echo(query_id)}"
    )
    return _message(
        "PRPA_IN201308UV02", to, context, f'<acknowledgement typeCode="AA">{_target(to)}</acknowledgement>', act, lines
    )


def matches(to: Wrapper, query_id: tuple[str, str], rows: Sequence[tuple[Subject, int, bool]], context: Context) -> str:
    """PRPA_IN201306UV02: who was found, with a percentage of match and whether access in emergency is opposed."""
    subjects = "".join(_event(subject, _match(percent, opposed)) for subject, percent, opposed in rows)
    count = len(rows)
    quantities = "".join(
        f'<{name} value="{n}"/>'
        for name, n in (
            ("resultTotalQuantity", count),
            ("resultCurrentQuantity", count),
            ("resultRemainingQuantity", 0),
        )
    )
    act = f"{subjects}{_ack(query_id, 'OK' if rows else 'NF', quantities)}{_echo(query_id)}"
    ack = f'<acknowledgement><typeCode code="AA"/>{_target(to)}</acknowledgement>'
    return _message("PRPA_IN201306UV02", to, context, ack, act, "")


def refusal(to: Wrapper, code: str, text: str, context: Context) -> str:
    """PRPA_IN201316UV02: an administrative act is refused; the acknowledgement's detail carries code and text."""
    detail = (
        f'<acknowledgementDetail typeCode="E"><code code="{e(code)}"/><text>{e(text)}</text></acknowledgementDetail>'
    )
    ack = f'<acknowledgement typeCode="AE">{_target(to)}{detail}</acknowledgement>'
    return _message("PRPA_IN201316UV02", to, context, ack, "", "")


def failure(interaction: str, to: Wrapper, code: str, text: str, context: Context) -> str:
    """An answer of that interaction with a functional error: acknowledgement AE, its detail with code and text."""
    detail = (
        f'<acknowledgementDetail typeCode="E"><code code="{e(code)}"/><text>{e(text)}</text></acknowledgementDetail>'
    )
    return _message(
        interaction, to, context, f'<acknowledgement typeCode="AE">{_target(to)}{detail}</acknowledgement>', "", ""
    )


def _message(name: str, to: Wrapper, context: Context, ack: str, act: str, lines: str) -> str:
    identifier = context.message or str(uuid.uuid4())
    sender = f"<softwareName>{e(to.sender_name)}</softwareName>" if to.sender_name else ""
    return (
        f'<{name} xmlns="{names.V3}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ITSVersion="XML_1.0">'
        f'<id root="{names.DMP_MESSAGES}" extension="{identifier}"/><creationTime value="{context.stamp}"/>'
        f'<interactionId root="{names.INTERACTIONS}" extension="{name}"/>'
        f'<processingCode code="P"/><processingModeCode code="T"/><acceptAckCode code="NE"/>{lines}'
        '<receiver typeCode="RCV"><device classCode="DEV" determinerCode="INSTANCE">'
        f'<id root="{e(to.sender)}"/>{sender}</device></receiver>'
        '<sender typeCode="SND"><device classCode="DEV" determinerCode="INSTANCE">'
        f'<id root="{names.DMP_DEVICE}"/><softwareName>DMP</softwareName></device></sender>'
        f'{ack}<controlActProcess classCode="CACT" moodCode="EVN">{act}</controlActProcess></{name}>'
    )


def _event(subject: Subject, more: str = "") -> str:
    ids = "".join(f'<id root="{e(oid)}" extension="{e(value)}"/>' for oid, value in subject.ids)
    used = e(subject.used_name or names.MISSING_NAME)
    prefix = f"<prefix>{e(subject.civility)}</prefix>" if subject.civility else ""
    name = (
        f"<name>{prefix}<given>{e(subject.given)}</given>"
        f'<family qualifier="SP">{used}</family><family qualifier="BR">{e(subject.birth_name)}</family></name>'
    )
    phone = f'<telecom value="tel:{e(subject.phone)}"/>' if subject.phone else ""
    birth = f'<birthTime value="{e(subject.birth_date.replace("-", ""))}"/>' if subject.birth_date else ""
    sex = f'<administrativeGenderCode code="{e(subject.sex)}"/>' if subject.sex else ""
    observations = _observation("COMPTE_INTERNET_OUVERT", _ACCOUNT, subject.ens)
    observations += _observation("RATTACHEMENT_ENS", _ENS, subject.ens)
    return (
        '<subject typeCode="SUBJ"><registrationEvent classCode="REG" moodCode="EVN"><statusCode code="completed"/>'
        f'<subject1 typeCode="SBJ"><patient classCode="PAT">{ids}'
        f'<statusCode code="{"active" if subject.active else "terminated"}"/>'
        f'<patientPerson classCode="PSN" determinerCode="INSTANCE">{name}{phone}{sex}{birth}</patientPerson>'
        f"{more}{observations}</patient></subject1>"
        '<custodian typeCode="CST"><assignedEntity classCode="ASSIGNED">'
        f'<id root="{names.DMP_DEVICE}"/></assignedEntity></custodian></registrationEvent></subject>'
    )


def _issue(subject: Subject) -> str:
    if subject.active:
        return ""
    when = f'<effectiveTime value="{e(subject.closed_on.replace("-", ""))}"/>' if subject.closed_on else ""
    return (
        '<reasonOf typeCode="RSON"><detectedIssueEvent classCode="ALRT" moodCode="EVN">'
        f'<code code="{e(subject.motive)}" codeSystem="{_MOTIVE}"/><text>{e(subject.reason)}</text>{when}'
        "</detectedIssueEvent></reasonOf>"
    )


def _observation(code: str, system: str, value: bool) -> str:
    return (
        '<subjectOf typeCode="SBJ"><administrativeObservation classCode="OBS" moodCode="EVN">'
        f'<code code="{code}" codeSystem="{system}"/><value xsi:type="BL" value="{_bool(value)}"/>'
        "</administrativeObservation></subjectOf>"
    )


def _match(percent: int, opposed: bool) -> str:
    return (
        '<subjectOf1 typeCode="SBJ"><queryMatchObservation classCode="COND" moodCode="EVN">'
        f'<code code="POURCENTAGE"/><value xsi:type="INT" value="{percent}"/></queryMatchObservation></subjectOf1>'
        '<subjectOf1 typeCode="SBJ"><queryMatchObservation classCode="COND" moodCode="EVN">'
        f'<code code="OPPOSITION_ACCES_URGENCE"/><value xsi:type="BL" value="{_bool(opposed)}"/>'
        "</queryMatchObservation></subjectOf1>"
    )


def _ack(query_id: tuple[str, str], code: str, more: str = "") -> str:
    root, extension = map(e, query_id)
    return (
        f'<queryAck><queryId root="{root}" extension="{extension}"/><statusCode code="deliveredResponse"/>'
        f'<queryResponseCode code="{code}"/>{more}</queryAck>'
    )


def _echo(query_id: tuple[str, str]) -> str:
    root, extension = map(e, query_id)
    return (
        f'<queryByParameter><queryId root="{root}" extension="{extension}"/>'
        '<statusCode code="executing"/></queryByParameter>'
    )


def _target(to: Wrapper) -> str:
    root, extension = map(e, to.id)
    return f'<targetMessage><id root="{root}" extension="{extension}"/></targetMessage>'


def _bool(value: bool) -> str:
    return "true" if value else "false"
