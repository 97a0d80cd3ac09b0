"""One synthetic world that all services share: patients, professionals, organisations, and the softwares registered at
Pro Santé Connect. None of them exists.
"""

from mocks.world.errors import WorldError
from mocks.world.model import Activity, Client, Dmp, Ins, Organisation, Patient, Professional, Right, Vitale
from mocks.world.store import KINDS, World

__all__ = [
    "KINDS",
    "Activity",
    "Client",
    "Dmp",
    "Ins",
    "Organisation",
    "Patient",
    "Professional",
    "Right",
    "Vitale",
    "World",
    "WorldError",
]
