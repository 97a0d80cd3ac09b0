"""``segur defects list``."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from harness.cli.defects import app
from harness.drive.reference import defects


def test_list_for_a_person_names_every_defect():
    out = CliRunner().invoke(app, ["list"], env={"COLUMNS": "200"})
    assert out.exit_code == 0
    assert [name for name in defects.catalogue() if name not in out.stdout] == []


def test_list_for_a_script():
    out = CliRunner().invoke(app, ["list", "--json"])
    listed = json.loads(out.stdout)
    assert listed["schema"] == 1
    assert [row["name"] for row in listed["defects"]] == list(defects.catalogue())
    assert set(listed["defects"][0]) == {"name", "breaks", "scenarios"}
    assert set(listed["defects"][0]["breaks"]) == {"fr", "en"}
