"""Reading what INSi answers: by namespace, never by prefix, and never trusting that it is what was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.drive.reference.defects import Defects
from harness.drive.reference.messages import SOAP, Element
from norms.insi.names import RESULT, SIRAM
from norms.xml import BadXml, parse

FAULT = f"{{{SIRAM}}}Erreur"


@dataclass(frozen=True, slots=True)
class Identifier:
    """An INS as the teleservice gives it; dates AAAA-MM-JJ or empty."""

    number: str
    key: str
    oid: str
    start: str = ""
    end: str = ""

    @property
    def value(self) -> str:
        """The 15 characters."""
        return self.number + self.key


@dataclass(frozen=True, slots=True)
class Individual:
    """The identity that came with code 00; any trait may be empty."""

    active: Identifier
    history: tuple[Identifier, ...]
    birth_name: str
    first_name: str  # ``Prenom``: old answers only, never stored
    given_names: str  # ``ListePrenom``
    sex: str
    birth_date: str
    birth_place: str

    def traits(self) -> dict[str, str]:
        """The traits as returned, for the trace."""
        names = ("birth_name", "given_names", "sex", "birth_date", "birth_place")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Answer:
    """One call's outcome. ``code`` is 00, 01, 02, OK, KO, or ``error`` with ``fault`` saying which."""

    code: str
    label: str = ""
    fault: str = ""
    individual: Individual | None = None
    message_id: str = ""
    sent: dict[str, str] = field(default_factory=dict)

    @property
    def traced(self) -> str:
        """The code that the journal keeps."""
        return self.fault if self.code == "error" else self.code


def error(fault: str, label: str = "") -> Answer:
    """A technical error: the teleservice could not be reached, or what came back is not an answer."""
    return Answer("error", label, fault)


def read(status: int, body: bytes, defects: Defects) -> Answer:
    """The outcome held in an HTTP answer, whatever it is."""
    try:
        root = parse(body)
    except BadXml:
        root = None
    if root is None or root.tag != f"{{{SOAP}}}Envelope":  # an error page, or nothing that can be read
        if defects.on("crashes-on-html-error"):
            raise ValueError("not a SOAP envelope")
        return error(f"http_{status}" if status != 200 else "unreadable")
    fault = root.find(f"{{{SOAP}}}Body/{{{SOAP}}}Fault")
    if fault is not None:
        return _fault(fault)
    if status != 200:
        return error(f"http_{status}")
    code = next((e for e in root.iter("{*}CodeCR")), None)
    if code is None:
        return error("unreadable", "CodeCR")
    label = next((_text(e) for e in root.iter("{*}LibelleCR")), "")
    found = root.find(f".//{{{RESULT}}}INDIVIDU")
    value = _text(code)
    if value == "00" and found is not None:
        individual = _individual(found)
        return Answer("00", label, individual=individual) if individual else error("unreadable", "INSACTIF")
    if value in ("00", "01", "02", "OK", "KO"):
        return Answer(value, label)
    return error("unreadable", f"CodeCR {value}")


def _fault(fault: Element) -> Answer:
    detail = next(iter(fault.iter(FAULT)), None)
    reason = next((_text(e) for e in fault.iter(f"{{{SOAP}}}Text")), "")
    if detail is not None and detail.get("code"):
        return error(str(detail.get("code")), reason or _text(detail))
    values = [_text(e).rpartition(":")[2] for e in fault.iter(f"{{{SOAP}}}Value")]
    return error(values[-1] if values else "fault", reason)


def _individual(found: Element) -> Individual | None:
    active = [i for e in found.findall(f"{{{RESULT}}}INSACTIF") if (i := _identifier(e))]
    if not active:
        return None
    tiq = found.find(f"{{{RESULT}}}TIQ")

    def trait(name: str) -> str:
        return "" if tiq is None else _text(tiq.find(f"{{{RESULT}}}{name}"))

    return Individual(
        active[0],
        tuple(i for e in found.findall(f"{{{RESULT}}}INSHISTO") if (i := _identifier(e))),
        birth_name=trait("NomNaissance"),
        first_name=trait("Prenom"),
        given_names=trait("ListePrenom"),
        sex=trait("Sexe"),
        birth_date=trait("DateNaissance"),
        birth_place=trait("LieuNaissance"),
    )


def _identifier(element: Element) -> Identifier | None:
    def part(path: str) -> str:
        return _text(element.find("/".join(f"{{{RESULT}}}{name}" for name in path.split("/"))))

    number, oid = part("IdIndividu/NumIdentifiant"), part("OID")
    if not (number and oid):
        return None
    return Identifier(number, part("IdIndividu/Cle"), oid, part("DateDeb"), part("DateFin"))


def _text(element: Element | None) -> str:
    return "" if element is None else "".join(str(piece) for piece in element.itertext()).strip()
