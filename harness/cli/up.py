"""``segur up``: start every service and say where it is."""

from __future__ import annotations

import asyncio
import gc
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from harness.cli.common import HomeOption, fail, out, say, t
from harness.lang import lang
from mocks.addresses import ADDRESSES, BASE_PORT

if TYPE_CHECKING:
    from harness.preload import BadPreload

PROBLEMS = 10  # files that --mail names before it counts the others
WIDE = 110  # columns of a terminal in which the three columns stand side by side
app = typer.Typer(add_completion=False, help=t("up.help"), pretty_exceptions_enable=False)


@app.command(help=t("up.help"))
def up(
    home: Path = HomeOption(),
    base_port: int = typer.Option(BASE_PORT, "--base-port", min=1024, max=60000, help=t("up.base_port")),
    host: str = typer.Option("127.0.0.1", "--host", help=t("up.host")),
    public_name: str = typer.Option("", "--public-name", help=t("up.public_name")),
    as_json: bool = typer.Option(False, "--json", help=t("up.json")),
    seed: Path | None = typer.Option(None, "--seed", exists=True, dir_okay=False, help=t("up.seed")),
    mail: Path | None = typer.Option(None, "--mail", metavar="DIR", exists=True, file_okay=False, help=t("up.mail")),
    ephemeral: bool = typer.Option(False, "--ephemeral", help=t("up.ephemeral")),
    journal_mb: int = typer.Option(1000, "--journal-mb", min=1, help=t("up.journal_mb")),
) -> None:
    """Start the bench and serve until interrupted."""
    from harness import bench
    from harness.home import alive, home_of
    from harness.ports import PortTaken
    from harness.preload import BadPreload
    from mocks.journal import JournalError
    from mocks.world import WorldError

    with home_of(home, ephemeral=ephemeral) as place:
        if running := alive(place):
            fail(t("up.already", console=running["console"]))
        options = bench.Options(place, base_port, host, public_name, seed, journal_mb * 1_000_000, mail)
        if not as_json and not place.pki.exists():
            say(t("up.certs"))
        try:
            bench.run_loop(lambda: _serve(bench.Bench(options), as_json))
        except PortTaken as taken:
            fail(t("up.port", port=taken.port, name=taken.name, other=base_port + 1000))
        except OSError as error:
            fail(t("up.cannot_listen", error=error.strerror or error))
        except BadPreload as error:
            fail("\n".join(_unfiled(error)))
        except WorldError as error:
            fail(t("up.bad_seed", error=error))
        except JournalError as error:
            fail(error.message(lang()))
        except KeyboardInterrupt:
            pass


async def _serve(bench: Any, as_json: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows: Ctrl-C raises KeyboardInterrupt instead
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    await bench.start()
    gc.freeze()  # code and world stay: no request waits while they are searched for garbage
    if warning := bench.journal.warning(lang()):
        say(warning)
    if bench.options.mail:
        filed, there = bench.filed
        say(t("up.mail_filed", filed=filed, there=there))
    status = bench.status()
    if as_json:
        out(json.dumps(status))
    else:
        _table(status)
    await stop.wait()
    await bench.stop()
    if not as_json:
        say(t("up.stopped"))


def _unfiled(error: BadPreload) -> Iterator[str]:
    """A line per file that cannot be filed, as long as somebody reads them."""
    for problem in error.problems[:PROBLEMS]:
        yield f"{problem.path}: {t(f'up.mail_{problem.key}', detail=problem.detail)}"
    if more := len(error.problems[PROBLEMS:]):
        yield t("up.mail_more", more=more)


def _table(status: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    screen = Console(highlight=False)
    wide = screen.width >= WIDE  # else the real names go under the address: nobody copies an address cut in two
    table = Table(box=None, pad_edge=False)
    address, stands = t("up.address"), t("up.stands_for")
    for heading in (t("up.service"), address, stands) if wide else (t("up.service"), f"{address} (← {stands})"):
        table.add_column(heading, overflow="fold")
    for row in ADDRESSES:
        address, hosts = status["endpoints"].get(row.name, status["console"]), ", ".join(row.hosts)
        if wide:
            table.add_row(row.name, address, hosts)
        else:
            table.add_row(row.name, address)
            if hosts:
                table.add_row("", Text(f"← {hosts}", style="dim"))
    screen.print(table)
    screen.print(f"\n{t('up.ca')} : {status['ca']}", soft_wrap=True)
    screen.print(f"{t('up.credentials')} : {Path(status['ca']).parent / 'credentials'}", soft_wrap=True)
    screen.print(f"\n{t('up.ready')}")
