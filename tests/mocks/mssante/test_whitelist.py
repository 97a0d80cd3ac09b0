"""The white list names every domain that routing accepts, in the published form."""

from __future__ import annotations

from mocks.control import Registry
from mocks.mssante import whitelist
from mocks.mssante.routing import Route, route
from mocks.mssante.switches import SWITCHES
from mocks.session import Sessions
from norms import xml
from norms.smtp import Rcpt
from tests.smtp_kit import seed


def test_the_list_and_the_routes_agree() -> None:
    session = Sessions(seed(), Registry(SWITCHES)).default
    root = xml.parse(whitelist.document(session))
    names = [one.text or "" for one in root.iter(f"{{{whitelist.NAMESPACE}}}Nom")]
    assert names[0] == "patient.mssante.fr"
    assert len(names) == len(set(names)) > 5
    for name in names:
        way = route(session, Rcpt(f"personne@{name}"))
        assert isinstance(way, Route) or way[0].status == "5.1.1", name
    refused = route(session, Rcpt("personne@ailleurs.example"))
    assert isinstance(refused, tuple)
    assert refused[1].rule == "SMTP-RCPT-01"
