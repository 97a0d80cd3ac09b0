"""Proof of the checks: the matrix scenario × defect of the reference software.

Each defect must fail the scenarios that it names and no other of their domains, and every automatic check must be
tripped by some defect: a check that nothing trips proves nothing.
"""

from harness.prove.kept import Kept, digest
from harness.prove.matrix import prove
from harness.prove.page import page, renewed
from harness.prove.proof import Cell, Proof

__all__ = ["Cell", "Kept", "Proof", "digest", "page", "prove", "renewed"]
