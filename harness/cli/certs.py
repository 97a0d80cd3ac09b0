"""``segur certs``: make, issue, list, revoke and explain certificates."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from harness.cli.common import FAILED, HomeOption, fail, out, out_json, say, t
from harness.lang import lang

if TYPE_CHECKING:
    from mocks.igc.credential import Credential
    from mocks.igc.holder import Holder
    from mocks.igc.pki import Pki

app = typer.Typer(add_completion=False, help=t("certs.help"), no_args_is_help=True, pretty_exceptions_enable=False)


@app.command(help=t("certs.init"))
def init(
    home: Path = HomeOption(),
    faithful: bool = typer.Option(False, "--faithful", help=t("certs.faithful")),
    host: list[str] = typer.Option([], "--host", metavar="NAME", help=t("certs.host")),
    igc_url: str = typer.Option("", "--igc-url", metavar="URL", help=t("certs.igc_url")),
    force: bool = typer.Option(False, "--force", help=t("certs.force")),
    as_json: bool = typer.Option(False, "--json", help=t("certs.json")),
) -> None:
    """Make the hierarchy and its credentials, or refresh them."""
    from harness.home import Home
    from mocks.addresses import ADDRESSES
    from mocks.igc import pki as igc
    from mocks.igc.errors import PkiError

    folder = Home.at(home).pki
    hosts = [*(name for row in ADDRESSES for name in row.hosts), *host]
    existed = (folder / "state.json").exists()
    try:
        pki = igc.init(folder, faithful=faithful, hosts=hosts, igc_url=igc_url, force=force)
    except PkiError as error:
        fail(error.shown(lang()))
    except (ValueError, UnicodeError) as error:  # a --host that no certificate can carry
        fail(t("certs.bad_host", error=error))
    if existed and not force and faithful and not pki.state().faithful:
        fail(t("certs.not_faithful"))
    if as_json:
        out_json(_pki_json(pki))
        return
    say(t("certs.kept" if existed and not force else "certs.made", folder=pki.folder))
    out(f"{t('certs.trust')} : {pki.ca}\n{t('certs.truststore')} : {pki.truststore}")
    _table(pki)
    say(t("certs.password", password=igc.PASSWORD))


@app.command(help=t("certs.issue"))
def issue(
    profile: str = typer.Argument(help=t("certs.profile"), metavar="PROFILE"),
    common_name: str = typer.Option("", "--cn", help=t("certs.cn")),
    unit: str = typer.Option("", "--ou", help=t("certs.ou")),
    organisation: str = typer.Option("", "--org", help=t("certs.org")),
    given_name: str = typer.Option("", "--given-name", help=t("certs.given_name")),
    surname: str = typer.Option("", "--surname", help=t("certs.surname")),
    title: str = typer.Option("", "--title", help=t("certs.title")),
    card: str = typer.Option("", "--card", help=t("certs.card")),
    who: str = typer.Option("", "--for", metavar="ID", help=t("certs.for")),
    san: list[str] = typer.Option([], "--san", metavar="NAME", help=t("certs.san")),
    name: str = typer.Option("", "--name", help=t("certs.name")),
    overwrite: bool = typer.Option(False, "--overwrite", help=t("certs.overwrite")),
    home: Path = HomeOption(),
    as_json: bool = typer.Option(False, "--json", help=t("certs.json")),
) -> None:
    """Make a certificate for the user's own software."""
    from mocks.igc.errors import PkiError
    from mocks.igc.pki import PASSWORD

    given = {
        "common_name": common_name,
        "unit": unit,
        "organisation": organisation,
        "given_name": given_name,
        "surname": surname,
        "title": title,
        "card": card,
    }
    pki = _open(home)
    try:
        made = pki.issue(profile, _holder(profile, who, given), name=name, names=san, overwrite=overwrite)
    except PkiError as error:
        fail(error.shown(lang()))
    if as_json:
        out_json(_credential_json(pki, made))
        return
    out(f"{made.subject}\n{made.chain}\n{made.key}\n{made.p12}")
    say(t("certs.password", password=PASSWORD))


