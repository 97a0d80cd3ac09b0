"""The same IMAP commands said to this bench and to dovecot, and where their answers differ.

``python -m tests.imap_parity`` prints the table of docs/mssante.md. Dovecot runs without network or root, as a process
that speaks IMAP on its standard input, already authenticated (login is not compared).
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DOVECOT = Path("/usr/lib/dovecot/imap")
CONFIG = """
log_path = {home}/log
mail_location = sdbox:{home}/mail
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 0
first_valid_gid = 0
protocol imap {{
  mail_plugins = quota imap_quota
}}
plugin {{
  quota = count:User quota
  quota_rule = *:storage=500M
  quota_vsizes = yes
}}
namespace inbox {{
  inbox = yes
  separator = /
{folders}
}}
"""
USES = ("Sent", "Drafts", "Trash", "Junk", "Archive")

ONE = (
    b"Date: Sat, 21 Nov 2026 10:00:00 +0100\r\nFrom: =?utf-8?q?H=C3=A9l=C3=A8ne?= <h@b.fr>\r\n"
    b'To: "MARTIN, Ana" <a@c.fr>, x@y.fr\r\nSubject: =?utf-8?q?R=C3=A9sultat?= MARTIN\r\nMessage-ID: <1@b.fr>\r\n'
    b"X-MSS-NIL: DEV1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nBonjour\r\n\r\n"
)
TWO = (
    b"From: a@b.fr\r\nReply-To: r@b.fr\r\nCc: Groupe: un@d.fr, deux@d.fr;\r\nSubject: deux\r\nMessage-ID: <2@b.fr>\r\n"
    b"In-Reply-To: <1@b.fr>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\nprologue\r\n"
    b"--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n"
    b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"r=E9sultat\r\n--c\r\nContent-Type: text/html\r\n\r\n<p>r</p>"
    b"\r\n--c--\r\n--b\r\nContent-Type: application/zip; name=IHE_XDM.zip\r\nContent-Disposition: attachment;"
    b" filename=IHE_XDM.zip\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <z@b>\r\n\r\nUEsFBg==\r\n--b\r\n"
    b"Content-Type: message/rfc822\r\n\r\nFrom: i@b.fr\r\nSubject: dedans\r\n\r\ninterieur\r\n--b--\r\n"
)
BARE = b"From: a@b.fr\r\n\r\nnu\r\n"


def put(folder: str, raw: bytes, flags: str = "") -> bytes:
    """An APPEND of that message, dated."""
    return f'APPEND {folder} {flags}"01-Feb-2026 10:00:00 +0000" {{{len(raw)}+}}\r\n'.encode() + raw


SECTIONS = (
    *("", "TEXT", "HEADER", "1", "1.1", "1.1.MIME", "2.MIME", "3", "3.HEADER", "3.TEXT", "3.1", "4", "9.9", "1.HEADER"),
    *("HEADER.FIELDS (SUBJECT X-NONE)", "3.HEADER.FIELDS (SUBJECT)", "HEADER.FIELDS.NOT (FROM CC SUBJECT)"),
)
SLICES = ("BODY.PEEK[]<5.10>", "BODY.PEEK[TEXT]<9999.5>", "BODY.PEEK[2]<0.4>")
SEARCHES = (
    *("ALL", "1", "2:*", "NOT 1", "UID 2", "ANSWERED", "UNANSWERED", "SEEN", "UNSEEN", "FLAGGED", "DRAFT", "DELETED"),
    *("KEYWORD $MDNSent", "UNKEYWORD $MDNSent", "NEW", "OLD", "RECENT", "FROM b.fr", 'TO "MARTIN"', "CC un@d", "BCC x"),
    *("SUBJECT deux", 'SUBJECT "résultat"', 'TEXT "résultat"', 'BODY "Bonjour"', "BODY interieur", "LARGER 300"),
    *("HEADER X-MSS-NIL DEV1", 'HEADER X-MSS-NIL ""', "HEADER In-Reply-To <1@b.fr>", "SMALLER 300"),
    *("BEFORE 1-Feb-2026", "ON 1-Feb-2026", "SINCE 2-Feb-2026", "SENTON 21-Nov-2026", "SENTBEFORE 21-Nov-2026"),
    *("SENTSINCE 1-Jan-2026", "OR 1 (2 SUBJECT deux)", "(1 2) ALL", "NOT (OR 1 2)"),
)

STEPS: tuple[tuple[str, tuple[bytes, ...]], ...] = (
    ("empty folder", (b"SELECT INBOX", b"FETCH 1:* FLAGS", b"UID FETCH 1:* FLAGS", b"SEARCH ALL", b"STORE 1 +FLAGS x")),
    ("APPEND", (put("INBOX", ONE), put("INBOX", TWO, "(\\Flagged) "), put("INBOX", BARE, "($MDNSent) "),
                put("Absent", ONE), b"APPEND INBOX")),
    ("SELECT, EXAMINE", (b"SELECT INBOX", b"EXAMINE INBOX", b"SELECT Absent", b"SELECT inbox")),
    ("FETCH attributes", (b"FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE)", b"FETCH 1:3 ENVELOPE", b"FETCH 1:3 BODY",
                          b"FETCH 1:3 BODYSTRUCTURE", b"FETCH 2 ALL", b"FETCH 2 FAST", b"FETCH 2 FULL",
                          b"UID FETCH 2:9 (RFC822.SIZE)", b"FETCH 9 FLAGS", b"UID FETCH 9 FLAGS", b"FETCH 1 NOTHING",
                          b"FETCH 3,1 UID", b"FETCH * UID")),
    ("FETCH sections", (*(f"FETCH 1:3 (BODY.PEEK[{name}])".encode() for name in SECTIONS),
                        *(f"FETCH 1:3 ({name})".encode() for name in SLICES))),
    ("FETCH sets \\Seen", (b"FETCH 1 BODY[TEXT]", b"FETCH 1 FLAGS", b"FETCH 3 RFC822", b"FETCH 3 RFC822.HEADER",
                           b"FETCH 3 FLAGS")),
    ("SEARCH", (*(f"SEARCH CHARSET UTF-8 {key}".encode() for key in SEARCHES), b"UID SEARCH ALL",
                b"SEARCH CHARSET KLINGON ALL", b"SEARCH NONSENSE", b"SEARCH", b"SEARCH 9")),
    ("STORE", (b"STORE 2 +FLAGS (\\Answered)", b"STORE 2 -FLAGS \\Flagged", b"STORE 2 FLAGS.SILENT (\\Draft mot)",
               b"FETCH 2 FLAGS", b"UID STORE 2 FLAGS (\\Seen)", b"STORE 2 +FLAGS (\\Nope)", b"STORE 9 +FLAGS x",
               b"UID STORE 9 +FLAGS x", b"STORE 2 BLAH (x)")),
    ("EXAMINE forbids", (b"EXAMINE INBOX", b"STORE 1 +FLAGS (\\Deleted)", b"EXPUNGE", b"FETCH 2 BODY[TEXT]")),
    ("folders", (b"CREATE Un/Deux", b'LIST "" "Un*"', b'LIST "" "Un/%"', b'LIST "" "%"', b'LIST "" ""', b"CREATE Un",
                 b"CREATE INBOX", b"SUBSCRIBE Un/Deux", b'LSUB "" "Un*"', b"UNSUBSCRIBE Un/Deux", b'LSUB "" "Un*"',
                 b"RENAME Un/Deux Un/Trois", b'LIST "" "Un*"', b"DELETE Un/Trois", b"DELETE Absent", b"DELETE INBOX",
                 b"RENAME Absent B", b"CREATE Envoy&AOk-s", b'LIST "" "Env*"', b"DELETE Envoy&AOk-s")),
    ("SPECIAL-USE, RETURN", (b'LIST (SPECIAL-USE) "" "*"', b'LIST "" "*" RETURN (SPECIAL-USE)',
                             b'LIST "" ("INBOX" "Sent") RETURN (STATUS (MESSAGES UNSEEN))')),
    ("STATUS", (b"STATUS INBOX (MESSAGES UIDNEXT UNSEEN)", b"STATUS Absent (MESSAGES)", b"STATUS INBOX (NOPE)",
                b"STATUS Sent (MESSAGES RECENT SIZE)")),
    ("COPY, MOVE", (b"SELECT INBOX", b"COPY 1:2 Archive", b"UID COPY 3 Archive", b"COPY 1 Absent", b"COPY 9 Archive",
                    b"UID COPY 9 Archive", b"UID MOVE 1 Archive", b"MOVE 1 Absent", b"STATUS Archive (MESSAGES)")),
    ("EXPUNGE", (b"STORE 1:2 +FLAGS.SILENT (\\Deleted)", b"UID EXPUNGE 2", b"EXPUNGE", b"EXPUNGE", b"SELECT Archive",
                 b"STORE 1 +FLAGS.SILENT (\\Deleted)", b"CLOSE", b"STATUS Archive (MESSAGES)", b"SELECT Archive",
                 b"STORE 1 +FLAGS.SILENT (\\Deleted)", b"UNSELECT", b"STATUS Archive (MESSAGES)", b"CLOSE")),
    ("quota, namespace", (b"GETQUOTAROOT INBOX", b'GETQUOTA "User quota"', b"GETQUOTA absent", b"NAMESPACE")),
    ("any time", (b"NOOP", b"CHECK", b"ID NIL", b'ID ("name" "x")', b"FROB", b"NOOP x", b"FETCH 1 FLAGS",
                  b"LOGIN a b")),
    ("IDLE", (b"IDLE\r\nDONE",)),
)  # fmt: skip


KNOWN = {  # where they differ, and why
    "$MDNSent": "the bench announces $MDNSent at SELECT; dovecot when it is first used",
    "PEEK[1])": "line end before a delimiter: the delimiter's (RFC 2046 §5.1.1), dovecot's nested part keeps it",
    "SENTBEFORE": "messages without a Date: found by no date; dovecot gives them 1970",
    "UID STORE 9": "dovecot makes a new flag known although no message got it",
    "STORE 1 +FLAGS (\\Deleted)": "after EXAMINE: NO [READ-ONLY]; dovecot answers OK and changes nothing",
    "EXPUNGE": "after EXAMINE: NO [READ-ONLY]; dovecot answers OK and changes nothing",
    'LIST "" "Un*"': "CREATE a/b makes a folder a; dovecot a name that cannot be selected",
    'LIST "" "%"': "CREATE a/b makes a folder a; dovecot a name that cannot be selected",
    "CREATE Un": "CREATE a/b makes a folder a; dovecot a name that cannot be selected",
    "NOOP x": "words behind NOOP are refused (RFC 3501 §9); dovecot ignores them",
}


def known(said: str) -> str:
    """Why the answers to a command differ, empty when they should not."""
    return next((why for words, why in KNOWN.items() if said == words or (len(words) > 7 and words in said)), "")


class Peer:
    """One server: bytes out, whole responses in."""

    def __init__(self, write: Callable[[bytes], Any], file: Any) -> None:
        self.write, self.file = write, file

    def response(self) -> bytes:
        """One response, its literals included."""
        found = self.file.readline()
        while match := re.search(rb"\{(\d+)\}\r\n$", found):
            found += self.file.read(int(match[1])) + self.file.readline()
        return bytes(found)

    def do(self, command: bytes) -> list[bytes]:
        """The answer to one command."""
        self.write(b"t " + command + b"\r\n")
        answer = []
        while True:
            one = self.response()
            answer.append(one)
            if one.startswith(b"t ") or not one:
                return answer


@contextmanager
def dovecot() -> Iterator[Peer]:
    """A dovecot of its own; a process, no network."""
    user = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        shown = "\n".join(f"  mailbox {use} {{\n    special_use = \\{use}\n    auto = subscribe\n  }}" for use in USES)
        config = home / "dovecot.conf"
        config.write_text(CONFIG.format(home=home, uid=user.pw_uid, gid=user.pw_gid, folders=shown))
        if os.getuid() == 0:
            shutil.chown(home, user.pw_uid, user.pw_gid)
        process = subprocess.Popen(
            [str(DOVECOT), "-c", str(config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "USER": user.pw_name, "HOME": folder},
        )
        assert process.stdin
        assert process.stdout
        stdin = process.stdin

        def write(data: bytes) -> None:
            stdin.write(data)
            stdin.flush()

        peer = Peer(write, process.stdout)
        assert peer.response().startswith(b"* PREAUTH")
        try:
            yield peer
        finally:
            stdin.close()
            process.wait(10)
            process.stdout.close()


_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"|\{(\d+)\}\r\n|([()])|([^\s()"{]+(?:\[[^\]]*\](?:<\d+>)?)?)')
_MASKED = re.compile(rb"(UIDVALIDITY|APPENDUID|COPYUID) \d+", re.IGNORECASE)
PRECISE = ("NONEXISTENT", "CANNOT", "BADCHARSET", "CLIENTBUG")  # codes that one gives where the other gives none
_SIZES = re.compile(rb"(STORAGE) \d+ \d+")


def shape(response: bytes) -> str:
    """A response without what may differ: free words, UIDVALIDITY, order of flags, case, literal or quoted."""
    if match := re.match(rb"(\S+) (OK|NO|BAD|BYE|PREAUTH)(?: \[([^\]]*)\])?", response):
        code = _MASKED.sub(rb"\1 n", match[3] or b"").decode()
        if code.split(" ")[0] in PRECISE:
            code = ""
        return f"{match[1].decode()} {match[2].decode()} [{_flags(code)}]"
    data = _SIZES.sub(rb"\1 n n", response.removesuffix(b"\r\n"))
    if data.startswith(b"* ID "):
        return "* id"
    words, at = [], 0
    while match := _TOKEN.search(data, at):
        at = match.end()
        if match[2]:
            size = int(match[2])
            words.append(repr(data[at : at + size]))
            at += size
        elif match[1] is not None:
            words.append(repr(re.sub(rb"\\(.)", rb"\1", match[1])))
        else:
            words.append((match[3] or match[4]).decode().lower())
    return _flags(" ".join(words)).lower()


def _flags(text: str) -> str:
    """Lists of flags in one order, without those that one server announces and the other does not."""

    def ordered(match: re.Match[str]) -> str:
        words = sorted(set(match[1].split()) - {"$mdnsent", "$MDNSent", "mot", "x"})
        return f"({' '.join(words)})"

    return re.sub(r"\(((?: ?[\\$]?\w[\w*]*| ?\\\*)*? ?[\\$][\w*]+[^()]*)\)", ordered, text)


def shapes(answer: list[bytes]) -> list[str]:
    """The shapes of an answer: untagged ones in one order, the tagged one last."""
    return [*sorted(shape(one) for one in answer[:-1]), shape(answer[-1])]


def differences(ours: Peer, theirs: Peer) -> Iterator[tuple[str, str, list[str], list[str]]]:
    """Every command of every step: (step, command, our shapes, theirs)."""
    for step, commands in STEPS:
        for command in commands:
            said = command.split(b"\r\n")[0].decode()
            yield step, said, shapes(ours.do(command)), shapes(theirs.do(command))


def compared(ours: Peer, theirs: Peer) -> tuple[list[str], list[str]]:
    """The rows of the table (step, commands answered alike, why the others differ), and differences not known."""
    rows: dict[str, list[str]] = {}
    unknown = []
    for step, said, mine, dove in differences(ours, theirs):
        kept = rows.setdefault(step, [])
        kept.append("" if mine == dove else known(said) or "?")
        if mine != dove and not known(said):
            unknown.append(f"{step}: {said}\n  bench    {mine}\n  dovecot  {dove}")
    table = [
        f"| {step} | {kept.count('')} / {len(kept)} | {'; '.join(dict.fromkeys(filter(None, kept))) or '—'} |"
        for step, kept in rows.items()
    ]
    return table, unknown


def main() -> None:
    """Print the table, then every difference that is not known."""
    from mocks.igc import pki as igc
    from tests.imap_kit import serving

    with tempfile.TemporaryDirectory() as folder, dovecot() as theirs, serving(igc.init(Path(folder))) as served:
        raw = served.raw()
        table, unknown = compared(Peer(raw.socket.sendall, raw.file), theirs)
        raw.close()
    print("\n".join([*table, *unknown]))


if __name__ == "__main__":
    main()
