"""Build CDA documents of the CI-SIS from plain values: pure functions, same input, same bytes.

    document(Header(…), [Section(…), …])  → bytes of a structured document
    document(Header(…), Level1("application/pdf", pdf)) → bytes of an unstructured one

Section and entry templates come from the volet tables (`norms.cda.volets.sheets`): a template's companions are written
with it. Entries are made by `norms.cda.build.entries`.
"""

from norms.cda.build.model import (
    Act,
    Address,
    Code,
    Device,
    Encounter,
    Header,
    Ident,
    Level1,
    Order,
    Organisation,
    Party,
    Patient,
    Professional,
    Relative,
    Section,
)
from norms.cda.build.narrative import Image, Items, P, T, Table
from norms.cda.build.writer import document, element

__all__ = [
    "Act", "Address", "Code", "Device", "Encounter", "Header", "Ident", "Image", "Items", "Level1", "Order",
    "Organisation", "P", "Party", "Patient", "Professional", "Relative", "Section", "T", "Table", "document", "element",
]  # fmt: skip
