"""Value sets and code systems of the NOS: our own compact tables, and those of the user's rule pack.

``Tables()`` knows the tables shipped here; ``Tables(pack)`` asks the user's pack first. A table that neither holds is
*not loaded*: `Tables.holds` then answers None, which a validator reports as "not checked", never as valid.
"""

from norms.codes.tables import CodeSystem, Link, Map, Table, Tables, mapping, shipped, shipped_names

__all__ = ["CodeSystem", "Link", "Map", "Table", "Tables", "mapping", "shipped", "shipped_names"]