@app.command("list", help=t("certs.list"))
def list_(home: Path = HomeOption(), as_json: bool = typer.Option(False, "--json", help=t("certs.json"))) -> None:
    """Show what the PKI holds."""
    pki = _open(home)
    if as_json:
        out_json(_pki_json(pki))
    else:
        _table(pki)


@app.command(help=t("certs.revoke"))
def revoke(name: str = typer.Argument(help=t("certs.which"), metavar="NAME"), home: Path = HomeOption()) -> None:
    """Revoke a credential, or a certificate by its serial number."""
    from mocks.igc.errors import PkiError

    pki = _open(home)
    held = pki.credentials().get(name)
    try:
        pki.revoke(held.serial if held else name)
    except PkiError as error:
        fail(error.shown(lang()))
    say(t("certs.revoked_now", name=name))


@app.command(help=t("certs.inspect"))
def inspect(
    files: list[Path] = typer.Argument(help=t("certs.files"), metavar="FILE..."),
    password: str | None = typer.Option(None, "--password", help=t("certs.its_password")),
    home: Path = HomeOption(),
    as_json: bool = typer.Option(False, "--json", help=t("certs.json")),
) -> None:
    """Explain certificate files; exit code 1 when one has an error."""
    from mocks.igc.errors import PkiError
    from norms.finding import errors

    rows = []
    for path in files:
        try:
            rows += _examined(path, password, home)
        except PkiError as error:
            fail(error.shown(lang()))
        except OSError as error:
            fail(t("certs.unreadable", path=path, error=error.strerror or error))
    if as_json:
        out_json([_shown(path, found) for path, found in rows])
    else:
        for path, found in rows:
            _explain(path, found)
    if any(errors(found.findings) for _, found in rows):
        raise typer.Exit(FAILED)


# -- parts -------------------------------------------------------------------------------------------------------


def _open(home: Path | None) -> Pki:
    from harness.home import Home
    from mocks.igc.errors import PkiError
    from mocks.igc.pki import Pki

    try:
        return Pki(Home.at(home).pki)
    except FileNotFoundError:
        fail(t("certs.none"))
    except PkiError as error:
        fail(error.shown(lang()))


def _holder(profile: str, who: str, given: dict[str, Any]) -> Holder:
    """What was typed, over what the world says of the professional or organisation named."""
    from dataclasses import replace

    from mocks.igc import holder
    from mocks.igc.profiles import defaults, profiles
    from mocks.world import World

    world = World.load()
    personal = profile in profiles() and profiles()[profile].subject != "organisation"
    table: Any = world.professionals if personal else world.organisations
    default = defaults()["professional"] if personal else defaults()["organisation"]
    if who and who not in table:
        fail(t("certs.nobody", found=who, known=", ".join(table)))
    entry = table[who or default]
    if personal:
        places = [world.organisations[activity.organisation] for activity in entry.activities]
        base = holder.of_professional(entry, places[0] if places else None)
    else:
        base = holder.of_organisation(entry, given["common_name"])
    if not (base.common_name or given["common_name"]):
        fail(t("certs.no_cn"))
    return replace(base, **{key: value for key, value in given.items() if value})


def _examined(path: Path, password: str | None, home: Path | None) -> list[tuple[Path, Any]]:
    from harness.home import Home
    from mocks.igc import reader
    from norms.tls.certificate import examine

    content = reader.read(path, password)
    key = content.keys[0] if content.keys else None
    leaves = content.certificates[:1] if key or content.form == "PKCS#12" else content.certificates
    revoked: Any = lambda _: False  # noqa: E731
    if (Home.at(home).pki / "state.json").exists():
        revoked = _open(home).revoked
    return [
        (
            path,
            examine(
                certificate,
                reader.kinds(),
                datetime.now(UTC),
                key=key,
                others=content.certificates,
                shown=key is not None,
                revoked=revoked(f"{certificate.serial_number:x}"),
            ),
        )
        for certificate in leaves
    ]


