"""Every verb of the service, by the state in which it serves."""

from mocks.mssante.imap.session import Verb
from mocks.mssante.imap.verbs import any as anytime
from mocks.mssante.imap.verbs import enter as enter
from mocks.mssante.imap.verbs import folders, idle, listing, messages, transfer

VERBS: dict[str, Verb] = {
    **anytime.VERBS,
    **enter.VERBS,
    **folders.VERBS,
    **listing.VERBS,
    **messages.VERBS,
    **transfer.VERBS,
    **idle.VERBS,
}
