"""Who may open a mailbox by SMTP, and each refusal with its style, its rule and its reason."""

from __future__ import annotations

import base64
import secrets
import smtplib
from collections.abc import Iterator

import pytest

from mocks.igc.pki import Pki
from tests.smtp_kit import APP_BOX, DOCTOR_BOX, LAB_BOX, OTHER_BOX, Operated, operating, plain, sasl, xoauth2

CHALLENGE = b'{"status":"401","schemes":"bearer","scope":"mail"}'
REFUSED = (535, b"5.7.8 Authentication credentials invalid")


@pytest.fixture(scope="module")
def bench(pki: Pki) -> Iterator[Operated]:
    with operating(pki) as operated:
        yield operated


@pytest.fixture
def op(bench: Operated) -> Operated:
    bench.session.reset()
    bench.hub.journal.purge()
    return bench


def test_nothing_is_offered_nor_taken_before_tls(op: Operated) -> None:
    with op.smtp(tls=False) as client:
        assert client.ehlo()[0] == 250
        assert "auth" not in client.esmtp_features
        assert "starttls" in client.esmtp_features
        assert xoauth2(client, DOCTOR_BOX, op.token(value="very-secret"))[0] == 530
        assert client.docmd("MAIL FROM:<a@b.example>")[0] == 530
        assert client.docmd("dmVyeS1zZWNyZXQ")[0] == 500  # the password, though AUTH was refused
    assert op.rules() == ["SASL-TLS-01", "SMTP-TLS-02", "SMTP-CMD-01"]
    assert "dmVye" not in repr(op.kept())
    assert not any(b"very-secret" in one.request_body for one in op.kept())
    assert op.kept()[0].facts["connection"] == op.kept()[1].thread


def test_a_token_with_and_without_initial_response(op: Operated) -> None:
    long = secrets.token_urlsafe(6000)
    with op.smtp() as client:
        assert client.esmtp_features["auth"].split() == ["XOAUTH2", "PLAIN"]
        assert xoauth2(client, DOCTOR_BOX.upper(), op.token(value=long), "xoauth2")[0] == 235
        assert xoauth2(client, DOCTOR_BOX, op.token())[0] == 503
    with op.smtp() as client:
        assert client.docmd("auth", "xoauth2") == (334, b"")
        assert client.docmd(sasl(DOCTOR_BOX, op.token()))[0] == 235
    with op.smtp() as client:  # a mailbox that the secretary is a member of
        assert xoauth2(client, "contact@tilleuls.formation.mssante.fr", op.token("secretaire-menthe"))[0] == 235
    login = op.kept("login")[0]
    assert (login.outcome, login.facts["auth"], login.facts["initial"]) == ("ok", "xoauth2", "yes")
    assert long not in repr(login)
    assert op.rules() == ["SMTP-AUTH-02"]


@pytest.mark.parametrize(
    ("box", "change", "code", "rule"),
    [
        (OTHER_BOX, {}, "not-owned", "SASL-BOX-03"),
        ("personne@tilleuls.formation.mssante.fr", {}, "unknown-mailbox", "SASL-BOX-01"),
        ("claire.romarin@ancien-operateur.formation.mssante.fr", {}, "closed-mailbox", "SASL-BOX-02"),
        (LAB_BOX, {}, "not-for-tokens", "SASL-BOX-04"),
        (DOCTOR_BOX, {"life": -1}, "expired", "SASL-TOK-02"),
        (DOCTOR_BOX, {"revoked": True}, "revoked", "SASL-TOK-02"),
    ],
)
def test_tokens_refused(op: Operated, box: str, change: dict[str, object], code: str, rule: str) -> None:
    with op.smtp() as client:
        token = op.token(**change)
        answer = xoauth2(client, box, token)
        assert (answer[0], base64.b64decode(answer[1])) == (334, CHALLENGE)
        assert client.docmd("") == REFUSED
        assert xoauth2(client, box, token)[0] == 334
        client.docmd("")
    first, second = op.kept("login")
    assert (first.outcome, [finding.rule for finding in first.findings]) == (code, [rule])
    assert [finding.rule for finding in second.findings] == ["SASL-TOK-04", rule]
    for lang in ("fr", "en"):
        assert all("{" not in finding.message(lang) + finding.fix(lang) for finding in second.findings)


