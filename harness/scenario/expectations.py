"""Deciding one expectation: each kind looks, then returns what it saw or raises why it does not hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.scenario import checks
from harness.scenario.context import Context
from harness.scenario.eye import by_eye, on_word, unseen, untold
from harness.scenario.leaks import no_ins_leaves
from harness.scenario.match import described, holds, seen
from harness.scenario.model import Expect
from harness.scenario.select import chosen, count_words, counted, listed, pool, selection
from harness.scenario.traffic import Traffic
from harness.scenario.values import Unset, at, fill
from harness.scenario.verdict import (
    Attested,
    CheckResult,
    Failed,
    Follows,
    Inconclusive,
    NotPassed,
    Seen,
    ToAttest,
    Verdict,
    kept,
    mended,
    said,
)
from harness.words import NO_WORDS, Words, words
from norms.finding import errors

_P = "harness.scenario"


def decide(expect: Expect, context: Context, result_id: str) -> CheckResult:
    """The result of one expectation of the current step."""
    if untold(expect, context):
        return _result(expect, result_id, by_eye(expect, context))
    try:
        saw = _KINDS[expect.kind](context, fill(expect.spec, context.lookup))
    except Unset as unset:
        if expect.kind in ("answer", "check") and unseen(unset.name, context):
            return _result(expect, result_id, by_eye(expect, context))
        return _result(expect, result_id, Follows(words(_P, "unset", name=unset.name)))
    except NotPassed as reason:
        return _result(expect, result_id, reason)
    passed = words(_P, "passed", seen=saw.seen) if saw.seen else words(_P, "passed_plain")
    if on_word(expect, context):
        return _result(expect, result_id, Attested(passed, saw, at=_told_at(expect, context)))
    return CheckResult(
        result_id, Verdict.PASS, expect.text, passed, saw.expected, saw.seen, saw.exchange, expect.requirements
    )


def _result(expect: Expect, result_id: str, reason: NotPassed) -> CheckResult:
    saw = reason.seen
    return CheckResult(
        result_id,
        reason.verdict,
        expect.text,
        reason.message,
        saw.expected,
        saw.seen,
        saw.exchange,
        expect.requirements,
        _fix(expect, reason),
        saw.findings,
        isinstance(reason, Follows),
        isinstance(reason, Attested),
        reason.by if isinstance(reason, Attested) else "",
        reason.at if isinstance(reason, Attested) else 0.0,
    )


def _fix(expect: Expect, reason: NotPassed) -> Words:
    """What was seen is nearer to the cause than what the scenario foresaw; nothing to mend before something failed."""
    foreseen = NO_WORDS if isinstance(reason, Follows | ToAttest | Attested) else expect.fix
    return reason.fix or foreseen


def _told_at(expect: Expect, context: Context) -> float:
    """When a person told what the answer of a step rests on."""
    window = context.windows[expect.spec.get("of") or context.window.step.id]
    marks = window.reply.marks if window.reply else ()
    return marks[-1] if marks else window.ended


# -- exchange -----------------------------------------------------------------------------------------------------


def _exchange(context: Context, spec: Mapping[str, Any]) -> Seen:
    found = chosen(context, spec)
    least, most = counted(spec)
    if len(found) < least and not found:
        _nothing(context, spec)
    expected = words(_P, "exchange.expected", count=count_words(least, most), what=selection(spec))
    first = found[0].id if found else None
    if len(found) < least or (most is not None and len(found) > most):
        saw = words(_P, "exchange.count_seen", n=len(found), which=listed(found))
        raise Failed(words(_P, "exchange.count", expected=expected, n=len(found)), Seen(expected, saw, first))
    if within := spec.get("within"):
        _in_time(context, found, float(within))
    for path, matcher in spec.get("fields", {}).items():
        for entry in found:
            values = entry.at(path)
            if not holds(matcher, values):
                wanted = Words(f"{path} {described(matcher).fr}", f"{path} {described(matcher).en}")
                message = words(
                    _P, "exchange.field", path=path, id=entry.id, wanted=described(matcher), found=seen(values)
                )
                raise Failed(message, Seen(wanted, seen(values), entry.id))
    if label := spec.get("as"):
        context.labels[label] = found
    return Seen(expected, listed(found), first)


def _nothing(context: Context, spec: Mapping[str, Any]) -> None:
    """Nothing was selected though something had to be: say what came instead."""
    entries = pool(context, spec)
    expected = selection(spec)
    same_service = [e for e in entries if e.is_exchange and spec.get("service", e.service) == e.service]
    if same_service:
        nearest = same_service[-1]
        refused = errors(nearest.findings)
        saw = listed(same_service)
        key = "exchange.other_refused" if refused else "exchange.other"
        message = words(_P, key, expected=expected, seen=saw, why=said(refused))
        raise Failed(message, Seen(expected, saw, nearest.id, kept(refused)), fix=mended(refused))
    refusals = [e for e in entries if e.raw["kind"] == "handshake"]
    if refusals:
        last = refusals[-1]
        why = said(last.findings) or Words(last.outcome, last.outcome)
        message = words(_P, "exchange.handshake", expected=expected, id=last.id, why=why)
        raise Failed(message, Seen(expected, why, last.id, kept(last.findings)), fix=mended(last.findings))
    saw = listed([])
    if spec.get("if_none") == "fail":
        raise Failed(words(_P, "exchange.never_called", expected=expected), Seen(expected, saw))
    raise Inconclusive(
        words(_P, "exchange.none", expected=expected), Seen(expected, saw), fix=words(_P, "exchange.none_fix")
    )


def _in_time(context: Context, found: list[Traffic], within: float) -> None:
    window = context.window
    began = window.started
    if window.reply and window.reply.by_person:
        if not window.reply.marks:
            raise Inconclusive(words("harness.guide", "ask.no_mark"))
        began = window.reply.marks[0]
    for entry in found:
        delay = entry.started - began
        if delay > within:
            message = words(_P, "exchange.late", id=entry.id, delay=f"{delay:.1f}", within=within)
            raise Failed(
                message,
                Seen(Words.of(f"≤ {within} s"), Words.of(f"{delay:.1f} s"), entry.id),
            )


# -- absence, answer, check, attest -------------------------------------------------------------------------------


def _absence(context: Context, spec: Mapping[str, Any]) -> Seen:
    if "ins" in spec:
        return no_ins_leaves(context, spec)
    found = chosen(context, spec)
    expected = words(_P, "absence.expected", what=selection(spec))
    if found:
        message = words(_P, "absence.found", what=selection(spec), seen=listed(found))
        raise Failed(message, Seen(expected, listed(found), found[0].id))
    return Seen(expected, listed([]))


def _answer(context: Context, spec: Mapping[str, Any]) -> Seen:
    step = spec.get("of") or context.window.step.id
    window = context.windows.get(step)
    if window is None or window.reply is None:
        raise Inconclusive(words(_P, "answer.none", step=step))
    answer = window.reply.stored()
    parts: list[Words] = []
    for path, matcher in spec.get("fields", {}).items():
        values, wanted = at(answer, path), described(matcher)
        if not holds(matcher, values):
            message = words(_P, "answer.field", path=path, wanted=wanted, found=seen(values))
            raise Failed(message, Seen(Words(f"{path} {wanted.fr}", f"{path} {wanted.en}"), seen(values)))
        parts.append(Words(f"{path} = {seen(values).fr}", f"{path} = {seen(values).en}"))
    if "shown" in spec:
        parts.append(_shown(answer["shown"], spec["shown"]))
    return Seen(seen=Words(", ".join(p.fr for p in parts), ", ".join(p.en for p in parts)))


def _shown(items: list[dict[str, Any]], spec: Mapping[str, Any]) -> Words:
    wanted = {key: matcher for key, matcher in spec.items() if key != "count"}
    found = [item for item in items if all(holds(matcher, at(item, key)) for key, matcher in wanted.items())]
    least, most = counted(spec)
    texts = "; ".join(str(item.get("text", "")) for item in items) or "—"
    if len(found) < least or (most is not None and len(found) > most):
        what_fr = ", ".join(f"{key} {described(matcher).fr}" for key, matcher in wanted.items())
        what_en = ", ".join(f"{key} {described(matcher).en}" for key, matcher in wanted.items())
        expected = words(_P, "answer.shown_expected", count=count_words(least, most), what=Words(what_fr, what_en))
        raise Failed(words(_P, "answer.shown", expected=expected, texts=texts), Seen(expected, Words.of(texts)))
    return words(_P, "answer.was_shown", texts="; ".join(str(item.get("text", "")) for item in found) or "—")


def _check(context: Context, spec: Mapping[str, Any]) -> Seen:
    check = checks.named(spec["name"])
    if label := spec.get("exchanges"):
        on = context.labels.get(label, [])
        if not on:
            raise Follows(words(_P, "exchange.no_reference", name=label))
    else:
        on = [entry for entry in context.window.traffic if entry.is_exchange]
    return check.run(context, on, **spec.get("with", {}))


def _attest(context: Context, spec: Mapping[str, Any]) -> Seen:
    question = Words.of(spec["question"])
    given = context.attest(question)
    if given is None:
        raise ToAttest(words(_P, "attest.pending", question=question))
    note = Words(given.note, given.note)
    if not given.yes:
        raise Failed(words(_P, "attest.no", question=question, note=note), Seen(question, note))
    raise Attested(words(_P, "attest.yes", note=note), Seen(question, note), by=given.by, at=given.at)


_KINDS = {"exchange": _exchange, "absence": _absence, "answer": _answer, "check": _check, "attest": _attest}
