"""A run: several scenarios in order, each result kept at once, whatever happens in between."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Sequence
from typing import Any

from harness.client import BenchError
from harness.scenario.events import Emit, RunFinished, RunStarted, ScenarioFinished, ScenarioStarted
from harness.scenario.model import Scenario
from harness.scenario.result import ScenarioResult
from harness.scenario.runner import Runner
from harness.scenario.store import FINISHED, RUNNING, STOPPED, Store
from harness.scenario.verdict import CheckResult, Verdict
from harness.words import NO_WORDS, Words, words

log = logging.getLogger("segur.run")
_P = "harness.scenario"


def execute(
    scenarios: Sequence[Scenario], runner: Runner, store: Store, emit: Emit, *, about: dict[str, Any] | None = None
) -> RunFinished:
    """Run what has no result yet in the store (or only one of the bench's own fault); returns how the run ended.

    ``about`` goes into `RunStarted` (software, suite, left_out). Ctrl-C and a lost bench end the run, not the program.
    """
    kept = {s.id: done for s in scenarios if (done := store.result(s.id)) and done.verdict is not Verdict.ERROR}
    store.note(state=RUNNING)
    emit(RunStarted(store.run, len(scenarios), resumed=len(kept), **(about or {})))
    results: list[ScenarioResult] = []
    stopped, interrupted = NO_WORDS, False
    try:
        for number, scenario in enumerate(scenarios, 1):
            if done := kept.get(scenario.id):
                results.append(done)
                emit(ScenarioFinished(done, kept=True))
                continue
            emit(ScenarioStarted(scenario.id, scenario.title, number, len(scenarios)))
            result, stopped = _one(scenario, runner, store)
            results.append(result)
            emit(ScenarioFinished(result))
            if stopped:
                break
    except KeyboardInterrupt:
        stopped, interrupted = words(_P, "run.interrupted", run=store.run), True
    store.note(state=STOPPED if stopped else FINISHED, finished=time.time())
    finished = RunFinished(store.run, results, stopped, interrupted, str(store.folder))
    emit(finished)
    return finished


def _one(scenario: Scenario, runner: Runner, store: Store) -> tuple[ScenarioResult, Words]:
    """The result of one scenario, kept; and why the run cannot go on, when it cannot."""
    stopped, began = NO_WORDS, time.time()
    try:
        result = runner.run(scenario)
    except BenchError as error:
        result = _fault(scenario, words(_P, "run.bench_lost", why=str(error)), began)
        if error.unreachable:
            stopped = words(_P, "run.stopped", run=store.run)
    except Exception as error:
        log.debug("scenario %s", scenario.id, exc_info=True)
        (store.folder / f"crash-{scenario.id}.txt").write_text(traceback.format_exc(), encoding="utf-8")
        result = _fault(scenario, words(_P, "run.crash", why=f"{type(error).__name__}: {error}"), began)
    store.save(result, runner.traffic)
    return result, stopped


def _fault(scenario: Scenario, why: Words, began: float) -> ScenarioResult:
    result = ScenarioResult.about(scenario, Verdict.ERROR)
    result.started, result.duration_s, result.reason = began, time.time() - began, why
    result.checks.append(CheckResult("bench", Verdict.ERROR, words(_P, "run.bench_text"), why))
    return result


def not_applicable(scenario: Scenario, why: Words) -> ScenarioResult:
    """The result of a scenario that does not concern this software."""
    result = ScenarioResult.about(scenario, Verdict.NOT_APPLICABLE)
    result.started, result.reason = time.time(), why
    return result
