"""An action of the test-driver API, worded for a person: what to do in order, what to type, what must be seen."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.guide import keep, values
from harness.guide.model import Place, Sheet, Value
from harness.words import Words, words
from norms.texts import table

_P = "harness.guide"
MAKES = ("identity.export", "print", "document.get", "trace.export")  # the software makes a file
HAND_OVER = "hand-over"  # below the run's folder: files that a person gives to the software
_PID = re.compile(r"^PID\|(.*)$", re.MULTILINE)


@dataclass
class Speaker:
    """Words actions for one run: who the professionals are, how the records made so far are called."""

    run: Path  # the run's folder, where files to hand over are written
    people: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    endpoints: Mapping[str, str] = field(default_factory=dict)  # addresses to give to the software
    names: dict[str, str] = field(default_factory=dict)  # reference of a record or a document -> what it is called

    def sheet(self, action: str, body: Mapping[str, Any]) -> Sheet:
        """What to do for that action."""
        lines, args, rows, hands = _MAKERS.get(action, _other)(self, body)
        key = action if _has(action) else "other"
        args = {"action": action, "patient": self.called(body.get("patient", "")), **args}
        gestures = [words(_P, f"do.{key}.gestures", **args), *(words(_P, f"extra.{line}", **args) for line in lines)]
        return Sheet(
            tuple(Words(fr, en) for each in gestures for fr, en in _lines(each)),
            words(_P, f"do.{key}.observe", **args),
            rows,
            hands,
            action in MAKES,
        )

    def start(self, services: Sequence[str]) -> Sheet:
        """What must be ready before the first step: the addresses of those services among the rest."""
        sheet = self.sheet("reset", {})
        wanted = {name: url for name, url in self.endpoints.items() if name.partition("_")[0] in services}
        return replace(sheet, values=tuple(Value(Words.of(name), Words.of(url)) for name, url in wanted.items()))

    def arrivals(self, place: Place) -> tuple[Words, ...]:
        """The messages that the bench put into mailboxes for this step, told before what is to be done."""
        return tuple(words(_P, "extra.arrived", **asdict(one)) for one in place.arrived)

    def called(self, reference: Any) -> str:
        """How a record or a document is called."""
        return self.names.get(str(reference), str(reference))

    def result(self, action: str, body: Mapping[str, Any], place: Place) -> dict[str, Any]:
        """What an action done by a person gives to later steps: references by which they can be told of it."""
        if action == "patient.create":
            return {"patient": values.named(body.get("traits", {})) or "—"}
        if action == "identity.receive":
            return {"patient": _sent(str(body.get("content", ""))) or str(body.get("source", "—"))}
        if action == "document.create":
            kind, patient = str(body.get("type", "")), self.called(body.get("patient", ""))
            return {"document": " · ".join(filter(None, (kind, patient)))}
        if action == "mail.sync":
            return {"messages": [{"message": one.subject} for one in place.arrived]}
        if action in ("mail.send", "mail.reply"):
            papers = ", ".join(self.called(one) for one in body.get("documents", ()))
            return {"message": str(body.get("subject") or papers or body.get("text", ""))}
        if action == "login":
            person = self.people.get(str(body.get("professional", "")), {})
            return {"professional": body.get("professional"), "user": person.get("national_id", "")}
        return {}

    def learn(self, action: str, body: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        """Remember how a record that a program made is called, for the steps that a person does."""
        if action == "patient.create" and (name := values.named(body.get("traits", {}))):
            self.names[str(result.get("patient", ""))] = name

    def write(self, name: str, data: bytes) -> str:
        """A file to hand over to the software: its path below the run's folder."""
        folder = self.run / HAND_OVER
        folder.mkdir(exist_ok=True)
        (folder / keep.safe_name(name)).write_bytes(data)
        return f"{HAND_OVER}/{keep.safe_name(name)}"


Made = tuple[list[str], dict[str, object], tuple[Value, ...], str]


