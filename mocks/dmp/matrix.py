"""Who may do what at the DMP: the rights matrices PDT-INF-526 (v1.8) and PDT-INF-606 (AIR, v1.3) as one table.

A row is a transaction, a column an actor: authentication mode and kind of user. A cell says in which access modes the
transaction is allowed (``N`` normal, ``R`` régulation or centre 15, ``B`` bris de glace, ``all``, ``no``), then after a
colon on which documents or to what extent:

* ``own``: documents whose author is the user; ``unit``: documents, professionals or rights of the user's structure;
* ``own|mt``: the user's documents, any for the patient's treating doctor;
* ``seen``: documents that are not masked to this user (see `mocks.dmp.access.Access.sees`);
* ``shelf``: archiving, own documents in normal mode, any for a doctor in the other modes, any for the treating doctor;
* ``air-shelf``: archiving in AIR, own documents, any for a doctor;
* ``recent``: a list limited to recent authorisations;
* ``mt``: only who is the treating doctor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from norms.vihf.names import BREAK_GLASS, NORMAL, REGULATION

TABLE: Final = """
transaction     DIRECT_PS   OCCUPATIONAL  DIRECT_OTHER  INDIRECT    AIR_PS         AIR_OTHER
TD0.2           all         all           all           NR          all            all
TD1.3a          all         all           all           NR          all            all
TD0.3-declare   N           no            all:unit      no          N              all:unit
TD0.3-remove    N           no            no            no          N              no
TD0.3-remove-mt N:mt        no            no            no          no             no
TD0.4           all         all           all:unit      N:recent    all            all:unit
TD0.5           R           no            no            R           R              no
TD0.9           all         all           all           no          all            all
TD1.6           N           all           no            no          N              no
TD2.1           all         all           no            NR          no             no
TD2.2           no          no            all           no          no             no
TD3.1           all         all           no            no          all            no
TD3.1b          all         all           all           NR          all            all
TD3.2           all:seen    no            no            no          all:seen       no
TD3.3a-mask     N           all           no            no          N              no
TD3.3a-unmask   all:own|mt  all:own       no            no          all:own|mt     no
TD3.3b          N           all           no            no          N              no
TD3.3d          all:shelf   all:own       no            no          all:air-shelf  no
TD3.3c          all:own     all:own       all:unit      NR:unit     all:own        all:unit
"""

_LETTERS: Final = {"N": NORMAL, "R": REGULATION, "B": BREAK_GLASS}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: the access modes in which the transaction is allowed, and its condition (empty: none)."""

    purposes: frozenset[str]
    condition: str = ""


def _cell(text: str) -> Cell:
    modes, _, condition = text.partition(":")
    letters = {"all": "NRB", "no": ""}.get(modes, modes)
    return Cell(frozenset(_LETTERS[letter] for letter in letters), condition)


def _read(table: str) -> Mapping[str, Mapping[str, Cell]]:
    head, *rows = (line.split() for line in table.strip().splitlines())
    return {row[0]: dict(zip(head[1:], map(_cell, row[1:]), strict=True)) for row in rows}


MATRIX: Final = _read(TABLE)
ACTORS: Final = tuple(MATRIX["TD0.2"])


def allowed_to(transaction: str) -> list[str]:
    """The actors that a transaction is open to, in some access mode."""
    return [actor for actor, cell in MATRIX[transaction].items() if cell.purposes]
