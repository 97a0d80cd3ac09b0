"""The pure part: tokens against another library, fingerprints, identities, requests."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws as other
from joserfc.jwk import OctKey, RSAKey

from norms.oidc import binding, discovery, jws, requests
from norms.oidc.person import ACTIVITY_KEYS, Person, Practice, sub, userinfo

JSON = st.dictionaries(st.text(max_size=8), st.one_of(st.text(), st.integers(), st.booleans(), st.none()), max_size=4)


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


def test_a_token_reads_the_same_elsewhere(key: RSAPrivateKey) -> None:
    token = jws.write({"sub": "é", "n": 1}, key, "k1")
    read = other.deserialize_compact(token, RSAKey.import_key(jws.jwk(key.public_key(), "k1")))  # type: ignore[arg-type]
    assert read.headers() == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    assert jws.verify(token, {"k1": key.public_key()}) == {"sub": "é", "n": 1}
    foreign = other.serialize_compact({"alg": "RS256", "kid": "k1"}, b'{"a":1}', RSAKey.import_key(key))
    assert jws.verify(foreign, {"k1": key.public_key()}) == {"a": 1}
    shared = jws.write_hmac({"a": 1}, b"s" * 64, "k", "HS512")
    assert other.deserialize_compact(shared, OctKey.import_key(b"s" * 64), ["HS512"]).payload == b'{"a":1}'


@given(JSON)
def test_a_token_gives_its_claims_back(claims: dict[str, object]) -> None:
    assert jws.read(jws.write_unsigned(claims)).claims == claims


@given(st.one_of(st.text(), st.binary().map(lambda b: base64.urlsafe_b64encode(b).decode()), st.just("a.b.c")))
def test_what_is_no_token_is_said_so(words: str) -> None:
    for attempt in (words, f"{words}.{words}.{words}", f"e30.e30.{words}"):
        try:
            jws.read(attempt)
        except jws.BadToken:
            continue


def test_verify_refuses(key: RSAPrivateKey) -> None:
    keys = {"k1": key.public_key()}
    good = jws.write({"a": 1}, key, "k1")
    head, body, signature = good.split(".")
    for bad, why in (
        (jws.write_unsigned({"a": 1}), "alg"),
        (jws.write_hmac({"a": 1}, b"x" * 32, "k1", "HS256"), "alg"),
        (jws.write({"a": 1}, key, "k2"), "kid"),
        (jws.write({"a": 1}, key), "kid"),
        (f"{head}.{jws.b64u(b'{}')}.{signature}", "signature"),
        (f"{head}.{body}.{signature[:-4]}AAAA", "signature"),
        (f"{head}.{body}.", "signature"),
        (f"{head}.{body}", "parts"),
    ):
        with pytest.raises(jws.BadToken, match=why):
            jws.verify(bad, keys)


@given(st.binary(min_size=32, max_size=32))
def test_a_fingerprint_has_two_forms(digest: bytes) -> None:
    assert len(binding.ans(digest.hex())) == 88
    assert len(binding.rfc(digest.hex())) == 43
    assert binding.form_of(binding.ans(digest.hex()), digest.hex().upper().lower()) == "ans"
    assert binding.form_of(binding.rfc(digest.hex()) + "=", digest.hex()) == "rfc"
    assert binding.form_of(binding.rfc(digest.hex()), hashlib.sha256(digest).hexdigest()) == ""
    assert base64.b64decode(binding.ans(digest.hex())).decode() == digest.hex()


def test_half_hash_is_the_one_of_the_norm() -> None:
    # OpenID Connect Core 1.0, appendix A.3: this access token has this at_hash.
    assert jws.half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") == "77QmUPtjPfzWtF2AnpK9RQ"


def test_userinfo_of_a_person() -> None:
    rows = ({"raisonSocialeSite": "CABINET", "identifiantTechniqueDeLaStructure": "R1"},)
    person = Person(
        "8997", "ANNE", "MARTIN", sector="SA07", practices=(Practice("10", activities=rows), Practice("60"))
    )
    told = userinfo(person, "MOBILE")
    assert told["sub"] == sub("8997") == "f:550dc1c8-d97b-4b1e-ac8c-8eb4471cf9dd:8997"
    assert told["SubjectRole"] == ["10^1.2.250.1.213.1.1.5.5", "60^1.2.250.1.213.1.1.5.5"]
    assert told["Secteur_Activite"] == "SA07^1.2.250.1.71.4.2.4"
    assert (told["SubjectOrganization"], told["SubjectOrganizationID"]) == ("CABINET", "R1")
    assert [row["nomDexercice"] for row in told["SubjectRefPro"]["exercices"]] == ["MARTIN", "MARTIN"]
    assert tuple(told["SubjectRefPro"]["exercices"][0]["activities"][0]) == ACTIVITY_KEYS
    assert "SubjectRole" not in userinfo(Person("ANS1", "A", "B", "EDIT"))


def test_pkce_of_the_norm() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636, appendix B
    assert requests.verifier_matches(verifier, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    assert requests.verifier_matches(verifier, verifier, "plain")
    assert not requests.verifier_matches(verifier, verifier)
    assert not requests.verifier_matches("short", "short", "plain")


@given(st.dictionaries(st.sampled_from(["response_type", "scope", "state", "nonce", "acr_values", "acr"]), st.text()))
def test_any_request_is_judged(params: dict[str, str]) -> None:
    checked = requests.authorization(params)
    assert checked.error in ("", "invalid_request", "invalid_scope", "unsupported_response_type")
    assert checked.reason.isascii()
    assert bool(checked.reason) == bool(checked.error)


def test_the_endpoints_announced_are_on_two_hosts() -> None:
    document = discovery.document("https://auth.a", "https://wallet.a")
    assert document["issuer"] == "https://auth.a/auth/realms/esante-wallet"
    elsewhere = {name for name, value in document.items() if str(value).startswith("https://wallet.a")}
    assert elsewhere == {"authorization_endpoint"}
    assert all(document[name] == url for name, url in document["mtls_endpoint_aliases"].items())
