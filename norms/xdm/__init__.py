"""IHE_XDM.ZIP: health documents on a medium or in a mail (IHE XDM; CI-SIS, volet Échange de documents de santé).

`write` is strict, `read` tolerant, `validate` says everything that is wrong. Opening is safe whatever the bytes.
"""

from norms.xdm.check import Opened, Options, check, check_metadata, open_archive, validate
from norms.xdm.model import NAME, Archive, BadArchive, File, Sender, Subset
from norms.xdm.read import read
from norms.xdm.write import BadLayout, archive, subset, write

__all__ = [
    "NAME", "Archive", "BadArchive", "BadLayout", "File", "Opened", "Options", "Sender", "Subset", "archive", "check",
    "check_metadata", "open_archive", "read", "subset", "validate", "write",
]  # fmt: skip
