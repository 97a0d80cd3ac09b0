"""Secrets masked in any text or bytes, sound or not, by what surrounds them. Rather too much than too little."""

from __future__ import annotations

import base64
import codecs
import json
import re
from typing import Any
from urllib.parse import unquote_plus

from mocks.journal import tokens

MARK = "***"
_STAR = re.escape(MARK)
_NAMES = (
    "access_token|refresh_token|id_token|id_token_hint|subject_token|actor_token|logout_token|client_secret|secret"
    "|client_assertion|assertion|saml_?response|saml_?assertion|password|passwd|pwd|passphrase|mot_?de_?passe"
    "|code_verifier|device_code|auth_req_id|api[_-]?key|private_key"
)
FIELD = re.compile(_NAMES, re.IGNORECASE)
_FORM_ONLY = {"token"}  # of an introspection or a revocation; too common a word elsewhere
_ELEMENTS = "SignatureValue|Password|Passphrase|MotDePasse|client_secret|access_token|refresh_token|id_token|secret"

_KEY = re.compile(
    r"(-----BEGIN[ +]?[A-Z0-9 +]*PRIVATE[ +]KEY-----).*?(?=-----END[ +]?[A-Z0-9 +]*PRIVATE[ +]KEY-----|\Z)", re.DOTALL
)
_ELEMENT = re.compile(
    rf"(<(?:[\w.-]+:)?({_ELEMENTS})(?:\s[^<>]*)?(?<!/)>).*?(?=</(?:[\w.-]+:)?\2\s*>|\Z)", re.DOTALL | re.IGNORECASE
)
_NAMED = re.compile(  # name=value, name="value", "name": "value", and the last within a string: \"name\": \"value
    rf"((?<![\w-])(?:{_NAMES})(?:\\?[\"'])?\s*[:=]\s*)"
    r"(?:(\")((?:[^\"\\]|\\.)*)\"?|(')([^']*)'?|(\\\")((?:[^\"\\]|\\[^\"])*)|()(\[[^\]]*\]?|\{[^}]*\}?|[^\s&;,<>\"'}\]\\]+))",
    re.IGNORECASE | re.DOTALL,
)
_BEARER = re.compile(r"\b(Bearer|DPoP)(\s+)([\w.~+/-]{16,}=*)", re.IGNORECASE)
_MASKED_JWT = re.compile(rf"([\w-]+)\.(?:[\w-]*\.)?{_STAR}", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9+/]{24,}(?:[\r\n]+[A-Za-z0-9+/]+)*={0,2}")
_AUTH = re.compile(r"((?:(?!\d\d\d )\S+ )?AUTH(?:ENTICATE)? +\S+)( +\S.*)?", re.IGNORECASE)
_LOGIN = re.compile(r"(\S+ LOGIN +).*", re.IGNORECASE)
_VERB = re.compile(r"DATA|QUIT|NOOP|RSET|HELP|STARTTLS", re.IGNORECASE)
_CODE = re.compile(r"(?<![\w.%-])code=([^\s\"'<>\\&#]+)")
_CODE_WITH = re.compile(  # what stands beside an authorization code, and beside no code of a terminology
    r"(?:^|[&?#;])(?:state|session_state|iss|redirect_uri|code_verifier)=|grant_type=authorization(?:_|%5F)code"
)
_OPAQUE = re.compile(r"[\w.~-]{22,}", re.ASCII)  # 128 bits of base64
_CODE_MEMBERS = {"grant_type", "redirect_uri", "code_verifier", "session_state"}
_RUN = re.compile(r"[^\s\"'<>\\]+")  # an address or a form within a text


def value(secret: str) -> str:
    """The mask of one secret: a JSON Web Token keeps what is not its signature, anything else is `MARK`."""
    if not secret:
        return ""
    before = _MASKED_JWT.fullmatch(secret)
    if before and tokens.parts(f"{before[1]}.."):
        return secret
    if not tokens.JWT.fullmatch(secret):
        return MARK
    return secret if _bare(secret) else tokens.unsigned(secret, MARK) or MARK


def _bare(token: str) -> bool:
    """A token that carries no signature to hide (``alg: none``, or masked already)."""
    return token.endswith(".") and tokens.parts(token) is not None


