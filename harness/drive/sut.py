"""``sut.toml``: the software under test, how to drive it, how the bench recognises it. Read whole, or refused by line.

::

    schema = 1
    [sut]      name, version, product (LGC, DPI, PFI, RIS, SGL, LGO, DUI, RI), wave (1 or 2), profiles
    [drive]    kind = "http" | "command" | "guided" | "reference"; url; argv; defects (reference only)
    [start]    argv, ready_url, ready_s: the bench starts the software, waits, stops it at the end
    [bind]     cert (PEM file, name of a bench credential, or SHA-256), client_id, mailboxes, ports, instance, own_ports
    [auth]     insi = "ps" | "tlsm" | "psc"; dmp = "direct" | "indirect" | "air"; psc = "code" | "ciba" | "code+ciba"
    [timing]   settle (seconds, for a software that has no settle action), scale (on every timeout)
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from harness.words import Words, words

_P = "harness.drive"
PRODUCTS = ("LGC", "DPI", "PFI", "RIS", "SGL", "LGO", "DUI", "RI")
KINDS = ("http", "command", "guided", "reference")
INSI_MODES = ("ps", "tlsm", "psc")
DMP_MODES = ("direct", "indirect", "air")
PSC_FLOWS = ("code", "ciba", "code+ciba")
LOGINS = {"ps": "card", "tlsm": "password", "psc": "psc"}  # how a user logs in under each INSi mode


class BadSut(ValueError):
    """The file cannot be used: where (line 0: the file as a whole) and why."""

    def __init__(self, file: str, line: int, reason: Words) -> None:
        place = f"{file}:{line}" if line else file
        self.message = Words(f"{place} : {reason.fr}", f"{place}: {reason.en}")
        self.file, self.line = file, line
        super().__init__(self.message.en)


@dataclass(frozen=True, slots=True)
class About:
    """``[sut]``: what the software is."""

    name: str = ""
    version: str = ""
    product: str = ""
    wave: int = 0
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Driving:
    """``[drive]``: how it is made to act."""

    kind: str = "reference"
    url: str = ""
    argv: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """``[start]``: how to start it, empty when the user does."""

    argv: tuple[str, ...] = ()
    ready_url: str = ""
    ready_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Bind:
    """``[bind]``: what tells its traffic from that of others; empty, everything unbound on the bench is its own."""

    cert: str = ""
    client_id: str = ""
    mailboxes: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    instance: str = ""
    own_ports: bool = False


@dataclass(frozen=True, slots=True)
class Auth:
    """``[auth]``: how it authenticates to the services."""

    insi: str = "tlsm"
    dmp: str = "direct"
    psc: str = "code"


@dataclass(frozen=True, slots=True)
class Timing:
    """``[timing]``: seconds given to a software that has no settle action; factor on every timeout."""

    settle: float = 2.0
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Sut:
    """A software under test as its ``sut.toml`` describes it; ``folder`` is where relative paths start."""

    sut: About = field(default_factory=About)
    drive: Driving = field(default_factory=Driving)
    start: Start = field(default_factory=Start)
    bind: Bind = field(default_factory=Bind)
    auth: Auth = field(default_factory=Auth)
    timing: Timing = field(default_factory=Timing)
    folder: Path = Path()
    file: str = ""

    def shown(self) -> dict[str, Any]:
        """What scenarios see as ``${sut…}``."""
        return {
            "name": self.sut.name,
            "version": self.sut.version,
            "product": self.sut.product,
            "wave": self.sut.wave,
            "profiles": list(self.sut.profiles),
            "auth": {"insi": self.auth.insi, "dmp": self.auth.dmp, "psc": self.auth.psc},
            "login": LOGINS[self.auth.insi],
            "flow": self.auth.psc.partition("+")[0],
        }


# The built-in software is every product in turn: no scenario leaves it out unless --product says what it is.
REFERENCE = Sut(sut=About("Logiciel de référence", wave=2), auth=Auth(insi="ps", psc="code+ciba"))
_TABLES: Mapping[str, type] = {
    "sut": About,
    "drive": Driving,
    "start": Start,
    "bind": Bind,
    "auth": Auth,
    "timing": Timing,
}
_CHOICES: Mapping[tuple[str, str], tuple[Any, ...]] = {
    ("sut", "product"): PRODUCTS,
    ("sut", "wave"): (1, 2),
    ("drive", "kind"): KINDS,
    ("auth", "insi"): INSI_MODES,
    ("auth", "dmp"): DMP_MODES,
    ("auth", "psc"): PSC_FLOWS,
}


def read(path: Path) -> Sut:
    """The software that a ``sut.toml`` describes; raises BadSut."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadSut(str(path), 0, words(_P, "sut.unreadable", why=error.strerror or error)) from None
    except UnicodeDecodeError:
        raise BadSut(str(path), 0, words(_P, "sut.encoding")) from None
    return parse(text, str(path), path.parent)


