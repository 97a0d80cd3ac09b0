"""What only a person's eyes could check: asked of that person, never passed in silence.

A step that a person did gives no data to compare. An expectation on it becomes a question, with what to compare beside
it; the verdict is then `manual`, attested with his note, or `fail` when he saw something else, or `manual` still to be
attested when he cannot say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.guide.model import Value
from harness.guide.values import answered, call, expected, label
from harness.scenario import checks
from harness.scenario.context import Context, Window
from harness.scenario.model import Expect
from harness.scenario.values import Unset, at, fill
from harness.scenario.verdict import Attested, Failed, NotPassed, Seen, ToAttest
from harness.words import Words, words

_P = "harness.guide"
CALLS = ("WS_INS1", "WS_INS2", "WS_INS3")
FROM_FILE = frozenset(("media_type", "content", "content_base64", "traces"))  # read by the bench itself


def unseen(name: str, context: Context) -> bool:
    """Whether ``${name}`` would have been saved by a step that a person did: only he saw that value."""
    root = name.partition(".")[0]
    return any(root in window.step.save and _by_person(window) for window in context.windows.values())


def untold(expect: Expect, context: Context) -> bool:
    """Whether the expectation looks at what a person saw and did not give."""
    spec = expect.spec
    if expect.kind == "answer":
        window = context.windows.get(spec.get("of") or context.window.step.id)
        if window is None or not _by_person(window):
            return False
        told = window.reply.stored() if window.reply else {}
        return "shown" in spec or not all(at(told, path) for path in spec.get("fields", {}))
    if expect.kind == "check" and checks.named(spec["name"]).eye:
        return _by_person(context.window)
    if expect.kind == "absence" and "ins" in spec:
        windows = context.since(spec.get("since", ""))
        return any(_by_person(window) and window.exported == {} for window in windows)
    return False


def on_word(expect: Expect, context: Context) -> bool:
    """Whether an answer that holds rests on a person's word, not on a file that the software made."""
    if expect.kind != "answer":
        return False
    window = context.windows.get(expect.spec.get("of") or context.window.step.id)
    paths = [path.removeprefix("result.").partition(".")[0] for path in expect.spec.get("fields", {})]
    return window is not None and _by_person(window) and not FROM_FILE.issuperset(paths)


def by_eye(expect: Expect, context: Context) -> NotPassed:
    """What the person answered, as the reason why this does not simply pass."""
    question = words(_P, "ask.answer", text=expect.text)
    rows = tuple(_compare(expect, context))
    given = context.attest(question, tuple((row.label, row.value) for row in rows))
    wanted = Words(
        "; ".join(f"{row.label.fr} : {row.value.fr}" for row in rows),
        "; ".join(f"{row.label.en}: {row.value.en}" for row in rows),
    )
    if given is None:
        return ToAttest(words(_P, "ask.pending", question=question), Seen(wanted))
    if not given.yes:
        return Failed(words(_P, "ask.no", note=given.note), Seen(wanted, Words.of(given.note)))
    key = "ask.yes" if given.note else "ask.yes_plain"
    return Attested(words(_P, key, note=given.note), Seen(wanted, Words.of(given.note)), by=given.by, at=given.at)


def _by_person(window: Window) -> bool:
    return bool(window.reply and window.reply.by_person)


def _compare(expect: Expect, context: Context) -> Iterator[Value]:
    """What the person needs beside the question: the values required, or what the bench saw."""
    spec = expect.spec
    fields = spec.get("fields", {})
    for path, matcher in fields.items():
        try:
            yield from expected({path: fill(matcher, context.lookup)})
        except Unset:
            yield from expected({path: {"absent": False}})
    if isinstance(shown := spec.get("shown"), Mapping):
        yield from _on_screen(_filled(shown, context))
    if expect.kind != "check":
        return
    named = context.labels.get(spec.get("exchanges", ""), [])
    if spec["name"].startswith("trace."):
        every = [entry for window in context.windows.values() for entry in window.traffic if entry.is_exchange]
        for entry in named or every:
            if entry.operation in CALLS:
                yield Value(label("call"), call(entry))
    elif named:
        yield from answered(named[-1])


def _on_screen(shown: Mapping[str, Any]) -> Iterator[Value]:
    """What must be on the screen, or must not (``count: 0``); a regular expression tells a person nothing."""
    never = shown.get("count") == 0
    told = {
        name: wanted
        for name, wanted in shown.items()
        if not (isinstance(wanted, Mapping) and "matches" in wanted) and not (never and name == "count")
    }
    for row in expected(told):
        yield Value(label("unshown"), row.value) if never else row


def _filled(spec: Mapping[str, Any], context: Context) -> dict[str, Any]:
    try:
        return dict(fill(spec, context.lookup))
    except Unset:
        return {}