def _login(speaker: Speaker, body: Mapping[str, Any]) -> Made:
    person = speaker.people.get(str(body.get("professional", "")), {})
    names = (str(person.get(n, "")) for n in ("given_name", "family_name"))
    civility = _civility(str(person.get("civility", "")))
    name = " ".join(filter(None, (civility, *names))) or str(body.get("professional", ""))
    rows = values.rows(person, ("family_name", "given_name", "rpps", "national_id", "card_serial"))
    lines = ["ciba"] if body.get("flow") == "ciba" else []
    return lines, {"name": name, "mode": values.worded("mode", body.get("mode", "card"))}, rows, ""


def _civility(code: str) -> str:
    return {"DR": "Dr", "PR": "Pr"}.get(code, "")


def _choose(speaker: Speaker, body: Mapping[str, Any]) -> Made:
    return [], {"rank": int(body.get("situation", 0)) + 1}, (), ""


def _create(speaker: Speaker, body: Mapping[str, Any]) -> Made:
    identity = body.get("identity") or {}
    rows = values.traits(body.get("traits", {})) + values.rows(identity, ("status", "ins", "oid", "attributes"))
    return (["known"] if identity else []), {"status": values.worded("status", identity.get("status"))}, rows, ""


def _find(speaker: Speaker, body: Mapping[str, Any]) -> Made:
    return [], {}, values.rows(body), ""


def _edit(speaker: Speaker, body: Mapping[str, Any]) -> Made:
    rows = values.traits(body.get("traits") or {})
    lines = ["entitled" if body.get("as") == "superuser" else "as_usual"] if rows else []
    rows += values.rows(body, ("deceased",))
    if "attributes" in body:
        rows += (Value(values.label("attributes"), values.worded("attributes", body["attributes"])),)
        lines.append("attributes")
    return lines, {"attributes": values.worded("attributes", body.get("attributes", ()))}, rows, ""


def _validate(speaker: Speaker, body: Mapping[str, Any]) -> Made:
    evidence, trust = body.get("evidence", ""), body.get("trust", "")
    args = {"evidence": values.worded("evidence", evidence), "trust": values.worded("trust", trust)}
    return (["trust"] if trust else []), dict(args), values.rows({"evidence": evidence, "trust": trust}), ""


def _search(speaker: Speaker, body: Mapping[str, Any]) -> Made:
    by_card = body.get("by") == "vitale"
    lines = ["by_card" if by_card else "by_traits", "accept" if body.get("accept", True) else "decline"]
    card = body.get("card") or {}
    return lines, {}, values.rows(card) if by_card else (), ""


def _receive(speaker: Speaker, body: Mapping[str, Any]) -> Made:
    kind = str(body.get("format", ""))
    ending = {"adt": "hl7", "json": "json"}.get(kind, "txt")
    path = speaker.write(f"identite-{body.get('source', '')}.{ending}", str(body.get("content", "")).encode())
    document, lines = body.get("document") or {}, []
    if document:
        lines.append("document")
        try:
            data = base64.b64decode(str(document.get("content_base64", "")), validate=True)
        except ValueError:
            data = b""
        speaker.write(str(document.get("title") or "document"), data)
    trusted = values.worded("trusted", bool(body.get("trusted")))
    rows = values.rows({"source": body.get("source", ""), "title": document.get("title", "")})
    args = {"source": body.get("source", ""), "trusted": trusted, "title": document.get("title", ""), "file": path}
    return lines, args, rows, path


def _export(speaker: Speaker, body: Mapping[str, Any]) -> Made:
    partner = str(body.get("partner", ""))
    args = {"format": values.worded("format", body.get("format", "adt")), "partner": partner}
    return (["partner"] if partner else []) + ["give_file"], dict(args), (), ""


def _document(speaker: Speaker, body: Mapping[str, Any]) -> Made:
    called = {"document": speaker.called(body.get("document", "")), "type": body.get("type", "")}
    wanted = {**body, "author": " ".join((body.get("author") or {}).values())}
    if body.get("replaces"):
        wanted["replaces"] = speaker.called(body["replaces"])
    return (
        (["give_file"] if "document" in body else []),
        called,
        values.rows(wanted, ("date", "author", "structured", "replaces")),
        "",
    )


