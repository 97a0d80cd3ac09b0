"""A software that the bench starts: its process, the wait until it answers, its end with the run."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import httpx

from harness.drive import Drive, DriveError, Reply, Request, Software, process
from harness.words import words

_P = "harness.drive"


class Started(Drive):
    """Another drive, around whose life a program runs. ``ready_url`` must answer (below 500) within ``ready_s``.

    ``given``: what the program finds on its standard input, which stays open as long as this process lives.
    """

    def __init__(
        self,
        inner: Drive,
        argv: Sequence[str],
        ready_url: str = "",
        ready_s: float = 30.0,
        folder: Path | None = None,
        environ: Mapping[str, str] | None = None,
        given: bytes = b"",
    ) -> None:
        self._given = given
        self.inner, self.argv, self.ready_url, self.ready_s = inner, list(argv), ready_url, ready_s
        self.folder, self.environ = folder, dict(environ or {})
        self.kind = inner.kind
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process; closed with it

    def open(self) -> Software:
        """Start it, wait for it, reach it; raises DriveError with its last words when it does not come up.

        Its stdin closes when this process ends, however it ends: a program that watches it is not left behind.
        """
        if self._process is None:
            self._process = process.start(
                self.argv, self.folder, self.environ, stdin=subprocess.PIPE, stdout=self._output, stderr=self._output
            )
        try:
            if self._given and self._process.stdin:
                with contextlib.suppress(OSError):  # gone already: the wait tells with its last words
                    self._process.stdin.write(self._given)
                    self._process.stdin.flush()
            self._wait()
            return self.inner.open()
        except BaseException:
            self.close()
            raise

    def act(self, request: Request) -> Reply:
        """As the inner drive; says when the program is gone."""
        try:
            return self.inner.act(request)
        except DriveError:
            if self._process and (code := self._process.poll()) is not None:
                said = self._said()
                raise DriveError(words(_P, "start.gone", argv=" ".join(self.argv), code=code, said=said)) from None
            raise

    def close(self) -> None:
        """Leave the software, then stop it."""
        self.inner.close()
        if self._process:
            if self._process.stdin:
                self._process.stdin.close()
            process.stop(self._process)
            self._process = None
        self._output.close()

    def _wait(self) -> None:
        deadline = time.monotonic() + self.ready_s
        with httpx.Client(trust_env=False, timeout=2.0, verify=False) as http:  # noqa: S501 - only: does it answer
            while self.ready_url:
                if self._process and (code := self._process.poll()) is not None:
                    raise DriveError(words(_P, "start.gone", argv=" ".join(self.argv), code=code, said=self._said()))
                try:
                    if http.get(self.ready_url).status_code < 500:
                        return
                except (httpx.HTTPError, httpx.InvalidURL):
                    pass
                if time.monotonic() > deadline:
                    raise DriveError(
                        words(_P, "start.not_ready", url=self.ready_url, seconds=f"{self.ready_s:g}", said=self._said())
                    )
                time.sleep(0.03)

    def _said(self) -> str:
        self._output.seek(0, 2)
        self._output.seek(max(0, self._output.tell() - 1500))
        return " ".join(self._output.read().decode("utf-8", "replace").split()) or "—"
