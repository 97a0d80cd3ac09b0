"""FHIR clients that nobody here wrote, unmodified: fhirpy (PyPI), fhir-kit-client (npm), and curl."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import OperationOutcome

from tests.harness.annuaire.conftest import KEY, Space

NODE = Path(__file__).parents[2] / "node"
needs_node = pytest.mark.skipif(
    not (shutil.which("node") and (NODE / "node_modules" / "fhir-kit-client").is_dir()),
    reason="node and fhir-kit-client are not installed: npm install --no-package-lock --prefix tests/node",
)


def test_fhirpy_searches_pages_and_is_refused(space: Space) -> None:
    annuaire = SyncFHIRClient(
        space.url, extra_headers={"ESANTE-API-KEY": KEY}, requests_config={"verify": space.ca, "timeout": 20}
    )
    doctor = annuaire.resources("Practitioner").search(identifier="99700900022").first()
    assert doctor["name"][0]["family"] == "VERVEINE"
    found = annuaire.resources("PractitionerRole").search(practitioner=doctor["id"]).include("*").fetch_raw()
    assert {one.resource_type for one in (entry.resource for entry in found.entry)} == {
        "PractitionerRole",
        "Practitioner",
        "Organization",
    }
    places = annuaire.resources("Organization").search(active="true")
    whole = [place["id"] for place in places.limit(5)]
    assert len(whole) == len(set(whole)) == 12
    assert annuaire.resources("Organization").search(mailbox_mss__contains="@ch-alisier").fetch()
    with pytest.raises(OperationOutcome, match="Parameter mailbox-mss-type not found"):
        annuaire.resources("Practitioner").search(mailbox_mss_type="PER").fetch()
    rows = space.rows()
    assert {row["outcome"] for row in rows} == {"found", "bad-request"}
    assert [row["findings"][0]["rule"] for row in rows if row["status"] == 400] == ["ANN-PARAM-02"]  # type: ignore[index]


@needs_node
def test_fhir_kit_client_searches_by_both_methods_and_follows_pages(space: Space) -> None:
    command = ["node", str(NODE / "annuaire.mjs"), space.url, KEY]
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": space.ca}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "version": "4.0.1",
        "name": "VERVEINE",
        "places": 3,
        "mailboxes": ["luc.verveine@ch-alisier.formation.mssante.fr", "luc.verveine@msp-chenes.formation.mssante.fr"],
        "posted": 2,
        "paged": 12,
        "read": True,
        "refused": [400, "Parameter mailbox-mss-type not found for resource Practitioner"],
    }


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_curl_by_the_real_names_through_the_proxy(space: Space, tmp_path: Path) -> None:
    proxy = space.client.status()["endpoints"]["proxy"]
    common = ["curl", "-sS", "--fail", "--cacert", space.ca, "-x", proxy]
    real = "https://gateway.api.esante.gouv.fr/fhir/v2/Practitioner?family=romarin"
    command = [*common, "-H", f"ESANTE-API-KEY: {KEY}", real]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(answer.stdout)["entry"][0]["fullUrl"].startswith("https://gateway.api.esante.gouv.fr/fhir/v2/P")
    path = "annuaire-sante-webservices/V300/services/extraction/Extraction_Correspondance_MSSante"
    command = [*common, "-OJ", f"https://service.annuaire.sante.fr/{path}"]
    subprocess.run(command, cwd=tmp_path, timeout=60, check=True)
    assert [file.suffix for file in tmp_path.iterdir()] == [".zip"]
    head = subprocess.run([*common, "-I", command[-1]], capture_output=True, text=True, timeout=60, check=True).stdout
    assert "filename=Extraction_Correspondance_MSSante_" in head