def test_tokens_of_elsewhere(op: Operated) -> None:
    other = op.hub.sessions.open("other")
    here, op.session = op.session, other
    value = op.token()
    op.session = here
    with op.smtp() as client:
        assert xoauth2(client, DOCTOR_BOX, value)[0] == 334
        client.docmd("")
        assert xoauth2(client, DOCTOR_BOX, "invented")[0] == 334
        assert client.docmd("not empty") == REFUSED
        assert client.docmd("AUTH", "XOAUTH2 " + base64.b64encode(b"user=x\1\1").decode())[0] == 334
        client.docmd("")
    op.hub.sessions.close(other.id)
    assert op.rules("login") == ["SASL-TOK-03", "SASL-TOK-01", "SASL-XOA-03", "SASL-XOA-01"]


def test_styles_of_refusal(op: Operated) -> None:
    switches = op.session.switches
    switches.arm("mssante.login", "refuse")
    with op.smtp() as client:
        token = op.token()
        assert xoauth2(client, DOCTOR_BOX, token)[0] == 334
        client.docmd("")
        assert xoauth2(client, DOCTOR_BOX, op.token())[0] == 235, "a passing refusal"
    switches.set({"mssante.login": "refuse", "mssante.refusal": "reply"})
    with op.smtp() as client:
        assert xoauth2(client, DOCTOR_BOX, op.token()) == REFUSED
    switches.set({"mssante.refusal": "close"})
    with op.smtp() as client:
        assert xoauth2(client, DOCTOR_BOX, op.token())[0] == 334
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.docmd("")
    switches.set({"mssante.login": "unavailable"})
    with op.smtp() as client:
        assert xoauth2(client, DOCTOR_BOX, op.token())[0] == 454
    switches.set({"mssante.login": "normal", "mssante.sasl_ir": False})
    with op.smtp() as client:
        assert xoauth2(client, DOCTOR_BOX, op.token())[0] == 501
        assert client.docmd("AUTH", "XOAUTH2")[0] == 334
        assert client.docmd("*")[0] == 501
        assert client.docmd("AUTH", "LOGIN")[0] == 504
    outcomes = [one.outcome for one in op.kept("login")]
    assert outcomes == [
        "refused", "ok", "refused", "refused", "unavailable", "initial-response", "cancelled", "unknown-mechanism",
    ]  # fmt: skip


def test_certificates(op: Operated) -> None:
    world = op.session.world
    structure = op.pki.credential("org-auth-cli")
    mine = world.organisations["cabinet-tilleuls"]
    assert mine.struct_id in structure.subject, "the test certificate is the practice's"
    with op.smtp() as client:
        assert plain(client, LAB_BOX) == REFUSED
    with op.smtp("org-auth-cli") as client:
        assert plain(client, LAB_BOX) == REFUSED, "another structure's mailbox"
        assert plain(client, APP_BOX, acting="someone@else.example") == REFUSED
        assert plain(client, DOCTOR_BOX) == REFUSED, "not an APP mailbox"
        assert plain(client, "personne@labo-sorbier.formation.mssante.fr") == REFUSED
        assert client.docmd("AUTH", "PLAIN " + base64.b64encode(b"no nul").decode()) == REFUSED
        assert plain(client, APP_BOX, password="")[0] == 235
    with op.smtp("org-auth-cli") as client:
        assert client.docmd("AUTH", "EXTERNAL =")[0] == 235, "its one APP mailbox"
    with op.smtp("cps-auth") as client:
        assert plain(client, LAB_BOX) == REFUSED
    rules = ["CERT-01", "CERT-02", "PLAIN-02", "BOX-05", "BOX-01", "PLAIN-01", "MECH-02", "CERT-03"]
    assert op.rules("login") == [f"SASL-{rule}" for rule in rules]
    assert {one.facts["auth"] for one in op.kept("login")} == {"plain", "external"}
