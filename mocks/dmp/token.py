"""A Pro Santé Connect token that goes with a VIHF: who it is for must be who acts.

No source says how the DMP will receive it (provisional): read from ``Authorization: Bearer``.
"""

from __future__ import annotations

from collections.abc import Iterator

from mocks.grants import Grants
from mocks.http import Call
from norms.finding import Finding, find
from norms.soap.tree import place
from norms.vihf import Vihf


def check_token(call: Call, vihf: Vihf) -> Iterator[Finding]:
    """VIHF-PSC-01 to -03, as ``dmp.psc`` says: ignore, check one that is sent, require one outside DIRECTE."""
    rule = call.switch("psc")
    scheme, _, value = call.header("authorization").partition(" ")
    if rule == "ignore":
        return
    if scheme.lower() != "bearer" or not value.strip():
        if rule == "require" and vihf.mode != "DIRECTE":
            yield find("VIHF-PSC-03")
        return
    grants = call.session.state("grants", Grants)
    token, reason = grants.bearer(value.strip(), call.session.clock.now())
    call.exchange.facts["psc"] = "good" if token else reason
    if token is None:
        yield find("VIHF-PSC-01", found=reason)
    elif token.grant.login.national_id != vihf.user:
        where = place(vihf.assertion.element, "Subject/NameID")
        yield find("VIHF-PSC-02", expected=vihf.user, found=token.grant.login.national_id, where=where)
