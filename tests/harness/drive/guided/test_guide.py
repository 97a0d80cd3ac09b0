"""The parts of guiding: wording of actions, files kept, the desk, a person beside a program, what only eyes check."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from harness.drive import ACTIONS, Left, NotOffered, Reply, Request
from harness.drive.guided import GuidedDrive, Unattended
from harness.drive.guided.terminal import Terminal, _path
from harness.guide import keep, values
from harness.guide.desk import Desk, Refused
from harness.guide.gestures import Speaker
from harness.guide.model import Answer, Place, Prompt, Proof, Sheet
from harness.guide.place import placed
from harness.guide.watch import told
from harness.report import json as json_report
from harness.report import junit
from harness.scenario.loader import library
from harness.scenario.verdict import Verdict
from harness.words import Words
from tests.scenario_kit import FakeBench, FakeSoftware, Play, entry, steps

PLACE = Place("T.INS.01", Words.of("essai"), step="s", number=1, total=1, proofs=(Proof("INS/va1.52.01.01"),))


class Script:
    """A front that answers each prompt by a function of it."""

    def __init__(self, *answers: Callable[[Desk, Prompt], None]) -> None:
        self.answers, self.prompts = list(answers), list[Prompt]()

    def serve(self, desk: Desk) -> None:
        assert desk.prompt
        self.prompts.append(desk.prompt)
        if not self.answers:
            raise Left
        self.answers.pop(0)(desk, desk.prompt)


def says(did: str, note: str = "") -> Callable[[Desk, Prompt], None]:
    return lambda desk, prompt: desk.answer(Answer(did, note))  # type: ignore[arg-type]


# -- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_action_of_our_scenarios_is_worded(lang: Any, tmp_path: Path) -> None:
    speaker = Speaker(tmp_path)
    for scenario in library().scenarios.values():
        for variant in scenario.variants:
            start = placed(scenario, variant)
            assert start.total == len(scenario.steps_of(variant))
            for step in scenario.steps_of(variant):
                assert placed(scenario, variant, step).text.get(lang)
                if step.do:
                    sheet = speaker.sheet(step.do.action, {k: v for k, v in step.do.body.items() if "$" not in str(v)})
                    assert sheet.gestures
                    assert all(gesture.get(lang).strip() for gesture in sheet.gestures)
                    assert sheet.observe.get(lang)


@pytest.mark.parametrize("action", sorted(ACTIONS - {"settle"}))
def test_actions_have_words_of_their_own(action: str, tmp_path: Path) -> None:
    sheet = Speaker(tmp_path).sheet(action, {})
    assert action not in " ".join(gesture.fr for gesture in sheet.gestures)


def test_values_are_typed_as_a_french_screen_wants(tmp_path: Path) -> None:
    body = {"traits": {"birth_date": "1985-05-12", "birth_name": "PINSON", "sex": "F", "used_name": ""}}
    rows = Speaker(tmp_path).sheet("patient.create", body).values
    assert [(row.label.fr, row.value.fr) for row in rows] == [
        ("Nom de naissance", "PINSON"),
        ("Sexe", "F (féminin)"),
        ("Date de naissance", "12/05/1985"),
    ]
    assert values.typed_date("1985-00-00") == "00/00/1985"


def test_an_action_that_has_no_words_is_told_by_its_name(tmp_path: Path) -> None:
    sheet = Speaker(tmp_path).sheet("fax.send", {"reason": "relecture", "patient": "p"})
    assert "fax.send" in sheet.gestures[0].fr
    assert [(row.label.fr, row.value.fr) for row in sheet.values] == [("Motif", "relecture")]


def test_a_message_to_receive_is_handed_over_as_a_file(tmp_path: Path) -> None:
    message = "MSH|^~\\&|A\rPID|1||1^^^X||ADRUN^ZOE||19750101|F\r"
    document = {"title": "Compte rendu.pdf", "content_base64": base64.b64encode(b"%PDF").decode()}
    body = {"source": "SIH/../x", "format": "adt", "content": message, "document": document}
    speaker = Speaker(tmp_path)
    sheet = speaker.sheet("identity.receive", body)
    assert (tmp_path / sheet.hands).read_text(encoding="utf-8").splitlines()[0] == "MSH|^~\\&|A"
    assert (tmp_path / "hand-over" / "Compte-rendu.pdf").read_bytes() == b"%PDF"
    assert speaker.result("identity.receive", body)["patient"] == "ADRUN ZOE (01/01/1975)"


def test_what_reached_the_bench_is_told_in_a_line() -> None:
    assert told(entry(outcome="02"), "fr").endswith("appel INSi reçu, recherche par traits : 02 (plusieurs identités)")
    finding = {"rule": "TLS-01", "severity": "error", "message": "certificat expiré"}
    refused = told(entry(kind="handshake", findings=[finding], outcome="expired"), "fr")
    assert "connexion TLS refusée (insi_ps) : certificat expiré" in refused


# -- files -----------------------------------------------------------------------------------------------------------


@given(st.text(max_size=300))
def test_any_name_becomes_a_safe_one(name: str) -> None:
    safe = keep.safe_name(name)
    assert 0 < len(safe) <= 80
    assert safe.isascii()
    assert not set(safe) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert not safe.startswith(".")
    assert safe.partition(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT1"}


def test_files_are_kept_under_the_proof_and_never_over_one_another(tmp_path: Path) -> None:
    first = keep.keep(tmp_path, PLACE, "INS/va1.52.01.01", "Écran.png", b"1")
    again = keep.keep(tmp_path, PLACE, "INS/va1.52.01.01", "écran.PNG", b"2")
    without = keep.keep(tmp_path, PLACE, "", "../../x", b"3")
    assert first["path"] == "proofs/INS-va1.52.01.01/T.INS.01-s-Ecran.png"
    assert again["path"] == "proofs/INS-va1.52.01.01/T.INS.01-s-2-ecran.PNG"
    assert without["path"] == "proofs/sans-numero/T.INS.01-s-x"
    assert (tmp_path / first["path"]).read_bytes() == b"1"


def test_files_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep, "LARGEST", 10)
    monkeypatch.setattr(keep, "WHOLE", 15)
    with pytest.raises(keep.BadFile, match="at most per file"):
        keep.keep(tmp_path, PLACE, "", "a", b"x" * 11)
    with pytest.raises(keep.BadFile, match="is empty"):
        keep.keep(tmp_path, PLACE, "", "a", b"")
    keep.keep(tmp_path, PLACE, "", "a", b"x" * 10)
    with pytest.raises(keep.BadFile, match="files of this run"):
        keep.keep(tmp_path, PLACE, "", "b", b"x" * 10)
    large = tmp_path / "large"
    large.write_bytes(b"x" * 11)
    with pytest.raises(keep.BadFile, match="at most per file"):
        keep.read(large)
    with pytest.raises(keep.BadFile, match="cannot be read"):
        keep.read(tmp_path / "nowhere")
    with pytest.raises(keep.BadFile, match="cannot be read"):
        keep.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"traces": [{"code": "00"}, 3]}', [{"code": "00"}]),
        ('[{"code": "00"}]', [{"code": "00"}]),
        ("time;user;modality;code\n2026-01-01T10:00:00Z;8;traits;00\n", "csv"),
        ("heure,qui\n1,2\n", None),
        ("", None),
        ("{", None),
    ],
)
def test_a_journal_that_the_software_wrote_is_read_when_it_can_be(text: str, found: Any) -> None:
    result = keep.result("trace.export", "journal", text.encode())
    if found == "csv":
        found = [{"time": "2026-01-01T10:00:00Z", "user": "8", "modality": "traits", "code": "00"}]
    assert result == ({"traces": found} if found is not None else {})


def test_other_files_are_the_answer_as_they_are() -> None:
    assert keep.result("print", "a.pdf", b"%PDF")["media_type"] == "application/pdf"
    assert keep.result("identity.export", "a.hl7", "é".encode("latin-1"))["content"] == "é"


# -- the desk ----------------------------------------------------------------------------------------------------------


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


# -- a person beside a program ---------------------------------------------------------------------------------------

SEARCH = """
steps:
  - id: create
    type: instruction
    text: t
    do: {action: patient.create, with: {traits: {birth_name: PINSON, given_names: LEONIE}}}
    save: {patient: result.patient}
  - id: search
    type: transaction
    text: t
    do: {action: ins.search, with: {patient: "${patient}", by: traits}}
    expect:
      - {id: call, text: un appel, exchange: {service: insi, count: 1, WITHIN}}
      - {id: told, text: le retour est dit, answer: {fields: {result.code: "00"}}}
