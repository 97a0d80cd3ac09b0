"""How the journal looks in a terminal: a table within 100 columns, an entry with its layers, a replay compared."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.cells import set_cell_size
from rich.console import Console
from rich.text import Text

from harness.cli.common import t
from harness.lang import lang
from mocks.journal.content import printable
from mocks.journal.decode import Layer, layers
from mocks.journal.model import Exchange, Kind
from norms.finding import Finding, Severity
from norms.texts import text

if TYPE_CHECKING:
    from harness.replay import Replayed

WIDTH = 100
COLUMNS = (  # width, key of the heading, to the right
    (6, "id", True),
    (14, "when", False),
    (12, "session_id", False),
    (10, "listener", False),
    (14, "operation", False),
    (20, "outcome", False),
    (7, "ms", True),
    (9, "found", False),
)
MARKS = {Severity.ERROR: ("✗", "red"), Severity.WARNING: ("!", "yellow"), Severity.INFO: ("i", "blue")}


class Table:
    """Rows printed as they come. A refused handshake is explained below its row; with ``explain`` every finding is."""

    def __init__(self, *, explain: bool = False) -> None:
        self._explain, self._begun = explain, False
        self._screen = Console(highlight=False, soft_wrap=True)

    def row(self, exchange: Exchange) -> None:
        """Print one entry."""
        if not self._begun:
            self._begun = True
            self._print([t(f"journal.column_{key}") for _, key, _ in COLUMNS], "bold")
        self._print(
            [
                str(exchange.id),
                _when(exchange.started).strftime("%m-%d %H:%M:%S"),
                exchange.session,
                exchange.listener or exchange.service,
                exchange.operation or exchange.kind.value,
                exchange.outcome or str(exchange.status or "—"),
                f"{exchange.duration_ms:.1f}",
                _marks(exchange.findings),
            ],
            "red" if exchange.kind is Kind.HANDSHAKE else "",
        )
        if self._explain or exchange.kind is Kind.HANDSHAKE:
            for found in exchange.findings:
                for line in finding_lines(found, indent=7):
                    self._screen.print(line)

    def _print(self, words: Iterable[str], style: str) -> None:
        cells = []
        for word, (width, _, right) in zip(words, COLUMNS, strict=True):
            shown = printable(word, 200).replace("\n", " ")
            fitted = set_cell_size(shown, width)
            if fitted.rstrip() != shown.rstrip():
                fitted = set_cell_size(set_cell_size(shown, width - 1).rstrip() + "…", width)
            cells.append(fitted.strip().rjust(width) if right else fitted)
        self._screen.print(Text(" ".join(cells).rstrip(), style=style))


def print_exchange(exchange: Exchange) -> None:
    """An entry in full: what it is, facts, findings, layers."""
    screen = Console(highlight=False, soft_wrap=True)
    when = _when(exchange.started).isoformat(sep=" ", timespec="milliseconds")
    screen.print(Text(t(f"journal.title_{exchange.kind.value}", number=exchange.id, when=when), style="bold"))
    about = [
        ("session_id", exchange.session),
        ("service", f"{exchange.service} {exchange.listener}".strip()),
        ("operation", exchange.operation),
        ("outcome", exchange.outcome),
        ("thread", exchange.thread),
        ("client", exchange.client),
        ("duration", f"{exchange.duration_ms:.1f} ms" if exchange.duration_ms else ""),
        ("validation", exchange.validation.value if exchange.validation.value != "none" else ""),
    ]
    _facts(screen, [(t(f"journal.about_{key}"), value) for key, value in about if value], 1)
    if exchange.facts:
        _head(screen, t("journal.facts"))
        _facts(screen, exchange.facts.items(), 1)
    if exchange.findings:
        _head(screen, t("journal.findings_head", count=len(exchange.findings)))
        for found in exchange.findings:
            for line in finding_lines(found, indent=1, full=True):
                screen.print(line)
    for layer in layers(exchange):
        _layer(screen, layer, 0)


def finding_lines(found: Finding, *, indent: int, full: bool = False) -> list[Text]:
    """A finding in words, its fix under it; ``full`` adds what was expected, what was found, where and the source."""
    mark, style = MARKS[found.severity]
    try:
        message, fix, source = found.message(lang()), found.fix(lang()), f"{found.source} ({found.relation.value})"
    except KeyError:  # a rule of another version of the bench
        message, fix, source = found.found or found.rule, "", ""
    rows = [(f"{mark} ", f"{found.rule} {message}", style)]
    if full:
        where = found.where
        place = ":".join(str(n) for n in (where.line, where.column) if n)
        place = place and t("journal.finding_line", place=place)
        spots = [word for word in (place, where.path or where.xpath, where.excerpt) if word]
        for key, value in (("expected", found.expected), ("was", found.found), ("where", " · ".join(spots))):
            rows += [("  ", f"{t(f'journal.finding_{key}')} : {value}", "dim")] if value else []
    rows += [("  → ", fix, "")] if fix else []
    rows += [("  ", source, "dim")] if full and source else []
    lines = []
    for lead, words, style in rows:
        head, rest = " " * indent + lead, " " * (indent + len(lead))
        tied = printable(words, 2000).replace("« ", "«\u00a0").replace(" »", "\u00a0»")
        wrapped = textwrap.wrap(tied, WIDTH, initial_indent=head, subsequent_indent=rest, break_on_hyphens=False)
        lines += [Text(line, style=style) for line in wrapped]
    return lines


def print_replay(result: Replayed) -> None:
    """Then and now, side by side, and whether they agree."""
    screen = Console(highlight=False, soft_wrap=True)
    screen.print(Text(t("journal.replayed", method=result.method, url=printable(result.url, 300))))
    rows = [("", t("journal.then"), t("journal.now"))]
    rows += [(t(f"journal.about_{key}"), before, after) for key, before, after in result.compared()]
    wide = [max(len(row[n]) for row in rows) for n in range(2)]
    for n, (name, before, after) in enumerate(rows):
        style = "bold" if not n else "" if before == after or name == t("journal.about_duration") else "yellow"
        screen.print(Text(f"  {name:<{wide[0]}}  {before:<{wide[1]}}  {after}", style=style))
    if result.error:
        screen.print(Text(f"  {printable(result.error, 500)}", style="red"))
    for found in result.findings:
        for line in finding_lines(found, indent=2):
            screen.print(line)
    verdict = "same" if result.same else "different"
    screen.print(Text(t(f"journal.{verdict}"), style="green" if result.same else "yellow"))


def _layer(screen: Console, layer: Layer, depth: int) -> None:
    title = text("mocks.journal", f"layer.{layer.kind}", lang())
    _head(screen, f"{title} {layer.name}".strip(), depth)
    _facts(screen, layer.facts, depth + 1)
    if layer.text:
        screen.print(Text(textwrap.indent(layer.text.strip("\n"), "  " * (depth + 1))))
    for inside in layer.inner:
        _layer(screen, inside, depth + 1)


def _head(screen: Console, words: str, depth: int = 0) -> None:
    if not depth:
        screen.print()
    screen.print(Text("  " * depth + printable(words, 300), style="bold cyan"))


def _facts(screen: Console, facts: Iterable[tuple[str, str]], depth: int) -> None:
    for name, value in facts:
        line = Text("  " * depth)
        line.append(f"{printable(name, 200)} : ", style="dim")
        screen.print(line.append(printable(value, 2000)))


def _marks(findings: Iterable[Finding]) -> str:
    counts = dict.fromkeys(MARKS, 0)
    for found in findings:
        counts[found.severity] += 1
    return " ".join(f"{MARKS[severity][0]}{count}" for severity, count in counts.items() if count)


def _when(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).astimezone()
