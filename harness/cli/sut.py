"""``segur sut``: write a ``sut.toml`` by answering questions (or by options), check one."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from harness.cli.common import fail, out, out_json, say, t
from harness.lang import lang

app = typer.Typer(add_completion=False, no_args_is_help=True, help=t("sut.help"), pretty_exceptions_enable=False)


@app.command(help=t("sut.init_help"))
def init(
    name: str = typer.Option("", "--name", help=t("sut.name")),
    version: str = typer.Option("", "--version", help=t("sut.version")),
    product: str = typer.Option("", "--product", help=t("sut.product")),
    wave: int = typer.Option(0, "--wave", min=0, max=2, help=t("sut.wave")),
    profile: list[str] = typer.Option([], "--profile", help=t("run.profile")),
    kind: str = typer.Option("", "--kind", help=t("sut.kind")),
    url: str = typer.Option("", "--url", help=t("sut.url")),
    argv: list[str] = typer.Option([], "--argv", help=t("sut.argv")),
    insi: str = typer.Option("", "--insi", help=t("sut.insi")),
    cert: str = typer.Option("", "--cert", help=t("sut.cert")),
    yes: bool = typer.Option(False, "--yes", "-y", help=t("sut.yes")),
    force: bool = typer.Option(False, "--force", help=t("sut.force")),
    file: Path = typer.Option(Path("sut.toml"), "--out", metavar="F", dir_okay=False, help=t("sut.out")),
) -> None:
    """Ask what the options do not say (on a terminal), write the file, read it back."""
    from harness.drive.sut import INSI_MODES, KINDS, PRODUCTS, BadSut, parse

    if file.exists() and not force:
        fail(t("sut.exists", file=file))
    asking = sys.stdin.isatty() and not yes

    def ask(given: str, key: str, default: str, choices: tuple[str, ...] = ()) -> str:
        if given or not asking:
            return given or default
        shown = f"{t(key)} [{'/'.join(choices)}]" if choices else t(key)
        while True:
            answer = str(typer.prompt(shown, default=default, err=True))
            if not choices or answer in choices:
                return answer
            say(t("sut.one_of", choices=", ".join(choices)))

    name = ask(name, "sut.name", "Mon logiciel" if lang() == "fr" else "My software")
    product = ask(product, "sut.product", "LGC", PRODUCTS)
    wave_asked = ask(str(wave or ""), "sut.wave", "2", ("1", "2"))
    kind = ask(kind, "sut.kind", "command" if argv else "http", tuple(k for k in KINDS if k != "reference"))
    if kind == "http":
        url = ask(url, "sut.url", "http://127.0.0.1:8080")
    if kind == "command":
        argv = argv or ask("", "sut.argv", "").split()
    insi = ask(insi, "sut.insi", "tlsm", INSI_MODES)
    cert = ask(cert, "sut.cert", "insi-manu" if insi == "tlsm" else "")
    text = _toml(name, version, product, wave_asked, profile, kind, url, argv, insi, cert)
    try:
        parse(text, str(file), file.parent)
    except BadSut as error:
        fail(error.message.get(lang()))
    file.write_text(text, encoding="utf-8")
    out(str(file))
    say(t("sut.next", file=file))


@app.command(help=t("sut.check_help"))
def check(
    file: Path = typer.Argument(Path("sut.toml"), metavar="FILE", dir_okay=False),
    as_json: bool = typer.Option(False, "--json", help=t("scenarios.json")),
) -> None:
    """Read a ``sut.toml`` and say what it means, or what is wrong and on which line."""
    from harness.drive.sut import BadSut, read

    try:
        sut = read(file)
    except BadSut as error:
        fail(error.message.get(lang()))
    if as_json:
        out_json({"schema": 1, "sut": sut.shown(), "drive": sut.drive.kind})
        return
    shown = sut.shown()
    out(
        t(
            "sut.means",
            name=shown["name"],
            product=shown["product"] or "—",
            wave=shown["wave"] or "—",
            kind=sut.drive.kind,
        )
    )


def _toml(
    name: str,
    version: str,
    product: str,
    wave: str,
    profiles: list[str],
    kind: str,
    url: str,
    argv: list[str],
    insi: str,
    cert: str,
) -> str:
    """The file, with a line on each choice that a reader may wonder about."""
    lines = ["schema = 1", "", "[sut]", f"name = {_text(name)}"]
    lines += [f"version = {_text(version)}"] if version else []
    lines += [f"product = {_text(product.upper())}", f"wave = {wave}"]
    lines += [f"profiles = {_list(profiles)}"] if profiles else []
    lines += ["", "[drive]", f"kind = {_text(kind)}"]
    lines += [f"url = {_text(url)}  # {t('sut.url')}"] if kind == "http" else []
    lines += [f"argv = {_list(argv)}  # {t('sut.argv')}"] if kind == "command" else []
    lines += ["", "[auth]", f"insi = {_text(insi)}  # {t('sut.insi')}"]
    if cert:
        lines += ["", "[bind]", f"cert = {_text(cert)}  # {t('sut.cert')}"]
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)  # a JSON string is a TOML basic string


def _list(values: list[str]) -> str:
    return "[" + ", ".join(_text(value) for value in values) + "]"
