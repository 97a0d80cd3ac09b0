"""The library of CDA documents: positive samples built from the world, faulty ones made of one edit each.

``python -m harness.samples build`` writes ``cda_samples``; `catalogue` reads it.
"""
