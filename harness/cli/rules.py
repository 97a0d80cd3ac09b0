"""``segur rules``: the catalogue of rules, to read."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import typer

from harness.cli.common import fail, out, out_json, t
from harness.lang import lang
from norms import rules
from norms.finding import Relation

app = typer.Typer(add_completion=False, help=t("rules.help"), no_args_is_help=True, pretty_exceptions_enable=False)


def _shown(rule: rules.Rule) -> dict[str, Any]:
    words = rules.words(rule.id, lang())
    return {
        "id": rule.id,
        "severity": rule.severity,
        "relation": rule.relation,
        "source": rule.source,
        "message": words["message"],
        "fix": words["fix"],
    }


@app.command("list", help=t("rules.list"))
def list_rules(
    prefix: str = typer.Argument("", metavar="[DOMAIN]", help=t("rules.domain")),
    as_json: bool = typer.Option(False, "--json", help=t("rules.json")),
) -> None:
    wanted = prefix.upper()
    found = [rule for rule in rules.catalogue() if rule.id == wanted or f"{rule.id}-".startswith(_stem(wanted))]
    if as_json:
        out_json({"schema": 1, "rules": [_shown(rule) for rule in found]})
        return
    for rule in found:
        out(f"{rule.id:<16} {rule.severity:<8} {rule.relation:<12} {rules.words(rule.id, lang())['message']}")
    out(t("rules.count", count=len(found)))


def _stem(prefix: str) -> str:
    return prefix if not prefix or prefix.endswith("-") else prefix + "-"


@app.command("show", help=t("rules.show"))
def show_rule(
    rule_id: str = typer.Argument(..., metavar="ID", help=t("rules.id")),
    as_json: bool = typer.Option(False, "--json", help=t("rules.json")),
) -> None:
    try:
        rule = rules.rule(rule_id.upper())
    except KeyError:
        near = get_close_matches(rule_id.upper(), [one.id for one in rules.catalogue()], 5, 0.5)
        fail(t("rules.unknown", found=rule_id, near=", ".join(near) or "—"))
    said = _shown(rule)
    if as_json:
        out_json({"schema": 1, **said})
        return
    from norms.texts import text

    said["relation"] = text("harness.validate", f"relation.{Relation(rule.relation).value}", lang())
    said["severity"] = text("harness.validate", f"text.{rule.severity}", lang())
    out(said.pop("id"))
    for name, value in said.items():
        out(f"  {t(f'rules.{name}')}: {value}")