def _mask(speaker: Speaker, body: Mapping[str, Any]) -> Made:
    hidden = values.worded("hidden", bool(body.get("hidden", True)))
    code, called = str(body.get("code", "")), {"document": speaker.called(body.get("document", ""))}
    both = Words(
        f"{code}, {values.label('hidden').fr} : {hidden.fr}", f"{code}, {values.label('hidden').en}: {hidden.en}"
    )
    return [], {**called, "mask": both}, (), ""


def _life(speaker: Speaker, body: Mapping[str, Any]) -> Made:
    """What becomes of a document."""
    rows = values.rows({name: value for name, value in body.items() if name != "document"})
    return [], {"document": speaker.called(body.get("document", ""))}, rows, ""


def _dmp(speaker: Speaker, body: Mapping[str, Any]) -> Made:
    wanted = {**body, **(body.get("criteria") or {})}
    return [], {}, values.rows({k: v for k, v in wanted.items() if k not in ("patient", "criteria", "documents")}), ""


def _mail(speaker: Speaker, body: Mapping[str, Any]) -> Made:
    wanted = {name: value for name, value in body.items() if name != "patient"}
    if "documents" in wanted:
        wanted["documents"] = [speaker.called(one) for one in wanted["documents"]]
    return (["about"] if body.get("patient") else []), {}, values.rows(wanted), ""


def _print(speaker: Speaker, body: Mapping[str, Any]) -> Made:
    return ["give_page"], {"what": values.worded("what", body.get("what", "label"))}, (), ""


def _traces(speaker: Speaker, body: Mapping[str, Any]) -> Made:
    return ["give_traces"], {}, (), ""


def _plain(speaker: Speaker, body: Mapping[str, Any]) -> Made:
    return [], {}, (), ""


def _other(speaker: Speaker, body: Mapping[str, Any]) -> Made:
    """An action without words of its own: its name and its values."""
    return [], {}, values.rows({k: v for k, v in body.items() if not isinstance(v, dict) and k != "patient"}), ""


_MAKERS = {
    "login": _login,
    **dict.fromkeys((f"mail.{word}" for word in ("connect", "send", "reply", "sync", "list", "get", "file")), _mail),
    **dict.fromkeys(("mail.receipt", "mail.delete", "mail.refusal", "annuaire.search"), _mail),
    "session.choose": _choose,
    "patient.create": _create,
    "patient.find": _find,
    "patient.edit": _edit,
    "identity.validate": _validate,
    "ins.search": _search,
    "identity.receive": _receive,
    "identity.export": _export,
    "document.create": _document,
    "document.get": _document,
    "print": _print,
    "trace.export": _traces,
    "document.mask": _mask,
    **dict.fromkeys(("document.validate", "document.hold", "document.release"), _life),
    **dict.fromkeys(("document.replace", "document.delete"), _life),
    **dict.fromkeys(("dmp.status", "dmp.consent", "dmp.list", "dmp.get"), _dmp),
    **dict.fromkeys(("session.get", "api.call"), _plain),
    **dict.fromkeys(("reset", "logout", "dmp.history", "patient.get", "ins.verify", "alerts", "worklist"), _plain),
}


def _has(action: str) -> bool:
    node: Any = table(_P, "fr")["do"]
    for part in action.split("."):
        node = node.get(part) if isinstance(node, Mapping) else None
    return isinstance(node, Mapping) and "gestures" in node


def _lines(text: Words) -> list[tuple[str, str]]:
    french, english = text.fr.strip().splitlines(), text.en.strip().splitlines()
    return [pair for pair in zip(french, english, strict=True) if pair[0].strip()]


def _sent(content: str) -> str:
    """Whose identity a message carries (PID of an ADT, traits of a JSON)."""
    if found := _PID.search(content.replace("\r", "\n")):
        fields = found[1].split("|")
        name = fields[4].split("~")[0].split("^") if len(fields) > 6 else []
        born = fields[6][:8] if name else ""
        date = f"{born[:4]}-{born[4:6]}-{born[6:8]}" if len(born) == 8 else ""
        traits = {"birth_name": name[0], "given_names": "".join(name[1:2]), "birth_date": date} if name else {}
        return values.named(traits)
    try:
        held = json.loads(content)
        return values.named(held.get("traits", held))
    except (ValueError, AttributeError):
        return ""
