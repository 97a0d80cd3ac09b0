"""The command drive and started software: real programs, some of them bad."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from harness.drive import DriveError, DriveTimeout, NotOffered, Request
from harness.drive.command import CommandDrive
from harness.drive.http import HttpDrive
from harness.drive.started import Started

ANSWER = "import json,os,sys; asked=json.load(sys.stdin); "


def command(code: str, **environ: str) -> CommandDrive:
    """A drive whose program is this Python."""
    return CommandDrive([sys.executable, "-c", code], environ=environ)


def test_the_program_reads_the_action_and_prints_the_answer() -> None:
    code = (
        ANSWER
        + "print(json.dumps({'ok': True, 'result': {**asked, 'env': os.environ['SEGUR_ACTION'] + os.environ['X']}}))"
    )
    reply = command(code, X="é").act(Request("ins.search", {"patient": "Zoé"}))
    assert reply.result == {"action": "ins.search", "body": {"patient": "Zoé"}, "env": "ins.searché"}


def test_an_action_not_offered() -> None:
    with pytest.raises(NotOffered):
        command(ANSWER + "print(json.dumps({'offered': False}))").act(Request("print"))


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("print('hello')", "something else than one JSON object"),
        ("pass", "It printed: —"),
        ("print('{}{}')", "something else than one JSON object"),
        ("print('[1]')", "must be a JSON object"),
        ("import sys; sys.exit('broken pipe')", "stderr: broken pipe"),
        ("import sys; print('{\"ok\": true}'); sys.exit(3)", "exit code 3"),
    ],
)
def test_garbage_is_told_with_what_was_printed(code: str, says: str) -> None:
    with pytest.raises(DriveError) as caught:
        command(code).act(Request("login"))
    assert says in caught.value.message.en
    assert caught.value.message.fr != caught.value.message.en


def test_a_program_that_never_ends_is_ended() -> None:
    began = time.monotonic()
    with pytest.raises(DriveTimeout):
        command("import time; time.sleep(60)").act(Request("login", timeout=0.5))
    assert time.monotonic() - began < 50


def test_a_program_that_prints_without_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.drive.process.MAX_ANSWER", 100_000)
    with pytest.raises(DriveError, match="larger than 100000"):
        command("while True: print('x' * 1000)").act(Request("login", timeout=20))


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(DriveError, match="cannot be started"):
        CommandDrive(["/no/such/program"]).act(Request("login"))


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
def test_a_few_lines_of_shell_are_enough(tmp_path: Path) -> None:
    script = tmp_path / "drive.sh"
    script.write_text(
        '#!/bin/sh\ncat >/dev/null\ncase "$SEGUR_ACTION" in\n  login) echo \'{"ok": true}\' ;;\n'
        "  *) echo '{\"offered\": false}' ;;\nesac\n",
        encoding="utf-8",
    )
    drive = CommandDrive(["sh", str(script)])
    assert drive.act(Request("login")).ok
    with pytest.raises(NotOffered):
        drive.act(Request("print"))


SERVER = """
import http.server, json, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"name": "started", "version": "1"}'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), H).serve_forever()
"""


def test_a_software_started_waited_for_and_stopped(free_port: int) -> None:
    url = f"http://127.0.0.1:{free_port}"
    drive = Started(HttpDrive(url), [sys.executable, "-c", SERVER, str(free_port)], f"{url}/")
    assert drive.open().name == "started"
    drive.close()
    with pytest.raises(DriveError):
        HttpDrive(url).open()


def test_a_software_that_dies_at_once_leaves_its_last_words(free_port: int) -> None:
    url = f"http://127.0.0.1:{free_port}/"
    drive = Started(HttpDrive(url), [sys.executable, "-c", "import sys; sys.exit('no licence')"], url)
    with pytest.raises(DriveError, match="no licence"):
        drive.open()


def test_a_software_that_never_answers(free_port: int) -> None:
    url = f"http://127.0.0.1:{free_port}/"
    drive = Started(HttpDrive(url), [sys.executable, "-c", "import time; time.sleep(60)"], url, ready_s=0.3)
    with pytest.raises(DriveError, match=r"did not answer within 0\.3 s"):
        drive.open()


def test_what_was_started_knows_when_its_starter_is_gone(free_port: int) -> None:
    url = f"http://127.0.0.1:{free_port}"
    watch = (
        "import threading,os\nthreading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()\n"
    )
    code = SERVER.replace("import http.server, json, sys\n", f"import http.server, json, sys\n{watch}")
    drive = Started(HttpDrive(url), [sys.executable, "-c", code, str(free_port)], f"{url}/")
    drive.open()
    started = drive._process
    assert started
    assert started.stdin
    started.stdin.close()  # what the kernel does when this process is killed
    assert started.wait(timeout=60) == 0
    drive.close()
