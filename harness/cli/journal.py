"""``segur journal``: list, show, export and replay what the bench kept; works whether or not a bench runs."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer

from harness.cli.common import BENCH_ERROR, FAILED, HomeOption, fail, out, out_json, say, t
from harness.lang import lang

if TYPE_CHECKING:
    from mocks.journal import Exchange, Reader

app = typer.Typer(add_completion=False, help=t("journal.help"), no_args_is_help=True, pretty_exceptions_enable=False)

PAGE = 200
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdj])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "j": 86400}  # j: jours
Side = Literal["request", "response"]


@dataclass(frozen=True)
class Wanted:
    """Which entries a command is about."""

    session: str = ""
    service: str = ""
    kind: str = ""
    since: float = 0.0
    findings: bool = False

    def newest(self, reader: Reader, limit: int) -> list[Exchange]:
        """The newest that match, in order, without bodies."""
        from mocks.journal import END

        found: list[Exchange] = []
        before = END
        while len(found) < limit:
            page = reader.list(*self._columns, before=before, limit=PAGE, bodies=False)
            found = [x for x in page if self._matches(x)] + found
            if not page or page[-1].started < self.since:
                break
            before = page[0].id
        return found[-limit:]

    def after(self, reader: Reader, last: int, *, bodies: bool) -> Iterator[Exchange]:
        """All that match after an id, oldest first, read page by page."""
        while page := reader.list(*self._columns, after=last, limit=PAGE // 4 if bodies else PAGE, bodies=bodies):
            yield from (x for x in page if self._matches(x))
            last = page[-1].id

    @property
    def _columns(self) -> tuple[str, str, str]:
        return self.session, self.service, self.kind

    def _matches(self, exchange: Exchange) -> bool:
        return exchange.started >= self.since and bool(exchange.findings or not self.findings)


SessionOption = typer.Option("", "--session", metavar="ID", help=t("journal.session"))
ServiceOption = typer.Option("", "--service", metavar="insi|…", help=t("journal.service"))
KindOption = typer.Option("", "--kind", metavar="exchange|handshake|event", help=t("journal.kind"))
SinceOption = typer.Option("", "--since", metavar="10m|09:30|2026-01-31", help=t("journal.since"))
FindingsOption = typer.Option(False, "--findings", help=t("journal.findings"))


@app.command("list", help=t("journal.list"))
def list_(
    home: Path = HomeOption(),
    session: str = SessionOption,
    service: str = ServiceOption,
    kind: str = KindOption,
    since: str = SinceOption,
    findings: bool = FindingsOption,
    limit: int = typer.Option(50, "--limit", "-n", min=1, max=1_000_000, help=t("journal.limit")),
    follow: bool = typer.Option(False, "--follow", "-f", help=t("journal.follow")),
    as_json: bool = typer.Option(False, "--json", help=t("journal.json")),
) -> None:
    """Show the newest entries, and the next ones as they come."""
    from harness.cli.journal_view import Table
    from mocks.journal.shown import exchange_json

    wanted = _wanted(session, service, kind, since, findings)
    with _reader(home) as reader:
        found = wanted.newest(reader, limit)
        table = Table(explain=findings)
        if as_json and not follow:
            out_json({"schema": 1, "exchanges": [exchange_json(x, lang(), bodies=False) for x in found]})
            return
        if not found and not follow:
            say(t("journal.nothing"))
            return

        def show(exchange: Exchange) -> None:
            if as_json:
                out(json.dumps(exchange_json(exchange, lang(), bodies=False)))
            else:
                table.row(exchange)

        for exchange in found:
            show(exchange)
        last = found[-1].id if found else 0
        try:
            while follow:
                for exchange in wanted.after(reader, last, bodies=False):
                    show(exchange)
                    last = exchange.id
                time.sleep(0.25)
        except KeyboardInterrupt:
            return


@app.command(help=t("journal.show"))
def show(
    number: int = typer.Argument(metavar="N", help=t("journal.number")),
    home: Path = HomeOption(),
    raw: str = typer.Option("", "--raw", metavar="request|response", help=t("journal.raw")),
    as_json: bool = typer.Option(False, "--json", help=t("journal.json")),
    secrets: bool = typer.Option(False, "--secrets", help=t("journal.secrets")),
) -> None:
    """One entry: what was read, findings, layers; secrets masked unless asked for."""
    from mocks.journal.redact import redact

    with _reader(home) as reader:
        exchange = _entry(reader, number)
    kept, exchange = exchange, exchange if secrets else redact(exchange)
    if raw:
        if raw not in ("request", "response"):
            fail(t("journal.bad_raw", found=raw))
        body = exchange.request_body if raw == "request" else exchange.response_body
        if body not in (kept.request_body, kept.response_body):
            say(t("journal.masked"))
        _write_bytes(body)
    elif as_json:
        from mocks.journal.shown import exchange_json

        out_json({"schema": 1, **exchange_json(exchange, lang(), bodies=True)})
    else:
        from harness.cli.journal_view import print_exchange

        print_exchange(exchange)


@app.command(help=t("journal.export"))
def export(
    file: Path = typer.Argument(metavar="F.jsonl|F.zip|F.har", help=t("journal.file")),
    home: Path = HomeOption(),
    session: str = SessionOption,
    service: str = ServiceOption,
    kind: str = KindOption,
    since: str = SinceOption,
    findings: bool = FindingsOption,
    unsafe_secrets: bool = typer.Option(False, "--unsafe-secrets", help=t("journal.unsafe")),
) -> None:
    """Write entries to a file, secrets masked."""
    from harness import version
    from mocks.journal.export import WRITERS
    from mocks.journal.redact import redact

    wanted = _wanted(session, service, kind, since, findings)
    suffix = file.suffix.lower()
    if suffix not in WRITERS:
        fail(t("journal.bad_file", file=file, known=", ".join(WRITERS)))
    more: dict[str, dict[str, Any]] = {".zip": {"redacted": not unsafe_secrets}, ".har": {"version": version()}}
    draft = file.with_name(f".{file.name}.part")
    with _reader(home) as reader:
        exchanges = wanted.after(reader, 0, bodies=True)
        try:
            count = WRITERS[suffix](
                exchanges if unsafe_secrets else map(redact, exchanges), draft, lang(), **more.get(suffix, {})
            )
            draft.replace(file)
        except OSError as error:
            fail(t("journal.unwritable", file=file, error=error.strerror or error))
        finally:
            draft.unlink(missing_ok=True)
    say(t("journal.exported_unsafe" if unsafe_secrets else "journal.exported", count=count, file=file))


@app.command(help=t("journal.purge"))
def purge(
    home: Path = HomeOption(),
    session: str = SessionOption,
    keep_mb: float = typer.Option(0.0, "--keep-mb", min=0.0, metavar="MB", help=t("journal.keep_mb")),
) -> None:
    """Remove the oldest entries; by the bench when one runs on this home, else from its file."""
    from harness.client import BenchClient, BenchError
    from harness.home import Home, alive
    from mocks.journal import Journal, JournalError

    place, keep = Home.at(home), int(keep_mb * 1_000_000)
    if not place.db.is_file():
        fail(t("journal.nothing"))
    try:
        if running := alive(place):
            client = BenchClient(running["console"], lang=lang(), timeout=600.0)
            removed = client.purge(session, keep)
            client.close()
        else:
            journal = Journal(place.db)
            removed = journal.purge(session or None, keep)
            journal.close()
    except BenchError as error:
        fail(str(error), BENCH_ERROR)
    except JournalError as error:
        fail(error.message(lang()), BENCH_ERROR)
    say(t("journal.purged", count=removed))


@app.command(help=t("journal.replay"))
def replay(
    number: int = typer.Argument(metavar="N", help=t("journal.number")),
    home: Path = HomeOption(),
    to: str = typer.Option("", "--to", metavar="URL", help=t("journal.to")),
    cert: Path | None = typer.Option(
        None, "--cert", metavar="PEM", help=t("journal.cert"), exists=True, dir_okay=False
    ),
    key: Path | None = typer.Option(None, "--key", metavar="PEM", help=t("journal.key"), exists=True, dir_okay=False),
    ca: Path | None = typer.Option(None, "--ca", metavar="PEM", help=t("journal.ca"), exists=True, dir_okay=False),
    timeout: float = typer.Option(30.0, "--timeout", min=0.1, help=t("journal.timeout")),
    as_json: bool = typer.Option(False, "--json", help=t("journal.json")),
) -> None:
    """Send a kept request again and compare what comes back."""
    from harness.home import Home
    from harness.replay import CannotReplay, plan, send

    place = Home.at(home)
    with _reader(home) as reader:
        exchange = _entry(reader, number)
        try:
            result = send(plan(exchange, place, to=to, cert=cert, key=key, ca=ca), reader, timeout=timeout)
        except CannotReplay as error:
            fail(t(f"journal.replay_{error.reason}", number=number, detail=error.detail))
    if as_json:
        out_json({"schema": 1, **result.shown()})
    else:
        from harness.cli.journal_view import print_replay

        print_replay(result)
    if not result.same:
        raise typer.Exit(FAILED)


@contextmanager
def _reader(home: Path | None) -> Iterator[Reader]:
    from harness.home import Home
    from mocks.journal import Journal, JournalError

    try:
        reader = Journal.open_readonly(Home.at(home).db)
        try:
            yield reader
        finally:
            reader.close()
    except JournalError as error:
        fail(error.message(lang()), BENCH_ERROR if error.reason in ("corrupt", "locked") else 2)


def _entry(reader: Reader, number: int) -> Exchange:
    exchange = reader.get(number)
    if exchange is None:
        fail(t("journal.no_entry", number=number))
    return exchange


def _wanted(session: str, service: str, kind: str, since: str, findings: bool) -> Wanted:
    from mocks.journal import Kind

    if kind and kind not in list(Kind):
        fail(t("journal.bad_kind", found=kind, known=", ".join(Kind)))
    moment = since_when(since, datetime.now().astimezone())
    if moment is None:
        fail(t("journal.bad_since", found=since))
    return Wanted(session, service, kind, moment, findings)


def since_when(words: str, now: datetime) -> float | None:
    """Seconds since 1970 of ``10m``, ``2h``, ``1d`` (``1j``), ``09:30`` (today), an ISO date; None: unreadable."""
    if not words:
        return 0.0
    try:
        if span := _SPAN.fullmatch(words.strip().lower()):
            return (now - timedelta(seconds=float(span[1]) * _SECONDS[span[2]])).timestamp()
        if re.fullmatch(r"\d{1,2}:\d\d(:\d\d)?", words):
            words = f"{now.date().isoformat()}T{words.zfill(5)}"
        moment = datetime.fromisoformat(words)
        return (moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)).timestamp()
    except (ValueError, OverflowError):
        return None


def _write_bytes(data: bytes) -> Any:
    stream = typer.get_binary_stream("stdout")
    stream.write(data)
    stream.flush()
