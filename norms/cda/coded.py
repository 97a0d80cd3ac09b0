"""A coded element held against a value set: one check, wherever the demand comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from norms.cda.document import Document, Element, shown, words
from norms.finding import Finding, Severity, find


def check(
    document: Document, element: Element, table: str, attribute: str = "", *, firm: bool = True
) -> Iterator[Finding]:
    """Findings on an element that must have a code of a value set.

    ``attribute`` names the attribute that holds the code; ``""`` means code and codeSystem together (absent is not
    this check's business), ``text`` the element's text. ``firm=False`` lowers an error to a warning. A set that is not
    loaded says nothing here: the report lists it as not checked.
    """
    code = words(element) if attribute == "text" else element.get(attribute or "code")
    if not code:
        return
    held = document.tables.table(table)
    if held is None:
        return
    severity = None if firm else Severity.WARNING
    said: dict[str, Any] = {"name": shown(element.tag), "table": held.name, "date": held.date}
    system = element.get("codeSystem", "")
    known = [system] if (code, system) in held.labels else held.systems_of(code)
    if not known:
        where = document.where(element, "" if attribute == "text" else attribute or "code")
        yield find("CDA-TRM-01", expected=held.name, found=code, where=where, severity=severity, **said)
    elif not attribute and system and system not in known:
        said["code"] = code
        where, others = document.where(element, "codeSystem"), " | ".join(known)
        yield find("CDA-TRM-02", expected=others, found=system, where=where, severity=severity, **said)
    elif not attribute and (display := element.get("displayName")):
        label = held.labels.get((code, system))
        if label and display != label and _plain(display) != _plain(label):
            said["code"] = code
            yield find(
                "CDA-TRM-03", expected=label, found=display, where=document.where(element, "displayName"), **said
            )


def _plain(label: str) -> str:
    return "".join(char for char in label.casefold() if char.isalnum())