"""


def mixed(tmp_path: Path, script: Script, *, within: str = "", calls: bool = True) -> tuple[Any, Play]:
    """A run on a program that offers everything but the search."""
    bench = FakeBench()
    software = FakeSoftware(
        reset=lambda body: None,
        settle=lambda body: None,
        patient_create=lambda body: {"ok": True, "result": {"patient": "42"}},
    )
    if calls:
        answer = script.answers[0]

        def search(desk: Desk, prompt: Prompt) -> None:
            bench.add()
            answer(desk, prompt)

        script.answers[0] = search
    drive = GuidedDrive(software, Desk(tmp_path), script, Speaker(tmp_path))
    play = Play(software, bench)
    runner = play.runner()
    runner.drive = drive
    wanted = steps(SEARCH.replace(", WITHIN", f", within: {within}" if within else ""))
    result = runner.run(wanted)
    return {check.id: check for check in result.checks}, play


def test_what_the_program_does_not_offer_goes_to_the_person(tmp_path: Path) -> None:
    script = Script(says("done"), says("yes", "affiché en vert"))
    found, play = mixed(tmp_path, script)
    assert [prompt.kind for prompt in script.prompts] == ["step", "question"]
    assert "PINSON LEONIE" in script.prompts[0].sheet.gestures[0].fr  # the program's record 42, called by its name
    assert [(row.label.fr, row.value.fr) for row in script.prompts[1].compare] == [("Retour d'INSi", "00")]
    assert found["search/call"].verdict is Verdict.PASS
    assert (found["search/told"].verdict, found["search/told"].attested) == (Verdict.MANUAL, True)
    assert play.software.asked[0].action == "reset"


def test_without_a_person_it_stays_untested() -> None:
    software = FakeSoftware(
        reset=lambda body: None, patient_create=lambda body: {"ok": True, "result": {"patient": "1"}}
    )
    found = {c.id: c.verdict for c in Play(software).run(steps(SEARCH.replace(", WITHIN", ""))).checks}
    assert found["search/possible"] is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("answer", "verdict", "attested"),
    [(says("no", "écran vide"), Verdict.FAIL, False), (says("skip"), Verdict.MANUAL, False)],
)
def test_no_and_unable_to_say_are_never_a_pass(tmp_path: Path, answer: Any, verdict: Verdict, attested: bool) -> None:
    found, _ = mixed(tmp_path, Script(says("done"), answer))
    assert (found["search/told"].verdict, found["search/told"].attested) == (verdict, attested)


def test_a_delay_counts_from_the_mark(tmp_path: Path) -> None:
    found, _ = mixed(tmp_path, Script(says("done"), says("yes")), within="3")
    assert found["search/call"].verdict is Verdict.INCONCLUSIVE
    assert "je viens de valider" in found["search/call"].message.fr

    def marks(desk: Desk, prompt: Prompt) -> None:
        desk.clock = lambda: 1_789_999_990.0  # the exchange of the fake bench comes ten seconds later
        desk.mark()
        desk.answer(Answer("done"))

    late = tmp_path / "late"
    late.mkdir()
    found, _ = mixed(late, Script(marks, says("yes")), within="3")
    assert found["search/call"].verdict is Verdict.FAIL


def test_the_time_of_a_person_is_no_timeout(tmp_path: Path) -> None:
    ticks = iter(range(0, 100_000, 1000))
    drive = GuidedDrive(
        Unattended(), Desk(tmp_path), Script(says("done")), Speaker(tmp_path), lambda: float(next(ticks))
    )
    reply = drive.act(Request("patient.get", {"patient": "x"}, place=PLACE))
    assert (reply.ok, reply.by_person, drive.waited) == (True, True, 1000.0)
    with pytest.raises(NotOffered):
        drive.act(Request("settle"))


def test_nothing_exported_is_no_proof_that_nothing_leaks(tmp_path: Path) -> None:
    wanted = steps(
        """