def data(body: bytes, *, form: bool = False, mail: bool = False) -> bytes:
    """A body with its secrets masked, untouched when it holds none (``form``: URL-encoded; ``mail``: SMTP, IMAP)."""
    encoding, errors = "utf-8", "surrogateescape"  # any bytes come back as they were
    if body[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\0", b"\0<", b"{\0", b"\0{"):
        encoding, errors = "utf-16-be" if body[:1] in (b"\0", b"\xfe") else "utf-16-le", "replace"
    words = body.decode(encoding, errors)
    masked = text(query(words) if form else lines(words) if mail else words)
    return body if masked == words else masked.encode(encoding, errors)


def text(words: str, depth: int = 3) -> str:
    """Any text with its secrets masked, what base64 wraps in it too."""
    if words.lstrip().startswith(("{", "[")):
        try:
            whole = json.loads(words)
            masked = _members(whole, depth)
            return words if masked == whole else json.dumps(masked)
        except (ValueError, RecursionError):
            pass  # nearly JSON: by what surrounds them
    words = _KEY.sub(rf"\g<1>{MARK}", words)
    words = _ELEMENT.sub(lambda m: f"{m[1]}{value(m[0][len(m[1]) :])}", words)
    words = _NAMED.sub(_named, words)
    words = _RUN.sub(_codes, words) if _CODE.search(words) else words
    words = _BEARER.sub(lambda m: f"{m[1]}{m[2]}{value(m[3])}", words)
    words = tokens.JWT.sub(lambda m: m[0] if _bare(m[0]) else tokens.unsigned(m[0], MARK) or m[0], words)
    return _BASE64.sub(lambda m: _wrapped(m[0], depth), words) if depth else words


def query(words: str) -> str:
    """A URL-encoded form or a query string with the values of secret fields masked."""
    with_code = _CODE_WITH.search(words)

    def field(pair: str) -> str:
        name, equals, held = pair.partition("=")
        known = unquote_plus(name).strip().lower()
        secret = bool(FIELD.fullmatch(known)) or known in _FORM_ONLY
        secret = secret or (known == "code" and bool(with_code or _OPAQUE.fullmatch(held)))
        return f"{name}={value(held)}" if equals and held and secret else pair

    return "&".join(map(field, words.split("&")))


def lines(words: str) -> str:
    """A mail dialogue with what follows AUTH, AUTHENTICATE and LOGIN masked, answers to challenges included."""
    shown = []
    left, literal = 0, False  # answers that may still come; whether a literal ({n}) of LOGIN does
    for line in words.split("\n"):
        end = "\r" if line.endswith("\r") else ""
        said = line.removesuffix("\r")
        if literal:
            literal = said.endswith("}")
            line = MARK + end
        elif match := _AUTH.fullmatch(said):
            left, line = 3, match[1] + (f" {MARK}" if match[2] else "") + end
        elif match := _LOGIN.fullmatch(said):
            left, literal, line = 0, said.endswith("}"), match[1] + MARK + end
        elif left and said and " " not in said and not _VERB.fullmatch(said):
            left, line = left - 1, MARK + end
        elif not said.startswith(("334", "+")):
            left = 0
        shown.append(line)
    return "\n".join(shown)


def _named(match: re.Match[str]) -> str:
    quote, held = next((match[n], match[n + 1]) for n in (2, 4, 6, 8) if match[n] is not None)
    closed = quote if quote in ('"', "'") else ""  # \\" is left where it stands
    return f"{match[1]}{quote}{value(held)}{closed}"


def _codes(match: re.Match[str]) -> str:
    """An address or a form with its authorization code masked, told by what stands beside it or by its length."""
    if "code=" not in match[0]:
        return match[0]
    with_code = _CODE_WITH.search(match[0])
    return _CODE.sub(lambda m: f"code={MARK}" if with_code or _OPAQUE.fullmatch(m[1]) else m[0], match[0])


def _members(node: Any, depth: int, *, secret: bool = False) -> Any:
    if isinstance(node, dict):
        names = {"code"} if _CODE_MEMBERS & set(node) else set()
        return {k: _members(v, depth, secret=secret or k in names or bool(FIELD.fullmatch(k))) for k, v in node.items()}
    if isinstance(node, list):
        return [_members(v, depth, secret=secret) for v in node]
    if secret and node is not None and not isinstance(node, bool):
        return value(str(node))
    return text(node, depth - 1) if isinstance(node, str) and depth else node


def _wrapped(carried: str, depth: int) -> str:
    try:
        inside = base64.b64decode("".join(carried.split()), validate=True).decode("utf-8")
    except ValueError:
        return carried
    masked = text(inside, depth - 1)
    return carried if masked == inside else base64.b64encode(masked.encode()).decode()
