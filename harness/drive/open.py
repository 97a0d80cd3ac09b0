"""From a `Sut` and a running bench to a drive ready to be opened, and to the binding of the run's session."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx

from harness.drive import Drive, DriveError, process
from harness.drive.command import CommandDrive
from harness.drive.guided import Unattended
from harness.drive.http import HttpDrive
from harness.drive.started import Started
from harness.drive.sut import BadSut, Sut
from harness.words import words
from mocks.psc.exchange import TOKEN as EXCHANGE
from norms.oidc.discovery import DISCOVERY
from norms.texts import Lang

_P = "harness.drive"
Status = Mapping[str, Any]
ANNUAIRE_KEY = "segur-reference-annuaire"  # of the reference software, in the world
APP_BOX, CONTACT = "logiciel@tilleuls.formation.mssante.fr", "contact@tilleuls.formation.mssante.fr"


def binding(sut: Sut, status: Status) -> dict[str, list[str]]:
    """What the bench will recognise the software by (keys of a session's binding); raises BadSut."""
    bind = sut.bind
    found = {
        "cert": [_fingerprint(sut, status)] if bind.cert else [],
        "client_id": [bind.client_id] if bind.client_id else [],
        "mailbox": list(bind.mailboxes),
        "port": [str(port) for port in bind.ports],
        "instance": [bind.instance] if bind.instance else [],
    }
    return {key: values for key, values in found.items() if values}


def _fingerprint(sut: Sut, status: Status) -> str:
    """``[bind] cert``: a SHA-256, the name of a bench credential, or a PEM file."""
    given = sut.bind.cert
    if re.fullmatch(r"(?:[0-9A-Fa-f]{2}:?){32}", given):
        return given.replace(":", "").lower()
    if known := status.get("credentials", {}).get(given):
        return str(known["sha256"])
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    path = sut.folder / given
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).fingerprint(SHA256()).hex()
    except OSError:
        raise BadSut(sut.file, 0, words(_P, "sut.cert", found=given)) from None
    except ValueError:
        raise BadSut(sut.file, 0, words(_P, "sut.cert_pem", found=path)) from None


def environment(status: Status, endpoints: Mapping[str, str]) -> dict[str, str]:
    """What a started software or a command finds in its environment: ``SEGUR_INSI_TLSM``, ``SEGUR_CA``…"""
    environ = {f"SEGUR_{name.upper()}": url for name, url in endpoints.items()}
    environ["SEGUR_CA"] = str(status.get("ca", ""))
    if credentials := status.get("credentials"):
        first = Path(next(iter(credentials.values()))["cert"])
        environ["SEGUR_CREDENTIALS"] = str(first.parent.parent)
    return environ


def drive(
    sut: Sut,
    status: Status,
    endpoints: Mapping[str, str],
    *,
    professionals: Iterable[Mapping[str, Any]] = (),
    defects: Iterable[str] = (),
    lang: Lang = "fr",
) -> Drive:
    """The drive that a ``sut.toml`` asks for, not yet opened; raises DriveError for one that cannot be made here."""
    environ = environment(status, endpoints)
    kind = sut.drive.kind
    if kind == "reference":
        return reference(sut, status, endpoints, professionals, [*sut.drive.defects, *defects], lang)
    if kind == "http":
        inner: Drive = HttpDrive(sut.drive.url)
    elif kind == "command":
        inner = CommandDrive(sut.drive.argv, sut.folder, environ)
    else:
        inner = Unattended()
    if not sut.start.argv:
        return inner
    return Started(inner, sut.start.argv, sut.start.ready_url, sut.start.ready_s, sut.folder, environ)


def reference(
    sut: Sut,
    status: Status,
    endpoints: Mapping[str, str],
    professionals: Iterable[Mapping[str, Any]],
    defects: Iterable[str],
    lang: Lang,
) -> Drive:
    """The reference software, started as a process on a free port with a configuration made for this session."""
    config = settings(sut, status, endpoints, professionals, defects, lang)
    early = _early.pop() if _early else None
    port = early.port if early else _free_port()
    url = f"http://127.0.0.1:{port}"
    software = Reference(HttpDrive(url), _argv(port), f"{url}/", config=config)
    if early:
        software.take(early)
    return software


@dataclass(frozen=True)
class Early:
    """A reference software that loads itself and waits for its configuration."""

    port: int
    process: subprocess.Popen[bytes]
    output: IO[bytes]


_early: list[Early] = []


def ahead() -> None:
    """Start a reference software now, for the next `reference`: it gets ready while the bench does.

    One that nobody takes ends with this process. Raises DriveError.
    """
    port, output = _free_port(), tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
    started = process.start(_argv(port), None, {}, stdin=subprocess.PIPE, stdout=output, stderr=output)
    _early.append(Early(port, started, output))


def _argv(port: int) -> list[str]:
    return [sys.executable, "-m", "harness.drive.reference", "--port", str(port), "--config", "-", "--leash"]


