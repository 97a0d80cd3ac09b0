"""Every exchange, kept before it is answered: model, SQLite store, live feed, decoded views, redaction, export."""

from mocks.journal.database import JournalError, Statement, Tables
from mocks.journal.feed import Feed, Missed, Seen
from mocks.journal.model import Exchange, Headers, Kind, Peer, Tls, Validation
from mocks.journal.store import CAP_BYTES, END, Journal, Reader

__all__ = [
    "CAP_BYTES",
    "END",
    "Exchange",
    "Feed",
    "Headers",
    "Journal",
    "JournalError",
    "Kind",
    "Missed",
    "Peer",
    "Reader",
    "Seen",
    "Statement",
    "Tables",
    "Tls",
    "Validation",
]
