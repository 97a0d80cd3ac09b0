"""Every kind of the world has its table and its page, in both languages."""

from __future__ import annotations

from dataclasses import fields

import httpx
import pytest

from harness.client import BenchClient
from harness.console.views import WORLD_COLUMNS
from mocks.world import KINDS
from mocks.world.seed import MODELS
from norms.texts import LANGS, Lang, table


@pytest.mark.parametrize("lang", LANGS)
def test_every_field_has_its_words(lang: Lang) -> None:
    known = {"note_fr", "note_en", *table("harness.console", lang)["field"]}
    assert not [f"{kind}.{field.name}" for kind in KINDS for field in fields(MODELS[kind]) if field.name not in known]
    assert tuple(sorted(WORLD_COLUMNS)) == tuple(sorted(KINDS))


@pytest.mark.parametrize("kind", KINDS)
def test_table_and_page(client: BenchClient, kind: str) -> None:
    console = client.status()["console"]
    first = client.world("default", kind)[0]["id"]
    shown = httpx.get(f"{console}/world/{kind}", trust_env=False)
    assert (shown.status_code, f"/world/{kind}/{first}" in shown.text) == (200, True)
    page = httpx.get(f"{console}/world/{kind}/{first}", trust_env=False)
    assert (page.status_code, first in page.text) == (200, True)
