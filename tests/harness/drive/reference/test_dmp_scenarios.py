"""Every DMP scenario, played by the reference software on a live bench: each one passes, whatever its products."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import harness.drive.reference.dmp_actions  # noqa: F401 - registers the actions
from harness.bench import Bench as LiveBench
from harness.client import BenchClient
from harness.drive import Drive, Reply, Request, reply
from harness.drive import Software as Told
from harness.drive.open import _professional, dmp_settings, insi_settings, psc_settings
from harness.drive.reference.app import perform
from harness.drive.reference.config import read
from harness.drive.reference.software import Software
from harness.drive.sut import REFERENCE
from harness.scenario.loader import library
from harness.scenario.model import Scenario
from harness.scenario.runner import Bench, Runner, Settings
from harness.scenario.verdict import Verdict
from tests.scenario_kit import known

SCENARIOS = list(library(known=known(), only=("H.DMPA", "H.DMPC")).scenarios.values())


class Here(Drive):
    """The software in this process."""

    def __init__(self, software: Software) -> None:
        self.software = software

    def open(self) -> Told:
        return Told()

    def act(self, request: Request) -> Reply:
        return reply(perform(self.software, request.action, dict(request.body)), request.action)

    def close(self) -> None:
        self.software.close()


@pytest.fixture(scope="module")
def runner(live_bench: LiveBench, client: BenchClient) -> Iterator[Runner]:
    status = live_bench.status()
    session = client.open_session("dmp", own_ports=True)
    software = Here(Software(read(_config(client, session, status))))
    bench = Bench(client, session["id"], session["endpoints"], status["pid"])
    yield Runner(bench, software, Settings(software=REFERENCE.shown()), lambda _: None)
    software.close()
    client.close_session(session["id"])


def _config(client: BenchClient, session: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    people = client.world(session["id"], "professionals")
    people.sort(key=lambda row: "main" not in row.get("tags", ()))
    return {
        "insi": insi_settings("ps", status, session["endpoints"]),
        "psc": psc_settings(status, session["endpoints"]),
        "dmp": dmp_settings(status, session["endpoints"]),
        "professionals": [_professional(row) for row in people],
    }


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.id)
def test_passes(runner: Runner, scenario: Scenario) -> None:
    result = runner.run(_quicker(scenario))
    assert [(one.id, one.message.en) for one in result.checks if one.verdict is not Verdict.PASS] == []
    assert result.verdict is Verdict.PASS


def _quicker(scenario: Scenario) -> Scenario:
    """Its first case only (`make prove` plays the others too); the DMP slow by one second rather than three."""

    def faults(step: Any) -> Any:
        slow = {name: 1000 if name == "dmp.latency_ms" else value for name, value in step.setting.faults.items()}
        return replace(step, setting=replace(step.setting, faults=slow))

    return replace(scenario, variants=scenario.variants[:1], steps=tuple(map(faults, scenario.steps)))


def test_none_is_left_to_its_product_alone() -> None:
    played = {product for one in SCENARIOS for product in one.products}
    assert {"LGC", "DPI", "PFI", "RIS", "SGL"} <= played
    assert len(SCENARIOS) == 22
