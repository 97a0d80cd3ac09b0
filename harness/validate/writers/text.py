"""Plain text for a person: the verdict, then each finding with its place, the excerpt, what to do, who says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.validate.engine import Result, refusals
from norms.finding import Finding, Severity
from norms.texts import Lang, text

REFUSALS = 20  # of the official rules, for one document
SHOWN = 5  # findings of one rule told in full; the others by their line
_COLOURS = {"error": "31", "warning": "33", "info": "36", "pass": "32", "fail": "31", "dim": "2", "bold": "1"}


@dataclass(frozen=True, slots=True)
class Style:
    """How text is written: language, with or without colours, information shown or only counted."""

    lang: Lang = "fr"
    colour: bool = False
    info: bool = False

    def t(self, key: str, **args: object) -> str:
        """A text of the validator."""
        return text("harness.validate", key, self.lang, **args)

    def paint(self, words: str, how: str) -> str:
        """The words in a colour, where colours are wanted."""
        return f"\x1b[{_COLOURS[how]}m{words}\x1b[0m" if self.colour else words


def write(results: Iterable[Result], lang: Lang) -> str:
    """All results, plain."""
    return "\n".join(line for result in results for line in lines(result, Style(lang)))


def lines(result: Result, style: Style) -> Iterator[str]:
    """What is said of one document."""
    if result.error is not None:
        words = style.t(f"sources.{result.error.reason}", found=result.error.detail)
        yield f"{style.paint(result.file, 'bold')}: {style.paint(words, 'error')}"
        yield ""
        return
    yield _head(result, style)
    seen: Counter[str] = Counter()
    rest: dict[str, list[Finding]] = {}
    for finding in result.findings:
        if finding.severity is Severity.INFO and not style.info:
            continue
        seen[finding.rule] += 1
        if seen[finding.rule] <= SHOWN:
            yield ""
            yield from _finding(finding, style)
        else:
            rest.setdefault(finding.rule, []).append(finding)
    for rule, others in rest.items():
        places = ", ".join(str(one.where.line) for one in others if one.where.line)
        yield ""
        yield "  " + style.paint(style.t("text.others", count=len(others), rule=rule, lines=places), "dim")
    if hidden := 0 if style.info else result.count(Severity.INFO):
        yield ""
        yield "  " + style.paint(style.t("text.hidden", count=hidden), "dim")
    yield from _official(result, style)
    yield ""


def summary(results: list[Result], style: Style) -> str:
    """One line on all of them."""
    verdicts = Counter(result.verdict for result in results)
    said = style.t(
        "text.summary", count=len(results), passed=verdicts["pass"], failed=verdicts["fail"], unread=verdicts["error"]
    )
    return style.paint(said, "fail" if verdicts["fail"] or verdicts["error"] else "pass")


def _head(result: Result, style: Style) -> str:
    level = style.t("text.level", level=result.document["level"]) if result.document.get("level") else ""
    kind = ", ".join(part for part in (result.document_type, level) if part)
    counts = [
        style.t(f"text.{severity.value}s", count=count)
        for severity in (Severity.ERROR, Severity.WARNING)
        if (count := result.count(severity))
    ]
    verdict = style.paint(style.t(f"text.{result.verdict}"), result.verdict)
    tail = f" ({', '.join(counts)})" if counts else ""
    spent = style.paint(f"{result.timings_ms.get('total', 0):.0f} ms", "dim")
    return f"{style.paint(result.file, 'bold')} · {kind or style.t('text.unknown')} · {verdict}{tail} · {spent}"


def _finding(finding: Finding, style: Style) -> Iterator[str]:
    where = finding.where
    severity = style.paint(style.t(f"text.{finding.severity.value}"), finding.severity.value)
    place = style.t("text.place", line=where.line, column=where.column or 1) if where.line else ""
    yield f"  {severity} {finding.rule}{'  ' + style.paint(place, 'dim') if place else ''}"
    if where.path:
        yield f"    {where.path}"
    yield f"    {style.paint(finding.message(style.lang), 'bold')}"
    if where.excerpt:
        yield style.paint(f"    {where.line or '':>5} │ {where.excerpt}", "dim")
    yield f"    {style.t('text.fix')} {finding.fix(style.lang)}"
    yield style.paint(f"    {style.t('text.source', source=finding.source, relation=_relation(finding, style))}", "dim")


def _relation(finding: Finding, style: Style) -> str:
    return style.t(f"relation.{finding.relation.value}")


def _official(result: Result, style: Style) -> Iterator[str]:
    official = result.engines.get("official")
    if not official:
        return
    yield ""
    yield f"  {style.paint(style.t('official.title'), 'bold')} ({_copy(official.get('pack', {}), style)})"
    refused = refusals(official)
    yield "  " + style.t(f"official.{official['verdict']}", count=len(refused), found=official.get("error", ""))
    for row in refused[:REFUSALS]:
        place = style.t("official.line", line=row["line"]) if row["line"] else ""
        yield "    " + " · ".join(part for part in (row["profile"], place, row["location"]) if part)
        yield f"      {row['text']}"
    if len(refused) > REFUSALS:
        yield "    " + style.paint(style.t("official.more", count=len(refused) - REFUSALS), "dim")
    if agreement := official.get("agreement"):
        yield "  " + style.t("official.agreement", **{name: len(rows) for name, rows in agreement.items()})


def _copy(pack: Mapping[str, str], style: Style) -> str:
    """Which copy it is: its name, its commit, the date of its value sets."""
    commit, date = pack.get("commit", "")[:8], pack.get("date", "")
    said = (pack.get("name", ""), commit and f"commit {commit}", date and style.t("official.sets", date=date))
    return ", ".join(part for part in said if part)


def defects(found: Iterable[str], style: Style) -> Iterator[str]:
    """What is broken in the official copy and was worked round: said once, after all documents."""
    rows = list(found)
    if rows:
        yield style.t("official.defects")
        yield from (f"  {words}" for words in rows)
