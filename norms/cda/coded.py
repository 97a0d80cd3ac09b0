"""A coded element held against a value set: one check, wherever the demand comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from norms.cda.document import Document, Element, shown, words
from norms.codes.tables import Table
from norms.finding import Finding, Severity, find

SHORT = 8  # codes of a set that are all named to who used another


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
    said: dict[str, Any] = {"name": shown(element.tag), "table": held.name, "date": held.date or "—"}
    system = element.get("codeSystem", "")
    known = [system] if (code, system) in held.labels else held.systems_of(code)
    if not known:
        where = document.where(element, "" if attribute == "text" else attribute or "code")
        said["near"] = nearest(held, element.get("displayName", ""))
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


def nearest(table: Table, display: str) -> str:
    """The codes of a set that an absent one may have been meant to be: the whole of a short set, else by label."""
    told = {code: label for (code, _), label in table.labels.items()}
    if len(told) > SHORT:
        from difflib import get_close_matches  # loaded for the first fault: most documents have none

        same = [code for code, label in told.items() if label and _plain(label) == _plain(display)]
        labels = {label: code for code, label in told.items()}
        near = same or [labels[label] for label in get_close_matches(display, labels, 2, 0.75)]
        told = {code: told[code] for code in near}
    return ", ".join(f"{code} ({label})" if label else code for code, label in told.items())


def _plain(label: str) -> str:
    return "".join(char for char in label.casefold() if char.isalnum())
