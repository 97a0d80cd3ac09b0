"""One variant of one scenario under way: a clean world, then each step, its window of traffic, its expectations."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.drive import READING, DriveCrash, DriveError, DriveTimeout, LeftOut, NotOffered, Reply, Request
from harness.guide.model import Arrival, Place
from harness.guide.place import placed
from harness.scenario.checkpoint import Point
from harness.scenario.context import Context, Window
from harness.scenario.events import CheckDone, StepStarted
from harness.scenario.expectations import decide
from harness.scenario.match import described, holds, seen
from harness.scenario.model import Scenario, Setting, Step, Variant, concerns
from harness.scenario.result import ScenarioResult, StepRecord
from harness.scenario.traffic import Traffic
from harness.scenario.values import Unset, at, fill
from harness.scenario.verdict import CheckResult, Verdict
from harness.scenario.world import WorldView
from harness.words import Words, words
from mocks.world import KINDS

if TYPE_CHECKING:
    from harness.scenario.runner import Runner

_P = "harness.scenario"
STEP_TIMEOUT = 30.0
ARRIVED = "·arrived"  # among the values saved, under a name that no scenario can write


class Halt(Exception):
    """The variant cannot go on."""


class VariantRun:
    """Goes through the steps; every check is kept in the scenario's result as it is decided."""

    def __init__(
        self, runner: Runner, scenario: Scenario, variant: Variant, result: ScenarioResult, point: Point
    ) -> None:
        self.runner, self.scenario, self.variant, self.result, self.point = runner, scenario, variant, result, point
        self.saved: dict[str, Any] = {}
        bench = runner.bench
        self.world = WorldView(bench.client, bench.session, runner.seeded)
        self.context = Context(variant, {}, {}, self.lookup, self._attest)
        self.began = self.deadline = 0.0
        self.waited = runner.drive.waited
        self.record: StepRecord | None = None  # of the step under way

    def go(self, again: Point | None = None) -> None:
        """Every step, or those from where it was left; a step that cannot be done ends the variant, said on it."""
        runner, steps = self.runner, self.scenario.steps_of(self.variant)
        for name, matcher in self.variant.when.items():
            if not holds(matcher, self._found(name)):
                why = words(_P, "run.when", name=name, wanted=described(matcher), found=seen(self._found(name)))
                self._keep(CheckResult(f"{self.variant.id}/when", Verdict.NOT_APPLICABLE, self.variant.text, why))
                return
        self.began = runner.clock() - (again.spent if again else 0.0)
        self.deadline = self.began + self.scenario.timeout * runner.settings.scale
        try:
            if again:
                self._go_on(again)
            else:
                self._begin(steps[0])
            for step in steps:
                if not again or step.id not in again.steps:
                    self._step(step, again if again and again.step == step.id else None)
        except Halt:
            pass
        self.point.done.append(self.variant.id)
        self._remember()

    def _begin(self, first: Step) -> None:
        self.runner.bench.client.reset_session(self.runner.bench.session)
        self._clean_software(first)
        self.saved = {**self.scenario.values, **self.variant.values}
        self._apply(self.scenario.setting)
        self._apply(self.variant.setting)
        self.runner.fetch()  # what came before the first step belongs to nobody
        self.runner.quiet = True

    def _go_on(self, again: Point) -> None:
        """The variant as it was when a person left it."""
        self.runner.bench.client.put_state(self.runner.bench.session, again.state)
        self.saved, self.point.steps = again.saved, list(again.steps)
        again.restore(self.context, {step.id: step for step in self.scenario.steps})
        self.runner.read = again.read
        for kind in KINDS:
            self.world.forget(kind)

    def _remember(self, step: str = "") -> None:
        """Keep where the variant stands: in that step, or between two."""
        runner, point = self.runner, self.point
        if runner.progress:
            point.spent, point.saved, point.read = self._now() - self.began, self.saved, runner.read
            point.state = runner.bench.client.state(runner.bench.session)
            point.take(self.context, step, runner.traffic)
            runner.progress.keep(point)

    def _now(self) -> float:
        """The time, without what a person took."""
        return self.runner.clock() - (self.runner.drive.waited - self.waited)

    # -- one step --------------------------------------------------------------------------------------------------

    def _step(self, step: Step, again: Point | None = None) -> None:
        runner = self.runner
        record = StepRecord(step.id, self.variant.id, step.type, step.text, runner.clock())
        record.evidence = [
            {"proof": proof.number, "keeps": list(proof.keeps)}
            for proof in step.evidence
            if concerns(proof.only, self.variant)
        ]
        self.result.steps.append(record)
        self.record = record
        expected = [expect for expect in step.expect if concerns(expect.only, self.variant)]
        timeout = min(step.timeout or STEP_TIMEOUT, self.scenario.timeout) * runner.settings.scale
        runner.emit(StepStarted(self.scenario.id, self.variant.id, step.id, step.text, _waits(step), timeout))
        try:
            if self._now() > self.deadline:
                self._halt(step, words(_P, "run.out_of_time", seconds=f"{self.scenario.timeout:g}"))
            if not again:
                with self._resolving(step):
                    self._apply(step.setting, step.id)
                if not runner.quiet:
                    self._late(runner.fetch())
                runner.stirred(step)
            self.context.windows[step.id] = Window(step, again.began if again else runner.clock())
            self._remember(step.id)
            if self._act(step, record, timeout):
                for expect in expected:
                    self._keep(decide(expect, self.context, self._id(step, expect.id)))
        finally:
            record.person = runner.drive.given()
            record.duration_s = runner.clock() - record.started
            if window := self.context.windows.get(step.id):
                record.exchanges = [entry.id for entry in window.traffic]
        self.point.steps.append(step.id)
        self._remember()

    def _late(self, arrived: list[Traffic]) -> None:
        """What came since the last window was read is still the previous step's."""
        if arrived and self.context.windows:
            self.context.window.traffic += arrived
            previous = self.result.steps[-2]
            previous.exchanges += [entry.id for entry in arrived]

    def _act(self, step: Step, record: StepRecord, timeout: float) -> bool:
        """Do what the step does; False when it is left out, the software not offering it."""
        window, runner = self.context.window, self.runner
        if step.do:
            with self._resolving(step):
                record.action, record.body = step.do.action, dict(fill(step.do.body, self.lookup))
            window.body = record.body
            try:
                window.reply = self._reply(step, record, timeout)
            except NotOffered as error:
                text = words(_P, "run.possible", text=step.text)
                self._keep(CheckResult(self._id(step, "possible"), Verdict.NOT_APPLICABLE, text, error.message))
                return False
            record.reply = window.reply.stored()
            if step.do.action not in READING or any(e.kind in ("exchange", "absence", "check") for e in step.expect):
                with self._driving(step):
                    runner.settle(timeout)
        else:
            self._tell(step)
        window.traffic += runner.fetch()
        window.ended = runner.clock()
        if step.do and window.reply:
            self._judge_reply(step, window.reply)
            answer = window.reply.stored()
            for name, path in step.save.items():
                if found := at(answer, path):
                    self.saved[name] = found[0] if len(found) == 1 else found
        return True

    def _reply(self, step: Step, record: StepRecord, timeout: float) -> Reply:
        request = Request(
            record.action,
            record.body,
            max(1.0, min(timeout, self.deadline - self._now())),
            self._placed(step),
        )
        with self._driving(step):
            return self.runner.drive.act(request)

    def _judge_reply(self, step: Step, reply: Reply) -> None:
        """Did the software accept or refuse as it must? A preparation refused ends the variant.

        Accepting is a check of its own only where nothing else judges the step.
        """
        assert step.do
        taken_for_granted = step.do.ok and (step.type == "instruction" or step.expect)
        if step.do.ok is None or (reply.ok and taken_for_granted):
            return
        error = reply.error or {}
        shown = "; ".join(str(item.get("text", "")) for item in reply.shown)
        why = str(error.get("message") or error.get("code") or shown or "—")
        text = words(_P, "run.accepts" if step.do.ok else "run.refuses", action=step.do.action)
        if reply.by_person and reply.ok == step.do.ok:
            message = words(
                "harness.guide", "ask.done" if reply.ok else "ask.refused", note=why if not reply.ok else ""
            )
            self._keep(CheckResult(self._id(step, "answer"), Verdict.MANUAL, text, message, attested=True))
            return
        if reply.ok == step.do.ok:
            passed = words(_P, "run.accepted" if reply.ok else "run.refused_rightly", why=why)
            self._keep(CheckResult(self._id(step, "answer"), Verdict.PASS, text, passed))
            return
        if step.type == "instruction":
            self._halt(step, words(_P, "run.not_prepared", action=step.do.action, why=why))
        message = words(_P, "run.refused" if step.do.ok else "run.should_refuse", action=step.do.action, why=why)
        requirements = tuple(requirement.id for requirement in self.scenario.requirements)
        self._keep(
            CheckResult(
                self._id(step, "answer"), Verdict.FAIL, text, message, text, Words.of(why), requirements=requirements
            )
        )

    # -- helpers -------------------------------------------------------------------------------------------------

    def lookup(self, name: str) -> Any:
        """The value of ``${name}``; raises Unset."""
        found = self._found(name)
        if not found:
            raise Unset(name)
        return found[0] if len(found) == 1 else found

    def _found(self, name: str) -> list[Any]:
        root, _, rest = name.partition(".")
        if root in self.saved:
            held = fill(self.saved[root], self.lookup)  # a value may itself refer to the world or to another value
            return at(held, rest) if rest else [held]
        if root == "sut":
            return at(self.runner.settings.software, rest)
        if root == "run":
            return at({"session": self.runner.bench.session, "endpoints": self.runner.bench.endpoints}, rest)
        return self.world.at(name)

    def _apply(self, setting: Setting, step: str = "") -> None:
        client, session = self.runner.bench.client, self.runner.bench.session
        for kind, items in fill(setting.world, self.lookup).items():
            for item, changes in items.items():
                client.patch_world(session, kind, item, changes)
                self.world.forget(kind)
        for name, value in fill(setting.faults, self.lookup).items():
            if isinstance(value, Mapping):
                client.arm(session, name, value["next"], int(value.get("times", 1)))
            else:
                client.set_switches(session, {name: value})
        if setting.clock is not None:
            client.set_clock(session, setting.clock)
        arrived = []
        for order in setting.incoming:
            told = dict(fill(order, self.lookup))
            name = told.pop("as", "")
            written = client.incoming(session, told)
            arrived.append(written)
            if name:
                self.saved[name] = written
        if arrived:
            self.saved[ARRIVED] = {"step": step, "messages": arrived}

    def _clean_software(self, step: Step) -> None:
        """A software that cannot be reset is used as it is: each scenario makes its own patients."""
        with self._driving(step), contextlib.suppress(NotOffered):
            start = placed(self.scenario, self.variant)
            self.runner.drive.act(Request("reset", {}, STEP_TIMEOUT * self.runner.settings.scale, start))

    @contextlib.contextmanager
    def _driving(self, step: Step) -> Any:
        try:
            yield
        except LeftOut as error:
            if not step.do or step.do.optional:
                raise
            self.point.left_out.append(self.variant.id)
            self._halt(step, error.message, Verdict.NOT_APPLICABLE)
        except NotOffered:
            if not step.do or step.do.optional:
                raise
            self._halt(step, words(_P, "run.not_offered", action=step.do.action))
        except DriveTimeout as error:
            self._halt(step, words(_P, "run.no_answer", why=error.message))
        except DriveCrash as error:
            self._halt(step, words(_P, "run.crashed", why=error.message), Verdict.FAIL)
        except DriveError as error:
            self._halt(step, words(_P, "run.not_driven", why=error.message))

    @contextlib.contextmanager
    def _resolving(self, step: Step) -> Any:
        try:
            yield
        except Unset as unset:
            self._halt(step, words(_P, "unset", name=unset.name))

    def _halt(self, step: Step, why: Words, verdict: Verdict = Verdict.INCONCLUSIVE) -> None:
        text = words(_P, "run.possible", text=step.text)
        requirements = tuple(requirement.id for requirement in self.scenario.requirements)
        self._keep(CheckResult(self._id(step, "possible"), verdict, text, why, requirements=requirements))
        raise Halt

    def _tell(self, step: Step) -> None:
        with self._driving(step), contextlib.suppress(NotOffered):
            self.runner.drive.tell(Request("", place=self._placed(step)))

    def _placed(self, step: Step) -> Place:
        """Where the step stands, and which messages the bench put into mailboxes for it."""
        told = self.saved.get(ARRIVED, {})
        mine = told.get("messages", ()) if told.get("step") == step.id else ()
        arrived = tuple(Arrival(each["to"], each["sender"], each["subject"]) for each in mine)
        return replace(placed(self.scenario, self.variant, step), arrived=arrived)

    def _attest(self, question: Words, compare: Any = ()) -> Any:
        title = f"{self.scenario.id} · {self.context.window.step.id}"
        return self.runner.drive.attest(question, title, *([compare] if compare else []))

    def _id(self, step: Step, check: str) -> str:
        return "/".join(part for part in (self.variant.id, step.id, check) if part)

    def _keep(self, result: CheckResult) -> None:
        self.result.checks.append(result)
        if self.record:
            self.record.checks.append(result.id)
        self.runner.emit(CheckDone(self.scenario.id, result))


def _waits(step: Step) -> Words:
    """What a step waits for, for the person who looks at the progress."""
    if not step.do:
        return words(_P, "run.waits_nothing")
    services = [str(e.spec.get("service", "")) for e in step.expect if e.kind == "exchange"]
    if services and services[0]:
        return words(_P, "run.waits_exchange", action=step.do.action, service=services[0])
    return words(_P, "run.waits_answer", action=step.do.action)
