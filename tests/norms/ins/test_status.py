"""The RNIV status machine, row by row."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norms.ins import status
from norms.ins.status import Attribute, Event, Identity, Status

P, R, V, Q = Status.PROVISOIRE, Status.RECUPEREE, Status.VALIDEE, Status.QUALIFIEE
ANY = frozenset[Attribute]()

# from, event, to, INS held afterwards (having one before only where a status may), worklist
TABLE = [
    (P, Event.RECOVERED, R, True, False),
    (P, Event.VERIFIED, R, True, False),
    (P, Event.EVIDENCE, V, False, False),
    (P, Event.CHANGED, P, False, False),
    (P, Event.VERIFICATION_KO, P, False, False),
    (R, Event.RECOVERED, R, True, False),
    (R, Event.VERIFIED, R, True, False),
    (R, Event.EVIDENCE, Q, True, False),
    (R, Event.CHANGED, P, False, False),
    (R, Event.VERIFICATION_KO, P, False, True),
    (V, Event.RECOVERED, Q, True, False),
    (V, Event.VERIFIED, Q, True, False),
    (V, Event.EVIDENCE, V, False, False),
    (V, Event.CHANGED, V, False, False),
    (V, Event.VERIFICATION_KO, V, False, False),
    (Q, Event.RECOVERED, Q, True, False),
    (Q, Event.VERIFIED, Q, True, False),
    (Q, Event.EVIDENCE, Q, True, False),
    (Q, Event.CHANGED, V, False, False),
    (Q, Event.VERIFICATION_KO, P, False, True),
]


def start(at: Status, *attributes: Attribute) -> Identity:
    return Identity(at, frozenset(attributes), has_ins=at in (R, Q))


def test_the_table_is_complete() -> None:
    assert {(a, b) for a, b, *_ in TABLE} == {(a, b) for a in Status for b in Event if b is not Event.DOUBT}


@pytest.mark.parametrize(("at", "event", "to", "ins", "worklist"), TABLE)
def test_transitions(at: Status, event: Event, to: Status, ins: bool, worklist: bool) -> None:
    then, move = status.after(start(at), event)
    assert (then.status, then.has_ins, move.worklist) == (to, ins, worklist)
    assert move.invalidates == (at in (R, Q) and not ins)
    assert status.check_change(at, to) == []


@pytest.mark.parametrize("at", Status)
@pytest.mark.parametrize("attribute", [Attribute.DOUTEUSE, Attribute.FICTIVE])
def test_doubt_brings_back_to_provisoire_and_blocks(at: Status, attribute: Attribute) -> None:
    then, move = status.with_attribute(start(at), attribute)
    assert then == Identity(P, frozenset({attribute}), has_ins=False)
    assert move.invalidates
    assert not status.may_call_insi(then)
    for event in (Event.RECOVERED, Event.VERIFIED, Event.EVIDENCE):
        with pytest.raises(status.NotAllowed) as caught:
            status.after(then, event)
        assert caught.value.finding.rule == "INS-STATUS-03"
    assert status.may_call_insi(status.without_attribute(then, attribute))


@pytest.mark.parametrize("at", Status)
def test_homonyme_changes_nothing_else(at: Status) -> None:
    then, move = status.with_attribute(start(at), Attribute.HOMONYME)
    assert (then.status, then.has_ins, move.invalidates) == (at, at in (R, Q), False)
    assert status.may_call_insi(then)


def test_only_douteuse_and_homonyme_combine() -> None:
    sets = [frozenset(c) for c in chain.from_iterable(combinations(Attribute, n) for n in range(4))]
    assert [set(s) for s in sets if len(s) > 1 and status.allowed(s)] == [{Attribute.DOUTEUSE, Attribute.HOMONYME}]
    with pytest.raises(status.NotAllowed) as caught:
        status.with_attribute(Identity(attributes=frozenset({Attribute.FICTIVE})), Attribute.DOUTEUSE)
    assert caught.value.finding.rule == "INS-STATUS-02"


def test_only_a_qualified_identity_lets_its_ins_out() -> None:
    assert [s for s in Status if status.may_transmit_ins(Identity(s))] == [Q]


@pytest.mark.parametrize(
    ("shown", "attributes", "ins", "rules"),
    [
        ("provisoire", (), False, []),
        ("recuperee", (), True, []),
        ("qualifiee", ("homonyme",), True, []),
        ("provisoire", ("douteuse", "homonyme"), False, []),
        ("valide", (), False, ["INS-STATUS-01"]),
        ("provisoire", ("fictive", "homonyme"), False, ["INS-STATUS-02"]),
        ("validee", ("douteuse",), False, ["INS-STATUS-04"]),
        ("provisoire", (), True, ["INS-STATUS-05"]),
        ("validee", (), True, ["INS-STATUS-05"]),
        ("qualifiee", ("douteuse",), True, ["INS-STATUS-04", "INS-STATUS-05"]),
        ("qualifiee", (), False, ["INS-STATUS-08"]),
        ("provisoire", ("bizarre",), False, ["INS-STATUS-06"]),
    ],
)
def test_incoherent_identities(shown: str, attributes: tuple[str, ...], ins: bool, rules: list[str]) -> None:
    assert [f.rule for f in status.check(shown, attributes, ins)] == rules


def test_a_history_that_jumps_is_found() -> None:
    assert [f.rule for f in status.check_change("provisoire", "qualifiee")] == ["INS-STATUS-07"]
    assert [f.rule for f in status.check_change("validee", "recuperee")] == ["INS-STATUS-07"]
    assert status.check_change("qualifiee", "validee") == []


@given(st.lists(st.sampled_from([*[e for e in Event if e is not Event.DOUBT], *Attribute])))
def test_whatever_happens_the_identity_stays_coherent(events: list[Event | Attribute]) -> None:
    identity = Identity()
    for event in events:
        try:
            act = status.after if isinstance(event, Event) else status.with_attribute
            identity, _ = act(identity, event)  # type: ignore[arg-type,operator]
        except status.NotAllowed:
            continue
        assert status.check(identity.status, tuple(identity.attributes), identity.has_ins) == []
