"""``segur doctor``: what on this machine would keep the bench, or a software, from working, and how to mend it."""

from harness.doctor.machine import examine
from harness.doctor.model import Diagnosis, State
from harness.doctor.tls import probe

__all__ = ["Diagnosis", "State", "examine", "probe"]