def settings(
    sut: Sut,
    status: Status,
    endpoints: Mapping[str, str],
    professionals: Iterable[Mapping[str, Any]],
    defects: Iterable[str],
    lang: Lang,
) -> dict[str, Any]:
    """The configuration of the reference software on these addresses (harness/drive/reference/config.py)."""
    professionals = list(professionals)
    return {
        "insi": insi_settings(sut.auth.insi, status, endpoints),
        "psc": psc_settings(status, endpoints),
        "dmp": dmp_settings(status, endpoints),
        "mss": mss_settings(status, endpoints, professionals),
        "professionals": [_professional(row) for row in professionals],
        "defects": list(dict.fromkeys(defects)),
        "lang": lang,
    }


class Reference(Started):
    """The reference software, told its configuration on its standard input; what it keeps goes with it."""

    def __init__(self, inner: Drive, argv: list[str], ready_url: str, *, config: dict[str, Any]) -> None:
        self._kept = tempfile.TemporaryDirectory(prefix="segur-reference-", ignore_cleanup_errors=True)
        if config["dmp"]:
            config["dmp"]["queue"] = str(Path(self._kept.name) / "queue")
        super().__init__(inner, argv, ready_url, given=json.dumps(config).encode() + b"\n")
        self._http = httpx.Client(trust_env=False, timeout=30.0)

    def take(self, early: Early) -> None:
        """Go on with a software started ahead."""
        self._output.close()
        self._process, self._output = early.process, early.output

    def switch(self, defects: Iterable[str]) -> None:
        """These defects and no other, in a software just reset; raises DriveError."""
        self._defects("PUT", {"on": list(defects)})

    def reached(self) -> list[str]:
        """The defects whose place in the code was gone through since they were switched; raises DriveError."""
        return list(self._defects("GET")["reached"])

    def _defects(self, method: str, body: Any = None) -> Any:
        url = f"{self.ready_url}defects"
        try:
            answer = self._http.request(method, url, json=body)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise DriveError(words(_P, "http.unreachable", url=url, why=str(error) or type(error).__name__)) from None
        return answer.json()

    def close(self) -> None:
        super().close()
        self._http.close()
        self._kept.cleanup()


def insi_settings(mode: str, status: Status, endpoints: Mapping[str, str]) -> dict[str, str]:
    """How the reference software reaches INSi under one authentication mode; raises DriveError without certificates."""
    credentials = status.get("credentials", {})

    def files(name: str, cert: str, key: str) -> dict[str, str]:
        if name not in credentials:
            raise DriveError(words(_P, "no_credential", name=name))
        return {cert: credentials[name]["cert"], key: credentials[name]["key"]}

    settings = {"mode": mode, "ca": str(status["ca"])}
    if mode == "tlsm":
        return {**settings, "url": endpoints["insi_tlsm"], **files("insi-manu", "cert", "key")}
    settings |= {"url": endpoints["insi_ps"]}
    return settings | (files("cps-sign", "sign_cert", "sign_key") if mode == "ps" else {})


def psc_settings(status: Status, endpoints: Mapping[str, str]) -> dict[str, str]:
    """How the reference software reaches Pro Santé Connect: by its certificate, as the Espace de Confiance asks."""
    credential = status.get("credentials", {}).get("org-auth-cli", {})
    return {
        "discovery": endpoints["psc"] + DISCOVERY,
        "client_id": "segur-reference",
        "ca": str(status["ca"]),
        "cert": str(credential.get("cert", "")),
        "key": str(credential.get("key", "")),
        "api": endpoints["psc_api"],
        "api_token_url": endpoints["psc_api"] + EXCHANGE,
    }


def dmp_settings(status: Status, endpoints: Mapping[str, str]) -> dict[str, str] | None:
    """How the reference software reaches the DMP: ORG AUTH_CLI for TLS, ORG SIGN for the VIHF; None without a DMP."""
    held = status.get("credentials", {})
    if "dmp" not in endpoints or not {"org-auth-cli", "org-sign"} <= set(held):
        return None
    client, seal = held["org-auth-cli"], held["org-sign"]
    return {
        "url": endpoints["dmp"],
        "ca": str(status["ca"]),
        "cert": client["cert"],
        "key": client["key"],
        "sign_cert": seal["cert"],
        "sign_key": seal["key"],
        "name": "CABINET DES TILLEULS",
    }


def mss_settings(
    status: Status, endpoints: Mapping[str, str], professionals: Iterable[Mapping[str, Any]]
) -> dict[str, Any] | None:
    """How the reference software reaches its MSSanté operator and the Annuaire; None when the bench has none."""
    held = status.get("credentials", {})
    if not {"smtp", "imap"} <= set(endpoints) or "org-auth-cli" not in held:
        return None
    boxes = {str(row["id"]): str(row.get("mail") or "") for row in professionals}
    return {
        "smtp": endpoints["smtp"],
        "imap": endpoints["imap"],
        "autoconfig": endpoints.get("autoconfig", ""),
        "annuaire": endpoints.get("annuaire", ""),
        "annuaire_key": ANNUAIRE_KEY,
        "ca": str(status["ca"]),
        "cert": held["org-auth-cli"]["cert"],
        "key": held["org-auth-cli"]["key"],
        "mailboxes": {user: box for user, box in boxes.items() if box},
        "app": APP_BOX,
        "contact": CONTACT,
    }


def _professional(row: Mapping[str, Any]) -> dict[str, str]:
    names = ("id", "national_id", "family_name", "given_name", "specialty", "sector", "profession")
    return {name: str(row.get(name) or "") for name in names}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
