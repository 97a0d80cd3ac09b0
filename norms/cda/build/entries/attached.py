"""Documents carried by a document: a PDF copy, an attached PDF, a picture, references to other documents."""

from __future__ import annotations

import base64

from norms.cda.build.entries.base import LOINC, act, statement
from norms.cda.build.ids import Ids
from norms.cda.build.model import Code, Ident
from norms.cda.build.xml import E, coded, ident, reference
from norms.cda.document import Element

PDF_COPY = Code("55108-5", LOINC, "Copie du document")
_ATTACHED = Code("55107-7", LOINC, "Document attaché")
_TYPE = Code("69764-9", LOINC, "Type de document")


def media(id: str, media_type: str, data: bytes) -> Element:
    """Bytes under an ID that the narrative shows (``renderMultiMedia``)."""
    value = E("value", base64.b64encode(data).decode("ascii"), mediaType=media_type, representation="B64")
    return E("observationMedia", value, classCode="OBS", moodCode="EVN", ID=id)


def attached(ids: Ids, id: str, media_type: str, data: bytes, anchor: str, kind: Code | None = None) -> Element:
    """An attached document: its type, its bytes."""
    original = E("originalText", E("reference", value=f"#{anchor}"))
    value = coded("value", kind, kind="CD") if kind else E("value", original, xsi_type="CD")
    what = statement(
        "48.18",
        ids.new(),
        _TYPE,
        value,
        anchor=anchor,
        time=E("effectiveTime", nullFlavor="NA"),
    )
    return act(
        "organizer",
        "18",
        ident(ids.new()),
        coded("code", _ATTACHED),
        E("statusCode", code="completed"),
        E("effectiveTime", nullFlavor="NA"),
        E("component", what, typeCode="COMP"),
        E("component", media(id, media_type, data)),
        kind="CLUSTER",
    )


def external(ids: Ids, document: Ident, code: Code | None, anchor: str) -> Element:
    """A reference to another document; its code is not applicable when None."""
    pointed = E(
        "reference",
        E("externalDocument", ident(document), reference(anchor), classCode="DOC", moodCode="EVN"),
        typeCode="REFR",
    )
    return act("act", "35", ident(ids.new()), coded("code", code, null="NA"), reference(anchor), pointed, kind="ACT")
