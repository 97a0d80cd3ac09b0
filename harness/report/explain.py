"""A check that does not pass, explained to someone who sees it for the first time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from harness.scenario.result import ScenarioResult
from harness.scenario.verdict import CheckResult, Verdict
from norms.texts import Lang, text

_P = "harness.report"
_RETURN = re.compile("\r\n?")  # ends a segment of HL7 v2
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # what a software answers must not drive a terminal


def t(key: str, lang: Lang, /, **args: object) -> str:
    """A text of the reports."""
    return text(_P, key, lang, **args)


def verdict(value: Verdict, lang: Lang) -> str:
    """« réussi », « échec »…"""
    return t(f"verdict.{value.value}", lang)


def standing(check: CheckResult, lang: Lang) -> str:
    """The verdict of a check; attested: by whom, where it is known, and when."""
    if not check.attested:
        return verdict(check.verdict, lang)
    if not check.attested_at:
        return t("attested.plain", lang)
    moment = datetime.fromtimestamp(check.attested_at, UTC).astimezone()
    when = moment.strftime("%d/%m/%Y %H:%M" if lang == "fr" else "%Y-%m-%d %H:%M")
    by = _CONTROL.sub("\ufffd", check.attested_by)
    return t("attested.by" if by else "attested.on", lang, by=by, when=when)


def concluded(result: ScenarioResult, lang: Lang) -> str:
    """The verdict of a scenario; attested when nothing waits for a person any more."""
    attested = result.verdict is Verdict.MANUAL and not result.pending
    return t("attested.plain", lang) if attested else verdict(result.verdict, lang)


def tally(results: Sequence[ScenarioResult], lang: Lang) -> list[tuple[Verdict, str, int]]:
    """How many scenarios for each verdict, in words, those that are none left out."""
    words = [(result.verdict, concluded(result, lang)) for result in results]
    return [
        (value, word, words.count((value, word)))
        for value in Verdict
        for word in dict.fromkeys(word for found, word in words if found is value)
    ]


def seconds(value: float, lang: Lang) -> str:
    """« 1,2 s »."""
    written = f"{value:.1f} s"
    return written.replace(".", ",") if lang == "fr" else written


def lines(check: CheckResult, lang: Lang) -> list[tuple[str, str]]:
    """Label and text in reading order: what had to hold, what was found, the exchange, the requirement, the fix."""
    found = [
        ("wanted", check.text.get(lang)),
        ("found", check.message.get(lang)),
        ("expected", check.expected.get(lang)),
        ("seen", check.seen.get(lang)),
        ("exchange", t("exchange", lang, id=check.exchange) if check.exchange else ""),
        ("requirement", ", ".join(check.requirements)),
        ("fix", check.fix.get(lang)),
    ]
    told = "\n".join(value for _, value in found[:2])
    # What the sentences already say is not said again.
    return [
        (t(f"label.{name}", lang), _CONTROL.sub("\ufffd", _RETURN.sub(" ⏎ ", value)))
        for n, (name, value) in enumerate(found)
        if value and not (n in (2, 3) and value in told)
    ]


def explained(check: CheckResult, lang: Lang, indent: str = "") -> str:
    """The same as plain text."""
    head = f"{indent}{check.id}: {standing(check, lang)}"
    body = [f"{indent}  {t('labelled', lang, label=label, text=value)}" for label, value in lines(check, lang)]
    rules = [f"{indent}  {finding['rule']} [{finding['relation']}]: {finding['source']}" for finding in check.findings]
    return "\n".join([head, *body, *rules])


def told(result: ScenarioResult, lang: Lang, indent: str = "") -> str:
    """Everything in a scenario that did not simply pass, explained."""
    checks, following = causes(result)
    parts = [f"{indent}{result.reason.get(lang)}"] if result.reason and not checks else []
    parts += [explained(check, lang, indent) for check in checks]
    return "\n".join(parts + ([f"{indent}{t('following', lang, n=following)}"] if following else []))


def causes(result: ScenarioResult) -> tuple[list[CheckResult], int]:
    """The checks that did not simply pass; those that only follow from another are counted, not listed."""
    checks = [c for c in result.checks if c.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE)]
    first = [check for check in checks if not check.follows] or checks
    return first, len(checks) - len(first)