def _explain(path: Path, found: Any) -> None:
    from rich.console import Console

    screen = Console(highlight=False, soft_wrap=True)
    screen.print(f"[bold]{path}[/bold]", markup=True)
    rows = {
        "subject": found.subject,
        "issuer": found.issuer,
        "kind": found.kind or t("certs.no_kind"),
        "origin": t(f"certs.origin_{found.origin.replace('-', '_')}"),
        "validity": f"{found.not_before} → {found.not_after}",
        "key": f"{found.key}, {found.digest}",
        "serial": found.serial,
        "usages": ", ".join((*found.key_usage, *found.extended)) or "-",
        "names": ", ".join(found.names) or "-",
        "card_data": ", ".join(f"{key} {value}" for key, value in found.card.items()) or "-",
    }
    if found.authority:
        rows["kind"] = t("certs.authority")
    for key, value in rows.items():
        screen.print(f"  {t(f'certs.row_{key}')} : {value}", markup=False)
    for finding in found.findings:
        mark = {"error": "✗", "warning": "!", "info": "i"}[finding.severity.value]
        screen.print(f"  {mark} {finding.rule}  {finding.message(lang())}\n      {finding.fix(lang())}", markup=False)
    if not found.findings:
        screen.print(f"  {t('certs.nothing_wrong')}", markup=False)
    screen.print()


def _shown(path: Path, found: Any) -> dict[str, Any]:
    from dataclasses import asdict

    row = {key: value for key, value in asdict(found).items() if key != "findings"}
    return {"schema": 1, "file": str(path), **row, "findings": [finding.shown(lang()) for finding in found.findings]}


def _pki_json(pki: Pki) -> dict[str, Any]:
    from mocks.igc.pki import PASSWORD

    held = {name: _credential_json(pki, one) for name, one in pki.credentials().items()}
    return {
        "schema": 1,
        "folder": str(pki.folder),
        "ca": str(pki.ca),
        "truststore": str(pki.truststore),
        "password": PASSWORD,
        "faithful": pki.state().faithful,
        "credentials": held,
    }


def _credential_json(pki: Pki, held: Credential) -> dict[str, Any]:
    return {
        "name": held.name,
        "profile": held.order.profile,
        "subject": held.subject,
        "serial": held.serial,
        "sha256": held.sha256,
        "not_before": held.not_before,
        "not_after": held.not_after,
        "negative": held.order.negative,
        "revoked": pki.revoked(held.serial),
        "cert": str(held.chain),
        "key": str(held.key),
        "p12": str(held.p12),
    }


def _table(pki: Pki) -> None:
    from rich.console import Console
    from rich.table import Table

    from mocks.igc.profiles import profiles

    table = Table(box=None, pad_edge=False)
    for heading in ("name", "profile", "cn", "until", "note"):
        table.add_column(t(f"certs.column_{heading}"), no_wrap=heading in ("name", "cn", "until"), min_width=10)
    for name, held in sorted(pki.credentials().items(), key=lambda row: (row[1].order.negative, row[0])):
        notes = [t(f"certs.fault_{held.order.fault.replace('-', '_')}")] if held.order.fault else []
        if pki.revoked(held.serial) and held.order.fault != "revoked":
            notes.append(t("certs.fault_revoked"))
        if held.order.negative and not notes:
            notes.append(t("certs.negative"))
        if not held.order.ours:
            notes.append(t("certs.yours"))
        profile = profiles()[held.order.profile]
        table.add_row(name, profile.name, held.order.holder["common_name"], held.not_after[:10], ", ".join(notes))
    Console(highlight=False).print(table)
