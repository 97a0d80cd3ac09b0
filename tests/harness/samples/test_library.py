"""The committed library: equal to what the world makes, faultless where it says so, faulty by one rule elsewhere."""

from __future__ import annotations

import base64
import io
import json
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
import xmlsec
from lxml import etree

from harness.samples import core, shelf
from harness.samples.catalogue import build, samples, signed_content
from harness.samples.faults import faults
from harness.validate.engine import ins_of_the_bench
from norms.cda.document import Document, each
from norms.cda.preflight import read
from norms.cda.report import Report, validate
from norms.codes import Tables
from norms.codes.packs import Folder
from norms.finding import Severity

TODAY = datetime(2026, 12, 1, tzinfo=UTC)
VALID = sorted(row["id"] for row in shelf.rows() if row["kind"] == "valid")


def _document(id: str) -> Document:
    document, _ = read(shelf.data(id), tables=Tables(), today=None)
    assert document is not None
    return document


def _judged(data: bytes, tables: Tables, *, strict: bool = False) -> Report:
    return validate(data, tables=tables, today=TODAY, strict=strict, known=ins_of_the_bench if strict else None)


def test_committed_files_are_those_that_the_world_makes(tmp_path: Path) -> None:
    made = build(tmp_path)
    names = {path.relative_to(tmp_path).as_posix() for path in made}
    held = {
        p.relative_to(shelf.library()).as_posix() for p in shelf.library().rglob("*") if p.suffix in (".xml", ".json")
    }
    assert names == held
    for name in sorted(names):
        new, old = (tmp_path / name).read_bytes(), (shelf.library() / name).read_bytes()
        if Path(name).stem in core.SIGNED:
            assert signed_content(new) == signed_content(old), name
        else:
            assert new == old, f"{name}: run python -m harness.samples build"


def test_the_catalogue_says_every_document() -> None:
    raw = json.loads((shelf.library() / "catalogue.json").read_text(encoding="utf-8"))
    assert raw["schema"] == 1
    assert {row["id"] for row in raw["samples"]} == set(samples()) | set(faults())
    for row in raw["samples"]:
        assert row["shows"]["fr"]
        assert row["shows"]["en"]
        assert row["code"]


@pytest.mark.parametrize("id", VALID)
def test_positive_samples_pass_even_strict(id: str) -> None:
    report = _judged(shelf.data(id), Tables(), strict=True)
    assert [f.message("fr") for f in report.findings if f.severity is not Severity.INFO] == []
    assert report.verdict == "pass"


@pytest.mark.parametrize("id", VALID)
def test_positive_samples_are_small_and_synthetic(id: str) -> None:
    assert len(shelf.data(id)) < 100_000
    document = _document(id)
    for patient in each(document.root, "recordTarget/patientRole/id"):
        assert patient.get("root") in ("1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.9", "1.2.250.1.213.99.9.1")
    for element in document.elements:
        if element.get("root") == "1.2.250.1.71.4.2.1":
            assert element.get("extension", "").startswith("899700"), element.get("extension")


def test_pdf_bodies_say_pdf_a_1() -> None:
    document = _document("N1_PDF")
    text = each(document.root, "component/nonXMLBody/text")[0]
    with pikepdf.open(io.BytesIO(base64.b64decode(text.text or ""))) as made, made.open_metadata() as xmp:
        assert xmp["pdfaid:part"] == "1"


@pytest.fixture(scope="module")
def tables(shared_dir: Path) -> Tables:
    """Ours and the published value sets, for the faults that need them."""
    return Tables(Folder(shared_dir / "real" / "jdv"))


NEEDS_SETS = {"entry-value-set"}


@pytest.mark.parametrize("id", sorted(faults()))
def test_each_fault_is_told_by_its_rule_and_only_by_it(id: str, request: pytest.FixtureRequest) -> None:
    fault = faults()[id]
    tables = request.getfixturevalue("tables") if id in NEEDS_SETS else Tables()
    before = Counter(f.rule for f in _judged(shelf.data(fault.base), tables).findings)
    report = _judged(shelf.data(id), tables)
    told = Counter(f.rule for f in report.findings) - before
    del told["CDA-TRM-06"]  # how many codes were not checked: a state, not a fault
    assert told == {fault.rule: 1}
    assert (report.verdict == "fail") is (fault.severity == "error")
    strict = _judged(shelf.data(id), tables, strict=True)
    assert strict.verdict == "fail"


def test_all_the_measured_faults_are_there() -> None:
    measured = list(faults().values())[:73]
    assert Counter(f.official for f in measured) == {True: 44, False: 29}


def test_signed_sample_verifies() -> None:
    root = etree.fromstring(shelf.data("SIGNE_LDL-SES_2022.01"))
    held = root.findtext(".//{http://www.w3.org/2000/09/xmldsig#}X509Certificate")
    assert held
    xmlsec.tree.add_ids(root, ["Id"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(base64.b64decode(held), xmlsec.KeyFormat.CERT_DER)
    context.verify(root)


@pytest.mark.skipif(not os.environ.get("SEGUR_OFFICIAL"), reason="no copy of the official rules (SEGUR_OFFICIAL)")
@pytest.mark.parametrize("id", VALID)
def test_positive_samples_pass_the_official_schema(id: str) -> None:
    schema = etree.XMLSchema(
        etree.parse(str(Path(os.environ["SEGUR_OFFICIAL"]) / "infrastructure/cda/CDA_extended.xsd"))
    )
    assert schema.validate(etree.fromstring(etree.tostring(_document(id).root))), schema.error_log