def parse(text: str, file: str = "sut.toml", folder: Path = Path()) -> Sut:
    """The software that this text describes; raises BadSut."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise BadSut(file, int(line[1]) if line else 0, words(_P, "sut.syntax", why=error)) from None
    return _Reader(text, file, folder).all(raw)


@dataclass
class _Reader:
    text: str
    file: str
    folder: Path

    def all(self, raw: dict[str, Any]) -> Sut:
        if raw.get("schema") != 1:
            raise self._bad("", "schema", "sut.schema", found=raw.get("schema", "—"))
        for name in raw:
            if name != "schema" and name not in _TABLES:
                raise self._bad(name, "", "sut.table", name=name, hint=_near(name, _TABLES))
        tables = {name: self._table(name, raw.get(name, {})) for name in _TABLES}
        sut = Sut(**tables, folder=self.folder, file=self.file)
        self._whole(sut, raw)
        return sut

    def _table(self, table: str, raw: Any) -> Any:
        if not isinstance(raw, dict):
            raise self._bad("", table, "sut.not_table", name=table)
        kind = _TABLES[table]
        known = {each.name: each for each in fields(kind)}
        values = {}
        for name, value in raw.items():
            if name not in known:
                raise self._bad(table, name, "sut.key", table=table, name=name, hint=_near(name, known))
            values[name] = self._value(table, name, value, getattr(kind(), name))
        return kind(**values)

    def _value(self, table: str, name: str, value: Any, default: Any) -> Any:
        if isinstance(default, tuple):
            kind = int if name == "ports" else str
            if not isinstance(value, list) or not all(type(each) is kind for each in value):
                raise self._bad(table, name, f"sut.list_of_{kind.__name__}", table=table, name=name)
            return tuple(value)
        if isinstance(default, float) and type(value) in (int, float) and value >= 0:
            return float(value)
        if type(value) is not type(default):
            raise self._bad(table, name, f"sut.is_{type(default).__name__}", table=table, name=name)
        choices = _CHOICES.get((table, name))
        if choices and value not in choices:
            listed = ", ".join(map(str, choices))
            raise self._bad(table, name, "sut.choice", table=table, name=name, found=value, choices=listed)
        return value

    def _whole(self, sut: Sut, raw: Mapping[str, Any]) -> None:
        """What one table asks of another."""
        if "kind" not in raw.get("drive", {}):
            raise self._bad("drive", "", "sut.lacks", table="drive", name="kind")
        if sut.drive.kind == "http" and not re.match(r"https?://[^/\s]", sut.drive.url):
            raise self._bad("drive", "url", "sut.url", found=sut.drive.url or "—")
        if sut.drive.kind == "command" and not sut.drive.argv:
            raise self._bad("drive", "argv", "sut.lacks", table="drive", name="argv")
        if sut.drive.defects and sut.drive.kind != "reference":
            raise self._bad("drive", "defects", "sut.defects")
        if "start" in raw and not sut.start.argv:
            raise self._bad("start", "argv", "sut.lacks", table="start", name="argv")

    def _bad(self, table: str, name: str, key: str, /, **args: object) -> BadSut:
        return BadSut(self.file, _line(self.text, table, name), words(_P, key, **args))


def _line(text: str, table: str, name: str) -> int:
    """The line of a key of a table, of the table when the key is not there, 0 when neither is."""
    here, found = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\s*([\w.-]+)\s*\]", line):
            here = header[1]
            if here == table and not name:
                return number
            found = number if here == table else found
        elif here == table and name and re.match(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=", line):
            return number
    return found


def _near(name: str, known: Any) -> Words:
    close = get_close_matches(name, list(known), n=1, cutoff=0.55)
    return words(_P, "sut.near", name=close[0]) if close else words(_P, "sut.known", names=", ".join(known))
