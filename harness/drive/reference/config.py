"""The configuration file of the reference software (JSON): read once at start, refused with the place of the fault."""

from __future__ import annotations

import json
import re
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from norms.texts import Lang, text

NAME, VERSION = "segur-reference", "1.0"
DEFAULT_IDAM = "0123456789"
HIGH_TRUST = ("passport", "cni", "titre_sejour", "livret_famille", "france_identite")
MODES = ("tlsm", "ps", "psc")


class ConfigError(ValueError):
    """The file cannot be used: ``place`` says where in it, ``key`` which text of ``[config]`` says what is wrong."""

    def __init__(self, place: str, key: str, **args: object) -> None:
        super().__init__(f"{place}: {key} {args or ''}".rstrip())
        self.place, self.key, self.args_shown = place, key, args

    def shown(self, lang: Lang) -> str:
        """One sentence for the person who wrote the file."""
        what = text(__package__, f"config.{self.key}", lang, **self.args_shown)
        return text(__package__, "screen.labelled", lang, label=self.place, value=what)


@dataclass(frozen=True, slots=True)
class Insi:
    """How to reach INSi. Paths are PEM files: ``cert`` and ``key`` for TLS, ``sign_*`` for the PS assertion."""

    url: str
    mode: str = "tlsm"  # tlsm: certificate of the organisation; ps: professional's card; psc: Pro Santé Connect
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    sign_cert: Path | None = None
    sign_key: Path | None = None
    idam: str = DEFAULT_IDAM
    instance: str = ""
    timeout_s: float = 10.0
    psc_token: str = ""
    proxy: str = ""  # http://host:port, to keep the real addresses of the teleservice


@dataclass(frozen=True, slots=True)
class Psc:
    """How to reach Pro Santé Connect: ``cert`` and ``key`` (PEM) authenticate the software, or ``secret`` does.

    ``api``: address of an API Pro Santé Connectée, ``api_token_url`` of its token endpoint; empty when there is none.
    """

    discovery: str
    client_id: str
    secret: str = ""
    redirect_uri: str = "https://reference.segur.test/psc/retour"  # its browser is its own: need not exist
    logout_uri: str = "https://reference.segur.test/psc/sortie"
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    api: str = ""
    api_token_url: str = ""
    timeout_s: float = 10.0

    def fingerprint(self) -> str:
        """SHA-256 of the certificate, hexadecimal; empty without one."""
        if self.cert is None:
            return ""
        from cryptography import x509
        from cryptography.hazmat.primitives.hashes import SHA256

        return x509.load_pem_x509_certificates(self.cert.read_bytes())[0].fingerprint(SHA256()).hex()


@dataclass(frozen=True, slots=True)
class Dmp:
    """How to reach the DMP: ``cert`` and ``key`` for TLS (ORG AUTH_CLI), ``sign_*`` seal the VIHF (ORG SIGN).

    ``queue``: file that keeps what waits to be sent; ``name`` of the structure.
    """

    url: str
    cert: Path
    key: Path
    sign_cert: Path
    sign_key: Path
    ca: Path | None = None
    name: str = ""
    queue: Path | None = None
    timeout_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Mss:
    """How to reach an MSSanté operator and the Annuaire Santé. ``smtp`` and ``imap`` are host:port.

    ``autoconfig``: base address of the autoconfiguration document; empty, the servers given here are used. ``cert``
    and ``key`` (PEM): the structure's ORG AUTH_CLI, for applicative mailboxes. ``mailboxes``: user → address, ``app``
    the applicative one, ``contact`` where people answer to what it sends. ``nil``: reference of the product.
    """

    smtp: str
    imap: str
    ca: Path
    autoconfig: str = ""
    cert: Path | None = None
    key: Path | None = None
    mailboxes: Mapping[str, str] = field(default_factory=dict)
    app: str = ""
    contact: str = ""
    nil: str = "REF000001"
    annuaire: str = ""
    annuaire_key: str = ""
    timeout_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Professional:
    """A user of the software."""

    id: str
    national_id: str
    family_name: str = ""
    given_name: str = ""
    specialty: str = ""  # only physicians have one; sent as codeSpecialite
    sector: str = ""  # SAxx
    billing_id: str = ""  # identifiantFacturation, when the professional bills
    profession: str = ""  # TRE_G15

    @property
    def shown(self) -> str:
        """The user's name on screen."""
        return f"{self.given_name} {self.family_name}".strip() or self.national_id


