"""A login approved on another device (CIBA, poll mode): the number to compare is shown, the interval respected."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from time import monotonic, sleep

from harness.drive.reference.model import Refused
from harness.drive.reference.psc_client import ACR, CIBA_GRANT, SCOPE, PscClient, PscError, Tokens

SLOWER = 5.0  # seconds more after slow_down (OpenID CIBA Core 1.0 §11)
FIRST = 5.0  # when the provider does not say


def login(client: PscClient, national_id: str, channel: str, show: Callable[[str], None]) -> Tokens:
    """The tokens, once the professional approved; raises PscError with the provider's last word."""
    defects = client.defects
    number = f"{secrets.randbelow(100):02d}"
    if not defects.on("psc-ciba-hides-number"):
        show(number)
    asked = {
        "scope": SCOPE,
        "acr_values": ACR,
        "login_hint": national_id,
        "binding_message": number,
        "channel": channel,
    }
    if defects.on("psc-ciba-without-channel"):
        del asked["channel"]
    answer = client.post(client.metadata("backchannel_authentication_endpoint"), asked)
    hurry = 10 if defects.on("psc-ciba-polls-too-fast") else 1
    interval = float(answer.get("interval") or FIRST)
    end = monotonic() + float(answer.get("expires_in") or 120)
    insistence = 2 if defects.on("psc-ciba-polls-after-refusal") else 0
    while True:
        sleep(interval / hurry)
        try:
            return client.tokens({"grant_type": CIBA_GRANT, "auth_req_id": str(answer["auth_req_id"])})
        except PscError as refusal:
            if refusal.error == "slow_down":
                interval += SLOWER
            elif refusal.error != "authorization_pending":
                if defects.on("psc-ciba-crashes-on-refusal"):
                    raise RuntimeError(refusal.error) from None
                if defects.on("psc-ciba-vague-refusal"):
                    raise Refused("psc.ciba-vague-refusal") from None
                if defects.on("psc-ciba-refusal-as-success"):
                    raise Refused("psc.ciba-refusal-as-success") from None
                if not insistence:
                    raise
                insistence -= 1
            if monotonic() > end:
                raise
