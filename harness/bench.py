"""The bench: every mock composed on one event loop, started, reset and stopped as one thing.

`Bench` is the asynchronous whole; `started` runs it in a thread of its own for callers that are not asynchronous
(``segur run``, ``segur demo``, tests).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import logs
from harness.home import RUN_SESSION, Home
from harness.ports import PortTaken, held, is_free
from harness.validation import ValidationQueue
from mocks.addresses import ADDRESSES, BASE_PORT, SESSION_PORTS, Address
from mocks.annuaire import routes as annuaire
from mocks.annuaire.switches import SWITCHES as ANNUAIRE_SWITCHES
from mocks.control import Registry
from mocks.dmp import routes as dmp
from mocks.dmp.switches import SWITCHES as DMP_SWITCHES
from mocks.hub import Hub
from mocks.igc import pki as igc_pki
from mocks.igc import routes as igc
from mocks.igc.pki import Pki
from mocks.igc.switches import SWITCHES as IGC_SWITCHES
from mocks.insi import routes as insi
from mocks.insi.switches import SWITCHES as INSI_SWITCHES
from mocks.journal import CAP_BYTES, Journal
from mocks.lines import LineServer
from mocks.listener import Listener, Refusal, TlsProfile
from mocks.listener import journal_entry as refusal_entry
from mocks.mssante import autoconfig
from mocks.mssante.dns import DnsServer
from mocks.mssante.operator import Operator
from mocks.mssante.switches import SWITCHES as MSSANTE_SWITCHES
from mocks.proxy import NameProxy
from mocks.psc import routes as psc
from mocks.psc.switches import SWITCHES as PSC_SWITCHES
from mocks.session import Session, Sessions
from mocks.sessions_store import SessionsStore
from mocks.world import World

if TYPE_CHECKING:
    from harness.runs import Runs

log = logging.getLogger("segur.bench")
LOOPBACK = "127.0.0.1"
Opened = Listener | LineServer | DnsServer
SWITCH = 0.0002  # seconds: with the default 5 ms, a bench in a thread answers each call of its caller 5 ms late


@dataclass(frozen=True)
class Options:
    """How a bench starts. ``public_name`` is what the software calls this machine when it is not on it.

    ``journal_bytes``: beyond it the oldest exchanges go. ``mail``: messages to file before serving (harness.preload).
    """

    home: Home
    base_port: int = BASE_PORT
    host: str = LOOPBACK
    public_name: str = ""
    seed: Path | None = None
    journal_bytes: int = CAP_BYTES
    mail: Path | None = None

    @property
    def reachable(self) -> str:
        """The name put into addresses."""
        return self.public_name or (LOOPBACK if self.host in (LOOPBACK, "0.0.0.0", "::") else self.host)  # noqa: S104


@dataclass
class Bench:
    """One running set of mocks; `start` and `stop` bracket its life. ``filed``: messages of `Options.mail` filed at the
    start, and those that were there already."""

    options: Options
    listeners: list[Opened] = field(default_factory=list)
    runs: Runs | None = None  # those that the console and the API start
    filed: tuple[int, int] = (0, 0)
    _session_listeners: dict[str, list[Opened]] = field(default_factory=dict)
    _reserved: set[int] = field(default_factory=set)  # ports of sessions, opened or about to be

    async def start(self) -> None:
        """Open everything; raises PortTaken, WorldError, mocks.journal.JournalError, harness.preload.BadPreload."""
        options = self.options
        self.loop = asyncio.get_running_loop()
        logs.to_file(options.home.log)
        world = World.load(options.seed)
        self.hosts = {row.name: [*row.hosts, *autoconfig.hosts(world).get(row.name, ())] for row in ADDRESSES}
        names = sorted({host for held in self.hosts.values() for host in held})
        self.pki: Pki = igc_pki.init(options.home.pki, hosts=[*names, options.reachable], igc_url=self._url("igc"))
        self.registry = Registry(
            (*INSI_SWITCHES, *IGC_SWITCHES, *PSC_SWITCHES, *DMP_SWITCHES, *ANNUAIRE_SWITCHES, *MSSANTE_SWITCHES)
        )
        self.journal = Journal(options.home.db, options.journal_bytes)
        self.sessions = Sessions(world, self.registry)
        self.store = SessionsStore(self.journal.database, self.sessions)
        self.store.restore()
        self.hub = Hub(
            self.sessions,
            self.journal,
            self.registry,
            options.home.pki,
            {row.name: self._url(row.name) for row in ADDRESSES},
            self.pki.revoked,
            self.endpoints,
        )
        self._apps: dict[str, Any] = {
            "insi": insi.service(self.hub),
            "igc": igc.service(self.hub),
            "psc": psc.service(self.hub),
            "dmp": dmp.service(self.hub),
            "annuaire": annuaire.service(self.hub),
            "autoconfig": autoconfig.service(self.hub),
        }
        self.operator = Operator(self.hub)
        try:
            if options.mail:
                from harness import preload

                self.filed = preload.fill(self, options.mail)
            for row in ADDRESSES:
                if self._serves(row):
                    self.listeners.append(await self._open(row, options.base_port + row.offset))
            schemes = {host: row.scheme for row in ADDRESSES for host in self.hosts[row.name]}
            self.proxy = NameProxy(
                self.hub, options.host, options.base_port + _offset("proxy"), self._proxied(), schemes
            )
            await self._bound("proxy", self.proxy.port, self.proxy.start())
            await self._reopen_sessions()
            from harness.api import application  # FastAPI is the slowest import: the services answer before it

            console = Listener(
                "console", application(self), options.host, options.base_port, None, self._refused("console", "console")
            )
            await self._bound("console", options.base_port, console.start())
            self.listeners.append(console)
            self.validation = ValidationQueue(self.journal)
            self.validation.start()
        except BaseException:
            await self.stop()
            raise
        self.options.home.write_record(self.status())

    async def _reopen_sessions(self) -> None:
        """Sessions that were kept listen again on their ports; one whose ports are taken now keeps its other bindings,
        one that a run left behind when the bench was killed has no use any more."""
        for session in list(self.sessions):
            if session.name.startswith(RUN_SESSION) and not self._resumable(session):
                await self.close_session(session.id)
            elif ports := session.binding.get("port"):
                try:
                    await self._open_session_ports(session, [int(port) for port in ports])
                except PortTaken as taken:
                    log.warning("session %s (%s): %s", session.id, session.name, taken)

    def _resumable(self, session: Session) -> bool:
        """Whether a run was left in this session by its person, to be taken up again."""
        from harness.scenario.store import Store

        run = Store(self.options.home.runs / session.name.removeprefix(RUN_SESSION))
        return bool(run.asked().get("left") == session.id)

    async def stop(self) -> None:
        """Close every listener, then the journal; safe after a start that failed half way."""
        if self.runs:
            await asyncio.to_thread(self.runs.stop)
        opened: list[Opened | NameProxy] = [
            *self.listeners,
            *(x for row in self._session_listeners.values() for x in row),
        ]
        if hasattr(self, "proxy"):
            opened.append(self.proxy)
        if hasattr(self, "validation"):
            await self.validation.stop()
        for listener in opened:
            with contextlib.suppress(Exception):
                await listener.stop()
        self.listeners.clear()
        self._session_listeners.clear()
        self.journal.close()
        self.options.home.record.unlink(missing_ok=True)

    # -- what others ask of it ----------------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """Everything a software or a script needs to meet the bench."""
        return {
            "schema": 1,
            "console": self._url("console"),
            "control": self._url("console") + "/api",
            "endpoints": {row.name: self._url(row.name) for row in ADDRESSES if row.name != "console"},
            "hosts": {name: held for name, held in self.hosts.items() if held},
            "ca": str(self.pki.ca),
            "truststore": str(self.pki.truststore),
            "password": igc_pki.PASSWORD,
            "credentials": {
                name: {"cert": str(c.chain), "key": str(c.key), "p12": str(c.p12), "sha256": c.sha256}
                for name, c in self.pki.credentials().items()
            },
            "clients": [
                {
                    "id": client.id,
                    "secret": client.secret,
                    "redirect_uris": list(client.redirect_uris),
                    "api_key": client.api_key,
                }
                for client in self.sessions.default.world.clients.values()
            ],
            "home": str(self.options.home.root),
            "pid": os.getpid(),
        }

    async def open_session(self, name: str, binding: dict[str, list[str]], *, own_ports: bool) -> Session:
        """Open a session, with listeners of its own when asked; raises BindingTaken, ValueError."""
        ports = self._reserve(len(self._own_rows())) if own_ports else []
        if ports:
            binding = {**binding, "port": [*binding.get("port", []), *map(str, ports)]}
        try:
            session = self.sessions.open(name, binding)
        except ValueError:
            self._reserved -= set(ports)
            raise
        try:
            await self._open_session_ports(session, ports)
        except OSError:
            await self.close_session(session.id)
            raise
        self.store.save(session)
        return session

    async def close_session(self, session_id: str) -> None:
        """Forget a session and close its listeners; raises UnknownSession."""
        self.sessions.close(session_id)
        self.store.forget(session_id)
        for listener in self._session_listeners.pop(session_id, ()):
            self._reserved.discard(listener.port)
            await listener.stop()

    def endpoints(self, session: Session) -> dict[str, str]:
        """The addresses to give to the software of a session."""
        own = {
            listener.name: _row(listener.name).url(self.options.reachable, listener.port - _row(listener.name).offset)
            for listener in self._session_listeners.get(session.id, ())
        }
        return {row.name: self._url(row.name) for row in ADDRESSES if row.name != "console"} | own

    # -- listeners ----------------------------------------------------------------------------------------------

    def _url(self, name: str) -> str:
        return _row(name).url(self.options.reachable, self.options.base_port)

    def _proxied(self) -> dict[str, int]:
        return {host: self.options.base_port + row.offset for row in ADDRESSES for host in self.hosts[row.name]}

    async def _open(self, row: Address, port: int) -> Opened:
        if row.name in self.operator.names:
            opened = self.operator.server(row.name, self.options.host, port)
            await self._bound(row.name, port, opened.start())
            return opened
        tls = None
        if row.scheme == "https":
            server = self.pki.credential("server")
            trust = self.pki.ca if row.client_cert != "none" else None
            tls = TlsProfile(server.chain, server.key, row.client_cert, trust, crl=self.pki.crl if trust else None)
        listener = Listener(
            row.name, self._apps[row.service], self.options.host, port, tls, self._refused(row.service, row.name)
        )
        await self._bound(row.name, port, listener.start())
        return listener

    async def _open_session_ports(self, session: Session, ports: list[int]) -> None:
        opened = self._session_listeners.setdefault(session.id, [])
        self._reserved.update(ports)
        for row, port in zip(self._own_rows(), ports, strict=False):
            opened.append(await self._open(row, port))

    def _own_rows(self) -> list[Address]:
        """The listeners that a session may have of its own."""
        return [row for row in ADDRESSES if row.scheme != "http" and self._serves(row)]

    def _serves(self, row: Address) -> bool:
        return row.name in self.operator.names or row.service in self._apps

    def _reserve(self, count: int) -> list[int]:
        """Ports for one more session: neither another session's nor another program's. Raises OSError."""
        first = self.options.base_port + SESSION_PORTS
        found: list[int] = []
        for port in range(first, min(first + 2000, 65536)):
            if port not in self._reserved and is_free(self.options.host, port):
                found.append(port)
                if len(found) == count:
                    self._reserved.update(found)
                    return found
        raise OSError(f"no {count} free ports from {first}")

    @staticmethod
    async def _bound(name: str, port: int, starting: Any) -> None:
        try:
            await starting
        except OSError as error:
            if held(error):
                raise PortTaken(name, port) from error
            raise OSError(error.errno, f"{name}, port {port}: {error.strerror or error}") from error

    def _refused(self, service: str, name: str) -> Any:
        def keep(refusal: Refusal) -> None:
            entry = refusal_entry(refusal, service)
            entry.listener = name
            entry.session = self.sessions.bind({"port": str(refusal.port)}).id
            self.journal.record(entry)

        return keep


def _row(name: str) -> Address:
    return next(row for row in ADDRESSES if row.name == name)


def _offset(name: str) -> int:
    return _row(name).offset


@contextmanager
def started(options: Options) -> Iterator[Bench]:
    """A bench running in its own thread while the block runs; errors of its start are raised here."""
    ready: threading.Event = threading.Event()
    bench = Bench(options)
    failure: list[BaseException] = []
    stopping: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def live() -> None:
        stop = asyncio.Event()
        stopping.append((asyncio.get_running_loop(), stop))
        try:
            await bench.start()
        except BaseException as error:
            failure.append(error)
            return
        finally:
            ready.set()
        await stop.wait()
        await bench.stop()

    sys.setswitchinterval(SWITCH)
    thread = threading.Thread(target=run_loop, args=(live,), name="segur-bench", daemon=True)
    thread.start()
    ready.wait()
    if failure:
        thread.join()
        raise failure[0]
    try:
        yield bench
    finally:
        loop, stop = stopping[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=10)


def run_loop(main: Any) -> None:
    """Run a coroutine function on uvloop where present, else on the standard loop."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main())
        return
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
