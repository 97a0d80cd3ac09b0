"""The guided drive: a person makes the software act, told what to do step by step.

Alone (``[drive] kind = "guided"``), or beside another drive: what that one does not offer, and what only eyes can
check, goes to the person. He sits at a front: the terminal (`harness.drive.guided.terminal`) or the console.
"""

from harness.drive.guided.drive import GuidedDrive, Person, Unattended, guided

__all__ = ["GuidedDrive", "Person", "Unattended", "guided"]