steps:
  - id: export
    type: evidence
    text: t
    do: {action: identity.export, with: {patient: p, format: adt}}
    expect:
      - {id: none, text: aucun INS ne sort, absence: {ins: "285055503991010"}}
"""
    )

    def gives(desk: Desk, prompt: Prompt) -> None:
        desk.made("sortie.hl7", b"PID|1||285055503991010^^^INS")
        desk.answer(Answer("done"))

    def run(name: str, *answers: Callable[[Desk, Prompt], None]) -> Any:
        folder = tmp_path / name
        folder.mkdir()
        play = Play(FakeSoftware())
        runner = play.runner()
        runner.drive = GuidedDrive(Unattended(), Desk(folder), Script(says("done"), *answers), Speaker(folder))
        return {check.id: check for check in runner.run(wanted).checks}

    asked = run("without", says("done"), says("yes", "rien à l'écran"))
    assert (asked["export/none"].verdict, asked["export/none"].attested) == (Verdict.MANUAL, True)
    assert run("with", gives)["export/none"].verdict is Verdict.FAIL


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


STEP = Prompt("step", PLACE, Sheet((Words.of("faire"),)))
QUESTION = Prompt("question", PLACE, question=Words.of("Vu ?"))


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


def test_a_reply_of_a_person_is_json_both_ways() -> None:
    for reply in (Reply(True, by_person=True, marks=(1.0,)), Reply(False, error={"message": "x"}, by_person=True)):
        assert Reply.of(reply.stored()) == reply
    assert "result" not in Reply(True, by_person=True).stored()


@pytest.mark.parametrize(("answer", "failures"), [("yes", "0"), ("skip", "1")])
def test_what_a_person_attested_fails_no_build(tmp_path: Path, answer: str, failures: str) -> None:
    wanted = steps("steps: [{id: s, type: validation, text: t, expect: [{id: e, text: t, attest: {question: ok}}]}]")
    play = Play(FakeSoftware(reset=lambda body: None))
    runner = play.runner()
    runner.drive = GuidedDrive(play.software, Desk(tmp_path), Script(says("done"), says(answer)), Speaker(tmp_path))
    result = runner.run(wanted)
    assert f'failures="{failures}"' in junit.document([result], "en")
    (told_,) = [c for c in json_report._scenario(result, "en")["checks"] if c["id"] == "s/e"]
    assert told_["attested"] is (answer == "yes")
