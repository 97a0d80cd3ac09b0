"""Exchanges written to one file for others to read: JSON Lines, a zip with each body as a file, HAR 1.2.

Each takes exchanges one by one: bodies are never all in memory. Bytes are written as given: mask secrets before
(`redact`).
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from mocks.journal import mail
from mocks.journal.model import Exchange, Headers, Kind
from mocks.journal.shown import exchange_json, iso
from norms.texts import Lang

SCHEMA = 1
_EXTENSIONS = {
    "json": ".json",
    "xml": ".xml",
    "html": ".html",
    "x-www-form-urlencoded": ".form",
    "plain": ".txt",
    "pdf": ".pdf",
    "zip": ".zip",
}
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


def write_jsonl(exchanges: Iterable[Exchange], path: Path, lang: Lang) -> int:
    """One exchange per line, in its public JSON form with bodies in base64; says how many."""
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for exchange in exchanges:
            file.write(_line(exchange_json(exchange, lang, bodies=True)))
            count += 1
    return count


def write_zip(exchanges: Iterable[Exchange], path: Path, lang: Lang, *, redacted: bool = True) -> int:
    """``exchanges.jsonl`` without bodies, ``bodies/…``, ``manifest.json`` with the SHA-256 of each; says how many."""
    lines: list[str] = []
    files: list[dict[str, Any]] = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: str, data: bytes, **more: Any) -> None:
            archive.writestr(_entry(name), data)
            files.append({"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), **more})

        for exchange in exchanges:
            row = exchange_json(exchange, lang, bodies=True)
            for side in ("request", "response"):
                del row[f"{side}_body"]
                data, headers = getattr(exchange, f"{side}_body"), getattr(exchange, f"{side}_headers")
                if data:
                    row[f"{side}_file"] = body_name(exchange, side)
                    add(row[f"{side}_file"], data, exchange=exchange.id, side=side, media_type=_media_type(headers))
            lines.append(_line(row))
        add("exchanges.jsonl", "".join(lines).encode())
        manifest = {"schema": SCHEMA, "exchanges": len(lines), "redacted": redacted, "files": files}
        archive.writestr(_entry("manifest.json"), json.dumps(manifest, ensure_ascii=False, indent=2).encode())
    return len(lines)


def write_har(exchanges: Iterable[Exchange], path: Path, lang: Lang, *, version: str = "") -> int:
    """HTTP exchanges as HAR 1.2 (mail, refused handshakes and events have no place in it); says how many.

    What HAR does not know is under ``_segur``; binary bodies are base64, with ``encoding`` saying so.
    """
    creator = {"name": "segur-harness", "version": version or "0"}
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'{{"log": {{"version": "1.2", "creator": {json.dumps(creator)}, "entries": [')
        for exchange in exchanges:
            if exchange.kind is Kind.EXCHANGE and exchange.method and exchange.method not in mail.OTHERS:
                file.write((",\n" if count else "\n") + _line(_har(exchange, lang)).rstrip("\n"))
                count += 1
        file.write("\n]}}\n")
    return count


WRITERS: dict[str, Callable[..., int]] = {".jsonl": write_jsonl, ".zip": write_zip, ".har": write_har}


def body_name(exchange: Exchange, side: str) -> str:
    """The name of a body's file: our own words and the operation's letters, safe on every system."""
    operation = _UNSAFE.sub("-", exchange.operation)[:40].strip("-")
    kind = _media_type(exchange.request_headers if side == "request" else exchange.response_headers)
    extension = _EXTENSIONS.get(re.split(r"[/+]", kind)[-1], ".bin")
    if exchange.method in mail.OTHERS or mail.is_message(exchange):
        extension = ".eml" if side == "request" and mail.is_message(exchange) else ".txt"
    return f"bodies/{exchange.id:06d}-{operation or 'exchange'}-{side}{extension}"


def _har(exchange: Exchange, lang: Lang) -> dict[str, Any]:
    row = exchange_json(exchange, lang, bodies=False)
    host = next((v for k, v in exchange.request_headers if k.lower() == "host"), "localhost")
    url = f"{'https' if exchange.tls else 'http'}://{host}{exchange.target}"
    query = parse_qsl(exchange.target.partition("?")[2], keep_blank_values=True, errors="replace")
    request: dict[str, Any] = {
        "method": exchange.method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(exchange.request_headers),
        "queryString": _pairs(query),
        "headersSize": -1,
        "bodySize": len(exchange.request_body),
    }
    if exchange.request_body:
        request["postData"] = {"mimeType": _media_type(exchange.request_headers), **_content(exchange.request_body)}
    response = {
        "status": exchange.status,
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(exchange.response_headers),
        "content": {
            "size": len(exchange.response_body),
            "mimeType": _media_type(exchange.response_headers),
            **_content(exchange.response_body),
        },
        "redirectURL": next((v for k, v in exchange.response_headers if k.lower() == "location"), ""),
        "headersSize": -1,
        "bodySize": len(exchange.response_body),
    }
    kept = (
        "id",
        "session",
        "service",
        "listener",
        "operation",
        "outcome",
        "thread",
        "peer",
        "tls",
        "findings",
        "facts",
    )
    return {
        "startedDateTime": iso(exchange.started),
        "time": row["duration_ms"],
        "request": request,
        "response": response,
        "cache": {},
        "timings": {"send": 0, "wait": row["duration_ms"], "receive": 0},
        "_segur": {name: row[name] for name in kept},
    }


def _content(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode(), "encoding": "base64"}


def _pairs(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _media_type(headers: Headers) -> str:
    value = next((v for k, v in headers if k.lower() == "content-type"), "")
    return value.partition(";")[0].strip().lower()


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, separators=(",", ":")) + "\n"  # ASCII: lone surrogates from a hostile client survive


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)  # dated 1980: the same exchanges make the same bytes
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