@dataclass(frozen=True, slots=True)
class Structure:
    """The organisation that runs the software: one identification domain."""

    name: str = "Cabinet de démonstration"
    finess: str = "990000119"
    domain: str = "CABINET"


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the software is told at start."""

    insi: Insi | None
    professionals: tuple[Professional, ...]
    psc: Psc | None = None
    dmp: Dmp | None = None
    mss: Mss | None = None
    structure: Structure = Structure()
    defects: tuple[str, ...] = ()
    lang: Lang = "fr"
    high_trust: tuple[str, ...] = HIGH_TRUST


def load(path: Path) -> Config:
    """Read a configuration file, ``-`` being one line of standard input; raises ConfigError."""
    try:
        given = sys.stdin.buffer.readline() if str(path) == "-" else path.read_bytes()
        raw = json.loads(given)
    except OSError as error:
        raise ConfigError(str(path), "unreadable", reason=error.strerror) from None
    except ValueError as error:
        raise ConfigError(str(path), "not_json", reason=error) from None
    return read(raw, path.parent)


def read(raw: Any, folder: Path = Path()) -> Config:
    """The configuration that a JSON value holds; relative paths start at ``folder``. Raises ConfigError."""
    top = _table(raw, "configuration")
    lang = top.get("lang", "fr")
    if lang not in ("fr", "en"):
        raise ConfigError("lang", "one_of", choices="fr, en", found=lang)
    people = top.get("professionals", [])
    if not isinstance(people, list):
        raise ConfigError("professionals", "list")
    insi, psc, dmp, mss = top.get("insi"), top.get("psc"), top.get("dmp"), top.get("mss")
    return Config(
        mss=None if mss is None else _mss(_table(mss, "mss"), folder),
        dmp=None if dmp is None else _dmp(_table(dmp, "dmp"), folder),
        psc=None if psc is None else _psc(_table(psc, "psc"), folder),
        insi=None if insi is None else _insi(_table(insi, "insi"), folder),
        professionals=tuple(_person(row, f"professionals[{n}]") for n, row in enumerate(people))
        or (Professional("default", "899700000001", "DEMO", "Camille"),),
        structure=_structure(_table(top.get("structure", {}), "structure")),
        defects=tuple(str(name) for name in top.get("defects", [])),
        lang=lang,
        **({"high_trust": tuple(top["high_trust"])} if "high_trust" in top else {}),
    )


def _insi(raw: Mapping[str, Any], folder: Path) -> Insi:
    mode, url = raw.get("mode", "tlsm"), raw.get("url", "")
    if mode not in MODES:
        raise ConfigError("insi.mode", "one_of", choices=", ".join(MODES), found=mode)
    if not str(url).startswith(("http://", "https://")):
        raise ConfigError("insi.url", "url", found=url)
    needed = {"tlsm": ("cert", "key"), "ps": ("sign_cert", "sign_key"), "psc": ()}[mode]
    files = {name: _file(raw, f"insi.{name}", folder) for name in ("ca", "cert", "key", "sign_cert", "sign_key")}
    for name in needed:
        if files[name] is None:
            raise ConfigError(f"insi.{name}", "needed", mode=mode)
    try:
        timeout = float(raw.get("timeout_s", 10))
        instance = str(uuid.UUID(raw["instance"])) if raw.get("instance") else ""
    except (TypeError, ValueError) as error:
        raise ConfigError("insi", "value", reason=error) from None
    # The instance stays the same for one installation: when not given, derived from what tells installations apart.
    installation = f"{url} {raw.get('cert', '')} {raw.get('sign_cert', '')}"
    instance = instance or str(uuid.uuid5(uuid.NAMESPACE_URL, installation))
    return Insi(
        url=url,
        mode=mode,
        idam=str(raw.get("idam") or DEFAULT_IDAM),
        instance=instance,
        timeout_s=timeout,
        psc_token=str(raw.get("psc_token", "")),
        proxy=str(raw.get("proxy", "")),
        **files,
    )


def _psc(raw: Mapping[str, Any], folder: Path) -> Psc:
    for name in ("discovery", "client_id"):
        if not raw.get(name):
            raise ConfigError(f"psc.{name}", "missing")
    told: dict[str, Any] = {name: str(raw[name]) for name in Psc.__slots__ if raw.get(name)}
    told |= {name: _file(raw, f"psc.{name}", folder) for name in ("ca", "cert", "key")}
    try:
        return Psc(**told | {"timeout_s": float(raw.get("timeout_s", 10))})
    except (TypeError, ValueError) as error:
        raise ConfigError("psc.timeout_s", "value", reason=error) from None


def _dmp(raw: Mapping[str, Any], folder: Path) -> Dmp:
    url = str(raw.get("url", ""))
    if not url.startswith("https://"):
        raise ConfigError("dmp.url", "url", found=url)
    files: dict[str, Any] = {}
    for name in ("cert", "key", "sign_cert", "sign_key"):
        files[name] = _file(raw, f"dmp.{name}", folder)
        if files[name] is None:
            raise ConfigError(f"dmp.{name}", "missing")
    queue = folder / str(raw["queue"]) if raw.get("queue") else None
    return Dmp(url, ca=_file(raw, "dmp.ca", folder), name=str(raw.get("name", "")), queue=queue, **files)


def _mss(raw: Mapping[str, Any], folder: Path) -> Mss:
    told: dict[str, Any] = {name: str(raw[name]) for name in Mss.__slots__ if raw.get(name)}
    for name in ("smtp", "imap"):
        if not re.search(r":\d+$", told.get(name, "")):
            raise ConfigError(f"mss.{name}", "url", found=told.get(name, ""))
    told |= {name: _file(raw, f"mss.{name}", folder) for name in ("ca", "cert", "key")}
    if told["ca"] is None:
        raise ConfigError("mss.ca", "missing")
    boxes = _table(raw.get("mailboxes", {}), "mss.mailboxes")
    try:
        timeout = float(raw.get("timeout_s", 10))
    except (TypeError, ValueError) as error:
        raise ConfigError("mss.timeout_s", "value", reason=error) from None
    return Mss(**told | {"mailboxes": {user: str(box).lower() for user, box in boxes.items()}, "timeout_s": timeout})


def _file(raw: Mapping[str, Any], place: str, folder: Path) -> Path | None:
    name = place.rpartition(".")[2]
    if not raw.get(name):
        return None
    path = folder / str(raw[name])
    if not path.is_file():
        raise ConfigError(place, "no_file", path=path)
    return path


def _person(raw: Any, place: str) -> Professional:
    row = _table(raw, place)
    for name in ("id", "national_id"):
        if not row.get(name):
            raise ConfigError(f"{place}.{name}", "missing")
    return Professional(**{k: str(row[k]) for k in Professional.__slots__ if row.get(k)})


def _structure(raw: Mapping[str, Any]) -> Structure:
    finess = raw.get("finess") or raw.get("finess_geo") or raw.get("finess_ej")
    known = {"name": raw.get("name"), "finess": finess, "domain": raw.get("domain")}
    return Structure(**{k: str(v) for k, v in known.items() if v})


def _table(raw: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        raise ConfigError(place, "object")
    return raw
