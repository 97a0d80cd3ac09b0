"""Programs that a drive runs: never through a shell, output bounded, everything they started ended with them."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from harness.drive import MAX_ANSWER, DriveError, DriveTimeout
from harness.words import words

_P = "harness.drive"


def start(
    argv: Sequence[str], folder: Path | None, environ: Mapping[str, str], **streams: Any
) -> subprocess.Popen[bytes]:
    """Start a program in a group of its own; raises DriveError when it cannot be."""
    groups: dict[str, Any] = (
        {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined,unused-ignore]
        if os.name == "nt"
        else {"start_new_session": True}
    )
    try:
        return subprocess.Popen(  # noqa: S603 - a list, no shell, written by the user in sut.toml
            list(argv), cwd=folder, env={**os.environ, **environ}, **groups, **streams
        )
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise DriveError(words(_P, "process.cannot_start", argv=" ".join(argv), why=why)) from None


def stop(process: subprocess.Popen[bytes], patience: float = 5.0) -> None:
    """End a program and what it started: asked first, then killed."""
    _signal(process, kill=False)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        _signal(process, kill=True)
        process.wait()


def _signal(process: subprocess.Popen[bytes], *, kill: bool) -> None:
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL if kill else signal.SIGTERM)
        elif kill:
            process.kill()
        else:
            process.terminate()
    except (ProcessLookupError, PermissionError):
        return


def run(
    argv: Sequence[str], stdin: bytes, timeout: float, folder: Path | None, environ: Mapping[str, str]
) -> tuple[int, bytes, bytes]:
    """Run a program to its end: exit code, output, last words on stderr. Raises DriveError, DriveTimeout.

    Files, not pipes, hold the streams: a program that prints without end fills neither memory nor, past a limit, disk.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin)
        given.seek(0)
        process = start(argv, folder, environ, stdin=given, stdout=out, stderr=err)
        deadline, pause = time.monotonic() + timeout, 0.002
        try:
            while process.poll() is None:
                if _size(out) > MAX_ANSWER or _size(err) > MAX_ANSWER:
                    raise DriveError(words(_P, "answer.too_large", action=argv[0], limit=MAX_ANSWER))
                if time.monotonic() > deadline:
                    raise DriveTimeout(words(_P, "timeout", action=argv[0], seconds=f"{timeout:g}"))
                time.sleep(pause)
                pause = min(pause * 1.5, 0.05)
        finally:
            if process.poll() is None:
                stop(process, patience=1.0)
        out.seek(0)
        err.seek(max(0, _size(err) - 2000))
        return process.returncode, out.read(MAX_ANSWER + 1), err.read()


def _size(stream: IO[bytes]) -> int:
    return os.fstat(stream.fileno()).st_size
