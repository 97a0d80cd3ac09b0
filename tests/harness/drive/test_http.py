"""The http drive against answers good, bad and hostile."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from harness.drive import DriveCrash, DriveError, DriveTimeout, NotOffered, Request
from harness.drive.http import HttpDrive


def drive(answer: Callable[[httpx.Request], httpx.Response]) -> HttpDrive:
    """A drive whose software answers so."""
    return HttpDrive("http://software.test/", httpx.MockTransport(answer))


def test_an_action_is_posted_and_its_answer_read() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        shown = [{"kind": "alert", "text": "Attention"}]
        return httpx.Response(200, json={"ok": True, "result": {"code": "00"}, "shown": shown})

    reply = drive(answer).act(Request("ins.search", {"patient": "P1"}))
    assert (reply.ok, reply.result, reply.shown[0]["text"]) == (True, {"code": "00"}, "Attention")
    assert str(asked[0].url) == "http://software.test/actions/ins.search"
    assert asked[0].read() == b'{"patient":"P1"}'


def test_a_refusal_is_an_answer() -> None:
    reply = drive(lambda r: httpx.Response(200, json={"ok": False, "error": {"code": "x", "message": "non"}})).act(
        Request("login")
    )
    assert (reply.ok, reply.error) == (False, {"code": "x", "message": "non"})


@pytest.mark.parametrize(
    ("response", "error", "says"),
    [
        (httpx.Response(501, json={}), NotOffered, "does not offer the action login"),
        (httpx.Response(500, text="boom"), DriveCrash, "answered 500 instead of 200: boom"),
        (httpx.Response(404, text="nope"), DriveError, "answered 404"),
        (httpx.Response(200, text="<html>"), DriveError, "not JSON: <html>"),
        (httpx.Response(200, json=[1]), DriveError, "must be a JSON object"),
        (httpx.Response(200, json={"ok": "yes"}), DriveError, 'no "ok" that is true or false'),
        (httpx.Response(200, json={"ok": True, "result": [1]}), DriveError, '"result" must be an object'),
        (httpx.Response(200, json={"ok": True, "shown": ["x"]}), DriveError, '"shown" must be a list of objects'),
        (httpx.Response(200, json={"ok": True, "error": "x"}), DriveError, '"error" must be an object'),
    ],
)
def test_what_is_not_an_answer(response: httpx.Response, error: type[DriveError], says: str) -> None:
    with pytest.raises(error) as caught:
        drive(lambda request: response).act(Request("login"))
    assert type(caught.value) is error
    assert says in caught.value.message.en
    assert caught.value.message.fr


def test_an_endless_answer_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.drive.http.MAX_ANSWER", 1000)
    with pytest.raises(DriveError, match="larger than 1000"):
        drive(lambda request: httpx.Response(200, content=b"x" * 5000)).act(Request("login"))


def test_nobody_there_and_nobody_in_time() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    def late(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late")

    with pytest.raises(DriveError, match="does not answer at"):
        drive(refuse).open()
    with pytest.raises(DriveTimeout, match="no answer within 3 s"):
        drive(late).act(Request("login", timeout=3))


def test_the_software_says_who_it_is_or_not() -> None:
    said = drive(lambda r: httpx.Response(200, json={"name": "X", "version": "2", "actions": ["login"]})).open()
    assert (said.name, said.version, said.actions) == ("X", "2", frozenset(["login"]))
    assert drive(lambda r: httpx.Response(404, text="no")).open().name == ""
    with pytest.raises(DriveError):
        drive(lambda r: httpx.Response(503, text="down")).open()
