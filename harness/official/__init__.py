"""The official rules, run unchanged: the user's own copy of TestContenuCDA (schema, profiles, the volet's schematron).

`engine.Official` keeps two worker processes warm (the optional package ``saxonche`` runs XSLT there); `pack` finds the
files and works round what is broken in the copy, each defect reported; `agreement` compares with our own findings.
"""
