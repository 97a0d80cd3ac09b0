"""`BenchClient`: the control API from Python. The runner, the commands and users' own tests drive a bench with it."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx

Json = dict[str, Any]


class BenchError(RuntimeError):
    """The bench refused a call or cannot be reached; ``unreachable`` tells the two apart."""

    def __init__(self, message: str, *, unreachable: bool = False) -> None:
        super().__init__(message)
        self.unreachable = unreachable


class BenchClient:
    """Calls to one bench; ``base_url`` is its console address. Several threads may share it. Raises BenchError."""

    def __init__(self, base_url: str, *, timeout: float = 30.0, lang: str = "fr") -> None:
        self.base_url = base_url
        self._http = httpx.Client(
            base_url=base_url, timeout=timeout, headers={"accept-language": lang}, trust_env=False
        )
        # httpx's pool may close, for one thread, the idle connection that it has just promised to another.
        self._one = threading.Lock()

    def close(self) -> None:
        """Free the connections."""
        self._http.close()

    def _call(self, method: str, path: str, **kwargs: Any) -> Any:
        answer = self._send(method, path, **kwargs)
        return answer.json() if answer.content else None

    def _send(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        try:
            with self._one:
                answer = self._http.request(method, f"/api{path}", **kwargs)
        except httpx.HTTPError as error:
            raise BenchError(f"{self.base_url}: {error or type(error).__name__}", unreachable=True) from None
        if answer.is_error:
            try:
                detail = answer.json()["detail"]
            except (ValueError, KeyError, TypeError):
                detail = answer.text[:200]
            raise BenchError(f"{method} /api{path}: {answer.status_code} {detail}")
        return answer

    def status(self) -> Json:
        """Addresses, certificates and sessions of the bench (the object of ``segur up --json``)."""
        return dict(self._call("GET", "/status"))

    def open_session(
        self, name: str, binding: Mapping[str, list[str]] | None = None, *, own_ports: bool = False
    ) -> Json:
        """Open a session: ``{id, name, binding, endpoints}``; with ``own_ports`` it has listeners of its own."""
        body = {"name": name, "binding": dict(binding or {}), "own_ports": own_ports}
        return dict(self._call("POST", "/sessions", json=body))

    def session(self, session_id: str) -> Json:
        """One session as the bench knows it."""
        return dict(self._call("GET", f"/sessions/{session_id}"))

    def close_session(self, session_id: str) -> None:
        """Forget a session and its listeners; its exchanges stay in the journal."""
        self._call("DELETE", f"/sessions/{session_id}")

    def reset_session(self, session_id: str) -> None:
        """World as seeded, switches at their defaults, clock on time."""
        self._call("POST", f"/sessions/{session_id}/reset")

    def set_switches(self, session_id: str, values: Mapping[str, object]) -> None:
        """Set switches until changed."""
        self._call("PATCH", f"/sessions/{session_id}/switches", json=dict(values))

    def arm(self, session_id: str, name: str, value: object, times: int = 1) -> None:
        """Use a switch value for the next calls only."""
        self._call("POST", f"/sessions/{session_id}/arm", json={"name": name, "value": value, "times": times})

    def clear_switches(self, session_id: str) -> None:
        """Every switch of the session back to its default."""
        self._call("DELETE", f"/sessions/{session_id}/switches")

    def set_clock(self, session_id: str, offset: float) -> None:
        """Move the session's clock, in seconds from the wall clock."""
        self._call("POST", f"/sessions/{session_id}/clock", json={"offset": offset})

    def incoming(self, session_id: str, order: Json) -> Json:
        """Send a message into a mailbox of the session: {case, to, patient…}; gives {message_id, documents}."""
        return dict(self._call("POST", f"/sessions/{session_id}/incoming", json=order))

    def patient_writes(self, session_id: str, patient: str, letter: Json) -> Json:
        """A patient writes to a professional: {to, subject, text, named}; gives {exchange, outcome, to}."""
        return dict(self._call("POST", f"/sessions/{session_id}/patients/{patient}/write", json=letter))

    def patient_acts(self, session_id: str, patient: str, uid: int, act: str, how: Json | None = None) -> Json:
        """A patient does something with a message of his: read, reply, receipt, forward; gives {exchange…}."""
        path = f"/sessions/{session_id}/patients/{patient}/messages/{uid}/{act}"
        return dict(self._call("POST", path, json=how or {}))

    def mailboxes(self, session_id: str) -> list[Json]:
        """The MSSanté mailboxes of the session: {address, kind, label, active, messages, unseen, size}."""
        return list(self._call("GET", f"/sessions/{session_id}/mailboxes")["mailboxes"])

    def folders(self, session_id: str, address: str) -> list[Json]:
        """The folders of a mailbox: {name, special, messages, unseen, size, uid_validity, uid_next}."""
        return list(self._call("GET", _mailbox(session_id, address))["folders"])

    def messages(self, session_id: str, address: str, folder: str = "INBOX", *, after: int = 0) -> list[Json]:
        """Messages of a folder by rising UID: {uid, flags, date, size, subject, from, to, message_id, sent}."""
        query = {"folder": folder, "after": after, "limit": 1000}
        return list(self._call("GET", f"{_mailbox(session_id, address)}/messages", params=query)["messages"])

    def message(self, session_id: str, address: str, uid: int, folder: str = "INBOX") -> Json:
        """One message read: with ``headers``, ``texts``, ``attachments``, ``exchanges`` (ids in the journal)."""
        path = f"{_mailbox(session_id, address)}/messages/{uid}"
        return dict(self._call("GET", path, params={"folder": folder}))

    def message_raw(self, session_id: str, address: str, uid: int, folder: str = "INBOX") -> bytes:
        """The message as it was received (.eml)."""
        path = f"{_mailbox(session_id, address)}/messages/{uid}/raw"
        return self._send("GET", path, params={"folder": folder}).content

    def put_message(
        self, session_id: str, address: str, raw: bytes, folder: str = "INBOX", flags: Iterable[str] = ()
    ) -> int:
        """File a message (.eml) as if it had come; its UID."""
        query = {"folder": folder, "flags": " ".join(flags)}
        path = f"{_mailbox(session_id, address)}/messages"
        return int(self._call("POST", path, params=query, content=raw)["uid"])

    def delete_message(self, session_id: str, address: str, uid: int, folder: str = "INBOX") -> None:
        """Remove one message."""
        self._call("DELETE", f"{_mailbox(session_id, address)}/messages/{uid}", params={"folder": folder})

    def empty_mailbox(self, session_id: str, address: str) -> None:
        """Remove every message of a mailbox."""
        self._call("DELETE", _mailbox(session_id, address))

    def export_mailbox(self, session_id: str, address: str) -> bytes:
        """A zip: ``<folder>/<uid>.eml`` and ``index.json``."""
        return self._send("GET", f"{_mailbox(session_id, address)}/export").content

    def import_mailbox(self, session_id: str, address: str, data: bytes) -> int:
        """File every ``.eml`` of a zip, each into the folder that holds it; how many."""
        return int(self._call("POST", f"{_mailbox(session_id, address)}/import", content=data)["filed"])

    def state(self, session_id: str) -> Json:
        """What was changed in a session (world, switches, values armed, clock), for `put_state`."""
        held = self.session(session_id)
        return {
            "world": self._call("GET", f"/sessions/{session_id}/snapshot"),
            "switches": held["switches"],
            "clock": held["clock_offset"],
            "armed": self._call("GET", f"/sessions/{session_id}/switches")["armed"],
        }

    def put_state(self, session_id: str, state: Mapping[str, Any]) -> None:
        """Put a session back as `state` found it."""
        self.reset_session(session_id)
        self._call("PUT", f"/sessions/{session_id}/snapshot", json=state["world"])
        self.set_switches(session_id, state["switches"])
        self.set_clock(session_id, state["clock"])
        for name, values in state["armed"].items():
            for value in values:
                self.arm(session_id, name, value)

    def world(self, session_id: str, kind: str) -> list[Json]:
        """``patients``, ``mailboxes``, ``professionals``, ``organisations`` or ``clients`` of the session's world."""
        return list(self._call("GET", f"/sessions/{session_id}/world/{kind}")["items"])

    def patch_world(self, session_id: str, kind: str, item: str, changes: Mapping[str, object]) -> Json:
        """Change one item of the session's world."""
        return dict(self._call("PATCH", f"/sessions/{session_id}/world/{kind}/{item}", json=dict(changes)))

    def exchanges(
        self,
        session: str | Sequence[str],
        after: int | None = None,
        service: str = "",
        kind: str = "",
        *,
        bodies: bool = True,
        limit: int = 1000,
    ) -> list[Json]:
        """Journal entries of a session, or of several, after an id (None: the newest), oldest first.

        Bodies are decoded to ``bytes``.
        """
        sessions = [session] if isinstance(session, str) else [*session]
        params: dict[str, str | int | list[str]] = {"session": sessions, "bodies": int(bodies), "limit": limit}
        params |= {k: v for k, v in (("service", service), ("kind", kind)) if v}
        if after is not None:
            params["after"] = after
        found: list[Json] = self._call("GET", "/exchanges", params=params)["exchanges"]
        return [_unpacked(row) for row in found]

    def purge(self, session: str = "", keep_bytes: int = 0) -> int:
        """Remove the oldest journal entries (of one session, or of all) until so many bytes remain; how many went."""
        return int(self._call("DELETE", "/exchanges", params={"session": session, "keep_bytes": keep_bytes})["removed"])

    def exchange(self, exchange_id: int) -> Json:
        """One journal entry, bodies as ``bytes``."""
        return _unpacked(self._call("GET", f"/exchanges/{exchange_id}"))


def _unpacked(row: Json) -> Json:
    for key in ("request_body", "response_body"):
        if key in row:
            row[key] = base64.b64decode(row[key])
    return row


def _mailbox(session_id: str, address: str) -> str:
    return f"/sessions/{session_id}/mailboxes/{quote(address, safe='@')}"
