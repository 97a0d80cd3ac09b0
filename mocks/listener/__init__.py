"""One port of the bench: TLS with client certificates on uvicorn, and a doctor for the handshakes that fail."""

from mocks.listener.peer import peer_of
from mocks.listener.profile import TlsProfile
from mocks.listener.refusal import Refusal, journal_entry
from mocks.listener.server import Listener

__all__ = ["Listener", "Refusal", "TlsProfile", "journal_entry", "peer_of"]
