"""One synthetic world that all services share: patients, professionals, organisations, mailboxes, and the softwares
registered at Pro Santé Connect. None of them exists.
"""

from mocks.world.errors import WorldError
from mocks.world.model import Activity, Client, Dmp, Ins, Mailbox, Organisation, Patient, Professional, Right, Vitale
from mocks.world.store import KINDS, PATIENT_DOMAIN, World

__all__ = [
    "KINDS",
    "PATIENT_DOMAIN",
    "Activity",
    "Client",
    "Dmp",
    "Ins",
    "Mailbox",
    "Organisation",
    "Patient",
    "Professional",
    "Right",
    "Vitale",
    "World",
    "WorldError",
]
