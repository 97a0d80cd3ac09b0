"""sut.toml: read whole, or refused with the line and what was meant."""

from __future__ import annotations

import hashlib
import ssl
from pathlib import Path

import pytest
import trustme

from harness.drive import DriveError
from harness.drive.command import CommandDrive
from harness.drive.http import HttpDrive
from harness.drive.open import binding, drive, environment, insi_settings
from harness.drive.started import Started
from harness.drive.sut import REFERENCE, BadSut, Sut, parse, read

GOOD = """\
schema = 1

[sut]
name = "Mon LGC"
product = "LGC"
wave = 2
profiles = ["Centres de santé"]

[drive]
kind = "http"
url = "http://127.0.0.1:8080"

[bind]
cert = "insi-manu"
ports = [19000]

[auth]
insi = "tlsm"

[timing]
settle = 1
scale = 2.5
"""
STATUS = {
    "ca": "/pki/ca.pem",
    "credentials": {
        "insi-manu": {"cert": "/pki/credentials/insi-manu/chain.pem", "key": "/k", "sha256": "ab" * 32},
        "cps-sign": {"cert": "/pki/credentials/cps-sign/chain.pem", "key": "/k2", "sha256": "cd" * 32},
    },
}
ENDPOINTS = {"insi_tlsm": "https://127.0.0.1:18442/lps", "insi_ps": "https://127.0.0.1:18441/lps"}


def test_a_whole_file() -> None:
    sut = parse(GOOD)
    assert (sut.sut.name, sut.sut.wave, sut.sut.profiles) == ("Mon LGC", 2, ("Centres de santé",))
    assert (sut.timing.settle, sut.timing.scale) == (1.0, 2.5)
    assert sut.shown()["login"] == "password"
    assert REFERENCE.shown()["auth"]["insi"] == "ps"


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("schema = 1", "schema = 2", 1, "schema must be 1"),
        ("schema = 1\n", "", 0, "schema must be 1"),
        ("[drive]", "[drvie]", 9, "Did you mean drive?"),
        ("product =", "produit =", 5, "Did you mean product?"),
        ('"LGC"\nwave', '"LCG"\nwave', 5, "LCG is not one of LGC"),
        ("wave = 2", 'wave = "2"', 6, "wave must be a whole number"),
        ("wave = 2", "wave = 3", 6, "3 is not one of 1, 2"),
        ('profiles = ["Centres de santé"]', 'profiles = "x"', 7, "must be a list of texts"),
        ('kind = "http"', 'kind = "htpp"', 10, "is not one of http"),
        ('kind = "http"\n', "", 9, "lacks kind"),
        ('url = "http://127.0.0.1:8080"', 'url = "127.0.0.1:8080"', 11, "must be an http or https address"),
        ('url = "http://127.0.0.1:8080"\n', "", 9, "must be an http or https address"),
        ('kind = "http"', 'kind = "command"', 9, "lacks argv"),
        ("ports = [19000]", 'ports = ["19000"]', 15, "must be a list of whole numbers"),
        ("settle = 1", "settle = true", 21, "must be a number, 0 or more"),
        ("settle = 1", "settle = -1", 21, "must be a number, 0 or more"),
        ('insi = "tlsm"', "insi = tlsm", 18, "not TOML"),
        ('kind = "http"', 'kind = "http"\ndefects = ["x"]', 11, "only exist in the reference software"),
        ("[timing]", '[start]\nready_url = "x"\n[timing]', 20, "lacks argv"),
    ],
)
def test_each_mistake_has_its_line(old: str, new: str, line: int, says: str) -> None:
    assert old in GOOD
    with pytest.raises(BadSut) as caught:
        parse(GOOD.replace(old, new, 1))
    assert says in caught.value.message.en
    assert caught.value.line == line, caught.value.message.en
    assert caught.value.message.fr


def test_a_table_must_be_one() -> None:
    with pytest.raises(BadSut, match=r"\[sut\] must be a table") as caught:
        parse("schema = 1\nsut = 3\n")
    assert caught.value.line == 2


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(BadSut, match="cannot be read"):
        read(tmp_path / "sut.toml")
    (tmp_path / "sut.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadSut, match="UTF-8"):
        read(tmp_path / "sut.toml")


def test_bound_by_the_name_of_a_bench_certificate_a_fingerprint_or_a_file(tmp_path: Path) -> None:
    assert binding(parse(GOOD), STATUS) == {"cert": ["ab" * 32], "port": ["19000"]}
    colons = ":".join(["AB"] * 32)
    assert binding(parse(GOOD.replace("insi-manu", colons)), STATUS)["cert"] == ["ab" * 32]
    issued = trustme.CA().issue_cert("software.test").cert_chain_pems[0].bytes()
    (tmp_path / "mine.pem").write_bytes(issued)
    der = ssl.PEM_cert_to_DER_cert(issued.decode())
    found = binding(parse(GOOD.replace("insi-manu", "mine.pem"), folder=tmp_path), STATUS)["cert"]
    assert found == [hashlib.sha256(der).hexdigest()]
    (tmp_path / "bad.pem").write_text("nothing", encoding="utf-8")
    for name, says in (("bad.pem", "not a PEM"), ("none.pem", "neither a file")):
        with pytest.raises(BadSut, match=says):
            binding(parse(GOOD.replace("insi-manu", name), folder=tmp_path), STATUS)


def test_each_kind_of_drive() -> None:
    assert isinstance(drive(parse(GOOD), STATUS, ENDPOINTS), HttpDrive)
    command = GOOD.replace('kind = "http"\nurl = "http://127.0.0.1:8080"', 'kind = "command"\nargv = ["sh", "x.sh"]')
    made = drive(parse(command, folder=Path("/here")), STATUS, ENDPOINTS)
    assert isinstance(made, CommandDrive)
    assert (made.argv, made.folder) == (["sh", "x.sh"], Path("/here"))
    assert made.environ["SEGUR_INSI_TLSM"] == ENDPOINTS["insi_tlsm"]
    assert made.environ["SEGUR_CREDENTIALS"] == str(Path("/pki/credentials"))
    started = drive(parse(GOOD + '[start]\nargv = ["run"]\nready_url = "http://x"\n'), STATUS, ENDPOINTS)
    assert isinstance(started, Started)
    started.close()


def test_the_environment_of_a_software() -> None:
    environ = environment(STATUS, ENDPOINTS)
    assert environ["SEGUR_CA"] == "/pki/ca.pem"
    assert environ["SEGUR_INSI_PS"] == ENDPOINTS["insi_ps"]


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [
        ("tlsm", {"url": ENDPOINTS["insi_tlsm"], "cert": "/pki/credentials/insi-manu/chain.pem", "key": "/k"}),
        ("ps", {"url": ENDPOINTS["insi_ps"], "sign_cert": "/pki/credentials/cps-sign/chain.pem", "sign_key": "/k2"}),
        ("psc", {"url": ENDPOINTS["insi_ps"]}),
    ],
)
def test_how_the_reference_software_authenticates(mode: str, wanted: dict[str, str]) -> None:
    assert insi_settings(mode, STATUS, ENDPOINTS) == {"mode": mode, "ca": "/pki/ca.pem", **wanted}


def test_a_bench_without_the_certificate_is_said() -> None:
    with pytest.raises(DriveError, match="no test certificate called insi-manu"):
        insi_settings("tlsm", {"ca": "x", "credentials": {}}, ENDPOINTS)


def test_the_reference_is_described_like_any_other() -> None:
    assert isinstance(parse('schema = 1\n[drive]\nkind = "reference"\ndefects = ["x"]\n'), Sut)
