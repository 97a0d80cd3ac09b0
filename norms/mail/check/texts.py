"""The text of a message: UTF-8, text/plain or both forms alike (ECO.2.2.3, ECO.2.2.4): MAIL-TEXT-*."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from norms.finding import Finding, find
from norms.mail.check.seen import Seen
from norms.mail.model import Part
from norms.xdm.actions import DELETE, REPLACE, action_of
from norms.xds.derive import header_of

_SAID = {REPLACE: re.compile("rempla", re.I), DELETE: re.compile("suppr|annul", re.I)}
_HIDDEN = ("head", "style", "script")
_INLINE = ("a", "b", "i", "u", "em", "strong", "span", "font", "small", "sub", "sup")
_TOKEN = re.compile(r"<(/?)([a-z0-9]*)[^<>]*>|[^<]+|<", re.I)  # each sign is looked at once, whatever the text
_ADDRESS = re.compile(r"https?://\S+|\[image[^\[\]]*\]", re.I)
_WORD = re.compile(r"\w+")


def check(seen: Seen) -> Iterator[Finding]:
    """The findings on the text."""
    texts = seen.mail.texts
    plain = [part for part in texts if part.type == "text/plain"]
    markup = [part for part in texts if part.type == "text/html"]
    if not any(part.content.strip() for part in texts):
        yield find("MAIL-TEXT-01", where=seen.mail.where())
        return
    for part in texts:
        yield from _charset(part)
    whole = " ".join(readable(part.text) if part in markup else part.text for part in texts)
    for action in sorted(_actions(seen)):
        if not _SAID[action].search(whole):
            yield find("MAIL-TEXT-06", found=action, where=texts[0].where())
    if markup and not plain:
        yield find("MAIL-TEXT-04", found="text/html", where=markup[0].where("content-type"))
    elif markup:
        mine, other = _words(plain[0].text), _words(readable(markup[0].text))
        if mine != other:
            differ = (n for n, (a, b) in enumerate(zip(mine, other, strict=False)) if a != b)
            at = next(differ, min(len(mine), len(other)))
            said = [" ".join(words[max(0, at - 2) : at + 4]) or "—" for words in (mine, other)]
            yield find("MAIL-TEXT-05", found=said[0], expected=said[1], where=markup[0].where())


def _actions(seen: Seen) -> set[str]:
    """What the archive asks of documents that the recipient has: ``C`` replace, ``D`` delete."""
    coding = seen.facts.options.coding
    held = [one for _, opened in seen.archives for one in opened.documents if one.subset.submission]
    asked = {action_of(one.subset.submission, one.entry, coding) for one in held if one.subset.submission}
    replaced = {REPLACE for one in held if one.cda is not None and header_of(one.cda).replaces}
    return (asked | replaced) & _SAID.keys()


def _charset(part: Part) -> Iterator[Finding]:
    charset = part.params.get("charset", "us-ascii").lower()
    where = part.where("content-type")
    if charset not in ("utf-8", "utf8"):
        if charset not in ("us-ascii", "ascii") or not part.content.isascii() or "charset" in part.params:
            yield find("MAIL-TEXT-02", expected="UTF-8", found=charset, where=where)
        return
    try:
        part.content.decode("utf-8")
    except UnicodeDecodeError as wrong:
        yield find("MAIL-TEXT-03", found=part.content[wrong.start : wrong.start + 1].hex(), where=part.where())


def readable(markup: str) -> str:
    """What a reader sees of an HTML text."""
    out: list[str] = []
    hidden = ""
    for token in _TOKEN.finditer(_without_comments(markup)):
        closing, name = token[1], (token[2] or "").lower()
        if token[2] is None:
            out += [] if hidden else [token[0]]
        elif hidden:
            hidden = "" if closing and name == hidden else hidden
        elif name in _HIDDEN and not closing:
            hidden = name
        elif name not in _INLINE:
            out.append(" ")
    return html.unescape("".join(out))


def _without_comments(markup: str) -> str:
    kept, at = [], 0
    while (begin := markup.find("<!--", at)) >= 0:
        kept.append(markup[at:begin])
        end = markup.find("-->", begin)
        if end < 0:
            return "".join(kept)
        at = end + 3
    return "".join([*kept, markup[at:]])


def _words(text: str) -> list[str]:
    return _WORD.findall(_ADDRESS.sub(" ", text).casefold())
