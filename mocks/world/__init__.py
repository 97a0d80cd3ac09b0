"""One synthetic world that all services share: patients, professionals, organisations. None of them exists."""

from mocks.world.errors import WorldError
from mocks.world.model import Activity, Ins, Organisation, Patient, Professional, Vitale
from mocks.world.store import KINDS, World

__all__ = ["KINDS", "Activity", "Ins", "Organisation", "Patient", "Professional", "Vitale", "World", "WorldError"]
