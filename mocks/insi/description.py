"""The service's WSDL and schemas, our own, at ``?wsdl`` and ``?xsd=<name>``."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final
from urllib.parse import parse_qs

from mocks.http import Answer, Call
from norms.soap import escape

SCHEMAS: Final = ("recsans", "recvit", "resultat", "ctxbam", "ctxlps", "siram")
_XML: Final = "text/xml; charset=utf-8"


@cache
def _file(name: str) -> str:
    return files("mocks.insi").joinpath("wsdl", name).read_text(encoding="utf-8")


def describe(call: Call) -> Answer:
    """The WSDL, with the address that it was asked at, or one of its schemas; 404 for anything else."""
    asked = {key.lower(): values[-1] for key, values in parse_qs(call.query, keep_blank_values=True).items()}
    call.exchange.operation = "wsdl"
    if "wsdl" in asked:
        scheme = "https" if call.exchange.tls else "http"
        address = f"{scheme}://{call.header('host')}{call.path}"
        return Answer(200, _file("insi.wsdl").replace("ADDRESS", escape(address)).encode(), _XML)
    if asked.get("xsd") in SCHEMAS:
        return Answer(200, _file(f"{asked['xsd']}.xsd").encode(), _XML)
    return Answer(404, f"?wsdl, ?xsd={'|'.join(SCHEMAS)}".encode())
