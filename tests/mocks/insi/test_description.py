"""The WSDL and its schemas: a zeep client built from them calls both operations; the schemas accept our own answers."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
import uvicorn
from lxml import etree

from norms.instant import write_utc
from tests import insi_kit as kit
from tests.insi_bench import Bench, peer

zeep = pytest.importorskip("zeep")


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


@pytest.fixture(scope="module")
def address(bench: Bench) -> Iterator[str]:
    """INSi over plain HTTP, with the certificate facts that the TLS listener would give."""

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            tls = {"peer": peer(), "tls": None, "listener": "insi_tlsm", "abort": None}
            scope["extensions"] = {**scope.get("extensions", {}), "tls": tls}
        await bench.service(scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/lps"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def client(address: str) -> Any:
    return zeep.Client(f"{address}?wsdl")


def contexts() -> dict[str, Any]:
    now = write_utc(time.time())
    return {
        "ContexteBAM": {
            "Version": "01_02",
            "Id": str(uuid.uuid4()),
            "Temps": now,
            "Emetteur": kit.STRUCTURE,
            "COUVERTURE": {},
        },
        "ContexteLPS": {
            "Version": "01_00",
            "Nature": "CTXLPS",
            "Id": str(uuid.uuid4()),
            "Temps": now,
            "Emetteur": kit.STRUCTURE,
            "LPS": {
                "IDAM": {"_value_1": "CNDA-0001", "R": "4"},
                "Version": "1",
                "Instance": kit.INSTANCE,
                "Nom": "urn:lps:zeep:1",
            },
        },
    }


def search(client: Any, name: str, given: str, sex: str, date: str, **more: str) -> Any:
    ask = client.service.rechercherInsAvecTraitsIdentite
    return ask(NomNaissance=name, Prenom=[given], Sexe=sex, DateNaissance=date, **more, _soapheaders=contexts())


def test_00(client: Any, bench: Bench) -> None:
    answer = search(client, "ECETINSI", "PIERRE-ALAIN", "M", "2009-07-14")
    assert answer.CR.CodeCR == "00"
    assert answer.INDIVIDU.INSACTIF.IdIndividu.NumIdentifiant == "1090763220834"
    assert answer.INDIVIDU.INSHISTO[0].IdIndividu.Cle == "39"
    assert answer.INDIVIDU.TIQ.ListePrenom == "PIERRE-ALAIN MURIEL FLORIANT"
    assert bench.journal.last is not None
    assert [f.rule for f in bench.journal.last.findings] == ["INSI-MID-03"]  # zeep writes urn:uuid:


def test_01_and_02(client: Any) -> None:
    unknown = search(client, "FAUVETTE", "IRENE", "F", "1949-08-17")
    assert (unknown.CR.CodeCR, unknown.INDIVIDU) == ("01", None)
    several = search(client, "DE VINCI", "LEONARDO", "M", "2014-02-01")
    assert (several.CR.CodeCR, several.INDIVIDU) == ("02", None)
    assert search(client, "DE VINCI", "LEONARDO", "M", "2014-02-01", LieuNaissance="63220").CR.CodeCR == "00"


def test_card(client: Any) -> None:
    ask = client.service.rechercherInsAvecCarteVitale
    answer = ask(
        MatriculeOD={"NumIdentifiant": "1830955050911"},
        DateNaissance="2016-05-09",
        RangNaissance="2",
        _soapheaders=contexts(),
    )
    assert answer.INDIVIDU.TIQ.ListePrenom == "EVE"


def test_fault(client: Any) -> None:
    with pytest.raises(zeep.exceptions.Fault) as caught:
        search(client, "ADRUN", "ZOE", "X", "1975-12-31")
    assert caught.value.code.endswith(":Sender")
    assert caught.value.subcodes[0].localname == "siram_10"
    assert caught.value.detail.find("{urn:siram}Erreur").get("code") == "insi_24"


def test_address_is_the_one_asked(bench: Bench) -> None:
    reply = bench.call(b"", method="GET", target="/lps?WSDL", headers={"host": "services-ps.ameli.fr"})
    assert b'location="http://services-ps.ameli.fr/lps"' in reply.body
    for wrong in ("/lps", "/lps?xsd=../insi", "/lps?xsd=", "/lps?other"):
        assert bench.call(b"", method="GET", target=wrong).status == 404


def _schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring(files("mocks.insi").joinpath("wsdl", name).read_bytes()))


@pytest.mark.parametrize(
    "traits",
    [("ADRUN", "ZOE", "F", "1975-12-31"), ("CHOUETTE", "SUZANNE", "F", "1957-11-11"), ("X", "Y", "F", "1975-12-31")],
)
def test_answers_keep_the_schema(traits: tuple[str, ...]) -> None:
    schema, bench = _schema("resultat.xsd"), Bench()
    for switches in ({}, {"prefixes": "shuffled"}, {"prenom": True}):
        bench.switch(**switches)
        schema.assertValid(etree.ElementTree(bench.traits(*traits).inside))


def test_faults_keep_the_schema_but_fatal(insi: Bench) -> None:
    schema = _schema("siram.xsd")

    def erreur() -> etree._Element:
        return next(insi.traits().inside.iter("{urn:siram}Erreur"))

    insi.switch(fault="desir_1020")
    schema.assertValid(etree.ElementTree(etree.fromstring(etree.tostring(erreur()))))
    insi.switch(severity="fatal")
    assert not schema.validate(etree.ElementTree(etree.fromstring(etree.tostring(erreur()))))


def test_requests_of_the_tests_keep_the_schemas() -> None:
    sent = etree.fromstring(kit.message(kit.traits()))
    for name, tag in (
        ("ctxbam.xsd", "{urn:siram:bam:ctxbam}ContexteBAM"),
        ("ctxlps.xsd", "{urn:siram:lps:ctxlps}ContexteLPS"),
        ("recsans.xsd", "{http://www.cnamts.fr/INSiRecSans}RECSANSVITALE"),
    ):
        element = next(sent.iter(tag))
        _schema(name).assertValid(etree.ElementTree(etree.fromstring(etree.tostring(element))))
