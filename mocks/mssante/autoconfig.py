"""Autoconfiguration: ``https://autoconfig.<domain>/mail/config-v1.1.xml``, in Mozilla's format (clientConfig 1.1).

ANS, exigences Ségur vague 2 (projet), MSS/CONF.04. The subset that operators serve is not published: provisional.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from lxml import etree

from mocks.control import Switch
from mocks.http import Answer, Call, Service, common_switches
from mocks.hub import Hub
from mocks.mssante import whitelist
from mocks.world import World
from norms.finding import find

PATH = "/mail/config-v1.1.xml"
PATIENTS = "patient.mssante.fr"  # not for software
REAL_PORTS = {"imap": 143, "smtp": 587}

SWITCHES: tuple[Switch, ...] = (
    Switch(
        "autoconfig.document",
        "choice",
        "bench",
        "Document d'autoconfiguration : adresses du banc, noms réels (imap.<domaine>, smtp.<domaine>, ports 143 et 587)"
        ", absent (404), illisible",
        "Autoconfiguration document: the bench's addresses, real names (imap.<domain>, smtp.<domain>, ports 143 and"
        " 587), absent (404), unreadable",
        choices=("bench", "real", "absent", "broken"),
        provisional=True,
    ),
    Switch(
        "autoconfig.srv",
        "bool",
        False,
        "Répondre aux questions DNS SRV (_imap._tcp, _submission._tcp) : lecture d'un tiers, aucun texte ne la donne",
        "Answer DNS SRV questions (_imap._tcp, _submission._tcp): a third party's reading, no text gives it",
        provisional=True,
    ),
    *common_switches("autoconfig"),
)


def domains(world: World) -> list[str]:
    """The domains of the world's mailboxes."""
    found = {address.rpartition("@")[2] for address in world.mailboxes}
    return sorted(found - {PATIENTS, ""})


def hosts(world: World) -> dict[str, list[str]]:
    """Listener name -> the real names that it stands for, one of each per mailbox domain."""
    known = domains(world)
    return {name: [f"{name}.{domain}" for domain in known] for name in ("autoconfig", "imap", "smtp")}


def service(hub: Hub) -> Service:
    """The HTTPS service, one for all domains: the Host header, else ``emailaddress=``, tells which is meant."""
    white_list = {("GET", whitelist.PATH): whitelist.serve}
    return Service("autoconfig", hub, {("GET", PATH): serve, ("HEAD", PATH): serve, **white_list})


async def serve(call: Call) -> Answer:
    """The document of a domain, 404 for a domain without mailboxes."""
    address = parse_qs(call.query).get("emailaddress", [""])[0].strip().lower()
    call.rebind(mailbox=address)
    host = call.header("host").rpartition(":")[0] or call.header("host")
    domain = host.lower().removeprefix("autoconfig.") if host.lower().startswith("autoconfig.") else ""
    domain = domain or address.rpartition("@")[2]
    call.exchange.operation = "autoconfig"
    call.exchange.facts.update({k: v for k, v in {"domain": domain, "mailbox": address}.items() if v})
    known = domains(call.session.world)
    wanted = call.switch("document")
    if domain not in known or wanted == "absent":
        if domain not in known:
            call.note(find("IMAP-CONF-01", expected=", ".join(known[:10]), found=domain or host))
        call.exchange.outcome = "absent"
        return Answer(404, b"no configuration for this domain")
    call.exchange.outcome = str(wanted)
    if wanted == "broken":
        return Answer(200, b"<clientConfig version='1.1'><emailProvider", "text/xml; charset=utf-8")
    real = {name: (f"{name}.{domain}", port) for name, port in REAL_PORTS.items()}
    places = real if wanted == "real" else bench_places(call.hub.urls(call.session))
    body = b"" if call.method == "HEAD" else document(domain, places)
    return Answer(200, body, "text/xml; charset=utf-8")


def bench_places(urls: Mapping[str, str]) -> dict[str, tuple[str, int]]:
    """Host and port of the bench's own IMAP and SMTP."""
    found = {name: urlsplit(urls[name]) for name in REAL_PORTS}
    return {name: (url.hostname or "", url.port or 0) for name, url in found.items()}


def document(domain: str, places: Mapping[str, tuple[str, int]]) -> bytes:
    """The document; ``places``: host and port of ``imap`` and ``smtp``."""
    root = etree.Element("clientConfig", version="1.1")
    provider = etree.SubElement(root, "emailProvider", id=domain)
    for name, text in (("domain", domain), ("displayName", f"MSSanté {domain}"), ("displayShortName", "MSSanté")):
        etree.SubElement(provider, name).text = text
    for tag, name in (("incomingServer", "imap"), ("outgoingServer", "smtp")):
        server = etree.SubElement(provider, tag, type=name)
        host, port = places[name]
        words = {
            "hostname": host,
            "port": str(port),
            "socketType": "STARTTLS",
            "authentication": "OAuth2",
            "username": "%EMAILADDRESS%",
        }
        for child, text in words.items():
            etree.SubElement(server, child).text = text
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
