"""Which scenarios concern a software: its product, its wave, the REM profiles it declares, the addresses it needs."""

from __future__ import annotations

from collections.abc import Collection

from harness.scenario.model import GENERAL, Scenario
from harness.words import NO_WORDS, Words, words

_P = "harness.scenario"


def why_not(
    scenario: Scenario,
    *,
    product: str = "",
    wave: int = 0,
    profiles: Collection[str] = (),
    addresses: Collection[str] = (),
) -> Words:
    """Why a scenario does not concern this software; empty when it does. A wave takes the earlier one in.

    What is not given (no product, wave 0) leaves nothing out.
    """
    if product and product not in scenario.products:
        return words(_P, "choose.product", product=product, products=", ".join(scenario.products))
    if wave and min(scenario.waves) > wave:
        return words(_P, "choose.wave", wave=wave, waves=", ".join(map(str, scenario.waves)))
    if GENERAL not in scenario.profiles and not set(profiles) & set(scenario.profiles):
        return words(_P, "choose.profile", profiles=", ".join(scenario.profiles))
    if missing := [need for need in scenario.needs if addresses and need not in addresses]:
        return words(_P, "choose.need", names=", ".join(missing))
    return NO_WORDS
