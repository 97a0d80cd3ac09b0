"""Pages of the scenarios: the list by product, wave and domain, and one as a tester reads it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.responses import Response

from harness.console.pages import language, render
from harness.drive.sut import PRODUCTS
from harness.scenario import show
from harness.scenario.choose import why_not
from harness.scenario.model import Scenario

if TYPE_CHECKING:
    from harness.bench import Bench


def mount(app: FastAPI, bench: Bench) -> None:
    """Add the pages."""
    assert bench.runs is not None
    runs = bench.runs

    @app.get("/scenarios", include_in_schema=False)
    async def scenarios(request: Request) -> Response:
        library = await asyncio.to_thread(lambda: runs.library)
        every = list(library.scenarios.values())
        query = request.query_params
        return render(
            request,
            bench,
            "scenarios.html",
            rows=[s for s in every if _wanted(s, query.get("product", ""), query.get("wave", ""), query.get("domain"))],
            total=len(every),
            products=PRODUCTS,
            domains=sorted({s.domain for s in every}),
            query=query,
            problems=[problem.shown(language(request)) for problem in library.problems],
        )

    @app.get("/scenarios/{scenario}", include_in_schema=False)
    async def one(request: Request, scenario: str) -> Response:
        library = await asyncio.to_thread(lambda: runs.library)
        found = library.scenarios.get(scenario.upper())
        if found is None:
            return render(request, bench, "missing.html", code=404, what=scenario)
        told = show.document(found, language(request))
        return render(request, bench, "scenario.html", s=told, waves=" + ".join(map(str, found.waves)))


def _wanted(scenario: Scenario, product: str, wave: str, domain: str | None) -> bool:
    if domain and scenario.domain != domain:
        return False
    number = int(wave) if wave in ("1", "2") else 0
    profiles = scenario.profiles  # every profile is listed here
    return not why_not(scenario, product=product if product in PRODUCTS else "", wave=number, profiles=profiles)
