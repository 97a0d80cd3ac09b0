"""The desk where a person and a run meet, and the terminal where he sits."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness.drive import Left
from harness.drive.guided.terminal import Terminal, _path
from harness.guide import values
from harness.guide.desk import Desk, Refused
from harness.guide.model import Answer, Prompt, Sheet
from harness.words import Words
from tests.desk_kit import PLACE, QUESTION, STEP, Script, says


def test_the_desk_takes_only_what_the_prompt_asks(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with pytest.raises(Refused, match="no longer waits"):
        desk.mark()

    def sit(desk: Desk, prompt: Prompt) -> None:
        for wrong, why in (
            (lambda: desk.answer(Answer("yes")), "does not fit"),
            (lambda: desk.answer(Answer("not_applicable", " ")), "Say why"),
            (lambda: desk.answer(Answer("done"), seq=99), "no longer waits"),
            (lambda: desk.file("INS/va9.99.01.01", "a", b"1"), "is not a proof"),
            (lambda: desk.made("a", b"1"), "asks for no file"),
            (lambda: desk.note("  "), "empty"),
        ):
            with pytest.raises(Refused, match=why):
                wrong()
        assert desk.click(-5) == 0
        desk.answer(Answer("done"))
        with pytest.raises(Refused):
            desk.mark()  # answered: too late

    assert desk.ask(Prompt("step", PLACE), Script(sit)).did == "done"


def test_a_desk_read_again_remembers_the_step_and_answers_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)

    def marks_and_leaves(desk: Desk, prompt: Prompt) -> None:
        desk.mark()
        raise Left

    desk.ask(Prompt("step", PLACE), Script(says("done", "ok")))
    with pytest.raises(Left):
        desk.ask(Prompt("question", PLACE, question=Words.of("vu ?")), Script(marks_and_leaves))
    again = Desk(tmp_path)
    assert again.key == PLACE.key
    assert len(again.given.marks) == 1
    assert again.ask(Prompt("step", PLACE), Script()) == Answer("done", "ok")  # not asked again
    with pytest.raises(Left):
        again.ask(Prompt("question", PLACE, question=Words.of("vu ?")), Script())


@pytest.mark.parametrize("damage", ["", "{", '{"seq": "x"}', "[]"])
def test_a_damaged_desk_is_a_new_one(tmp_path: Path, damage: str) -> None:
    (tmp_path / "guide.json").write_text(damage, encoding="utf-8")
    assert Desk(tmp_path).key == ""


def test_a_prompt_is_json_both_ways() -> None:
    prompt = Prompt("step", PLACE, Sheet((Words("a", "b"),), Words.of("c"), values.rows({"sex": "F"})), seq=3)
    import json

    assert Prompt.of(json.loads(json.dumps(prompt.stored()))) == prompt


def test_leaving_wakes_the_run_up(tmp_path: Path) -> None:
    desk, left = Desk(tmp_path), threading.Event()

    class Waits:
        def serve(self, desk: Desk) -> None:
            desk.wait()

    def run() -> None:
        try:
            desk.ask(Prompt("step", PLACE), Waits())
        except Left:
            left.set()

    thread = threading.Thread(target=run)
    thread.start()
    desk.leave()
    thread.join(5)
    assert left.is_set()


# -- the terminal ------------------------------------------------------------------------------------------------------


def sit(tmp_path: Path, prompt: Prompt, *lines: str, lang: Any = "fr") -> tuple[Any, str]:
    """What was answered to one prompt by typing these lines, and what was shown."""
    shown = io.StringIO()
    terminal = Terminal(lang, Console(file=shown, width=200), io.StringIO("".join(f"{line}\n" for line in lines)))
    desk = Desk(tmp_path)
    try:
        return desk.ask(prompt, terminal), shown.getvalue()
    except Left:
        return None, shown.getvalue()


@pytest.mark.parametrize(
    ("prompt", "lines", "answer"),
    [
        (STEP, [""], Answer("done")),
        (STEP, ["r", "Champ obligatoire"], Answer("refused", "Champ obligatoire")),
        (STEP, ["x", "", "x pas chez nous"], Answer("not_applicable", "pas chez nous")),
        (STEP, ["zzz", "o", ""], Answer("done")),
        (QUESTION, ["", "o"], Answer("yes")),
        (QUESTION, ["y seen"], Answer("yes", "seen")),
        (QUESTION, ["n", "autre chose"], Answer("no", "autre chose")),
        (QUESTION, ["s"], Answer("skip")),
        (STEP, ["p"], None),
        (STEP, [], None),
        (QUESTION, [], None),
        (STEP, ["m", "c", "c 3", "?", "v"], None),
    ],
)
def test_lines_typed(tmp_path: Path, prompt: Prompt, lines: list[str], answer: Answer | None) -> None:
    assert sit(tmp_path, prompt, *lines)[0] == answer


def test_files_are_named_by_number_or_position(tmp_path: Path) -> None:
    capture = tmp_path / "ma capture.png"
    capture.write_bytes(b"1")
    lines = [f"f 1 {capture}", f'f INS/va1.52.01.01 "{capture}"', f"f {capture}", "f 1 /nowhere.png", ""]
    answer, shown = sit(tmp_path, STEP, *lines)
    assert answer == Answer("done")
    assert len(list((tmp_path / "proofs" / "INS-va1.52.01.01").iterdir())) == 3
    assert "/nowhere.png ne peut pas être lu" in shown
    assert _path("'~'") == Path.home()


def test_english_too(tmp_path: Path) -> None:
    _, shown = sit(tmp_path, STEP, "", lang="en")
    assert "Step 1 of 1" in shown
    assert "Enter: done" in shown
