"""``segur doctor``: what would keep the bench or a software from working, each with its fix."""

from __future__ import annotations

from pathlib import Path

import typer

from harness.cli.common import FAILED, PASSED, HomeOption, fail, out, out_json, say, t
from harness.lang import lang
from mocks.addresses import BASE_PORT

app = typer.Typer(add_completion=False, help=t("doctor.help"), pretty_exceptions_enable=False)
MARKS = {"ok": ("green", "✓"), "warn": ("yellow", "!"), "bad": ("red", "✗")}


@app.command(help=t("doctor.help"))
def doctor(
    home: Path = HomeOption(),
    base_port: int = typer.Option(BASE_PORT, "--base-port", min=1024, max=60000, help=t("up.base_port")),
    public_name: str = typer.Option("", "--public-name", help=t("doctor.public_name")),
    tls: str = typer.Option("", "--tls", metavar="HOST:PORT", help=t("doctor.tls")),
    handshake: int = typer.Option(0, "--handshake", metavar="N", help=t("doctor.handshake")),
    as_json: bool = typer.Option(False, "--json", help=t("doctor.json")),
) -> None:
    """Look at the machine, at a software's TLS, or at a refused handshake of the journal."""
    from harness.doctor import examine, probe
    from harness.home import Home, alive

    place = Home.at(home)
    if handshake:
        _explain(place.db, handshake, as_json)
        return
    if tls:
        host, _, port = tls.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            fail(t("doctor.bad_tls", found=tls))
        found = list(probe(host.strip("[]"), int(port), place.pki / "ca.pem"))
    else:
        found = list(examine(place, base_port, alive(place), public_name=public_name))
    if as_json:
        out_json({"schema": 1, "checks": [d.shown(lang()) for d in found]})
    else:
        _print([(d.state.value, d.seen(lang()), d.fix(lang())) for d in found])
    raise typer.Exit(FAILED if any(d.state == "bad" for d in found) else PASSED)


def _explain(db: Path, number: int, as_json: bool) -> None:
    from mocks.journal import Journal, Kind
    from norms.texts import text

    journal = Journal.open_readonly(db)
    entry = journal.get(number)
    if entry is None or entry.kind is not Kind.HANDSHAKE:
        fail(text("harness.doctor", "handshake.none", lang(), id=number))
    if as_json:
        out_json({"schema": 1, "findings": [f.shown(lang()) for f in entry.findings]})
    else:
        _print([("bad", f.message(lang()), f.fix(lang())) for f in entry.findings])
    raise typer.Exit(FAILED)


def _print(rows: list[tuple[str, str, str]]) -> None:
    from rich.console import Console
    from rich.text import Text

    screen = Console(highlight=False)
    for state, seen, fix in rows:
        colour, mark = MARKS[state]
        screen.print(Text(f"{mark} ", style=colour) + Text(seen))
        if fix:
            screen.print(Text(f"  → {fix}"))
    if not any(fix for _, _, fix in rows):
        say(t("doctor.well"))
    out("")
