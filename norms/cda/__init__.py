"""CDA R2 as France writes it (CI-SIS): reading, judging and building documents.

`validate` judges bytes and returns a `Report`. Each stage is a module with ``check(document) -> Iterable[Finding]``;
a stage that finds an element wrong marks it (`Document.spoil`, `Document.misshape`), and later stages leave it alone:
one cause gives one finding.
"""

from norms.cda.document import Document
from norms.cda.report import Report, validate

__all__ = ["Document", "Report", "validate"]
