"""A scenario as a tester reads it, as plain values, and the one that a user begins his own from."""

from __future__ import annotations

from typing import Any

from harness.scenario.model import Expect, Scenario, Step
from norms.texts import Lang
from norms.texts import text as look_up

_P = "harness.scenario"


def document(scenario: Scenario, lang: Lang) -> dict[str, Any]:
    """Everything, JSON-ready, in one language."""
    return {
        "id": scenario.id,
        "title": scenario.title.get(lang),
        "goal": scenario.goal.get(lang),
        "before": scenario.before.get(lang),
        "limits": scenario.limits.get(lang),
        "products": list(scenario.products),
        "waves": list(scenario.waves),
        "profiles": list(scenario.profiles),
        "needs": list(scenario.needs),
        "requirements": [
            {"id": r.id, "source": r.source, "confidence": r.confidence, "rule": r.rule} for r in scenario.requirements
        ],
        "variants": [{"id": v.id, "text": v.text.get(lang)} for v in scenario.variants if v.id],
        "steps": [_step(step, lang) for step in scenario.steps],
        "file": str(scenario.file or ""),
    }


def _step(step: Step, lang: Lang) -> dict[str, Any]:
    return {
        "id": step.id,
        "type": step.type,
        "text": step.text.get(lang),
        "only": list(step.only),
        "action": step.do.action if step.do else "",
        "expect": [
            {
                "id": e.id,
                "kind": e.kind,
                "text": e.text.get(lang),
                "requirements": list(e.requirements),
                "only": list(e.only),
            }
            for e in step.expect
        ],
        "evidence": [{"proof": p.number, "keeps": list(p.keeps)} for p in step.evidence],
    }


def text(scenario: Scenario, lang: Lang) -> str:
    """The scenario in reading order."""
    lines = [f"{scenario.id} — {scenario.title.get(lang)}", ""]
    for key, words in (("goal", scenario.goal), ("before", scenario.before), ("limits", scenario.limits)):
        if words:
            lines += [f"{_t(f'show.{key}', lang)} {words.get(lang).strip()}", ""]
    facts = (", ".join(scenario.products), "+".join(map(str, scenario.waves)), ", ".join(scenario.profiles))
    lines += [_t("show.concerns", lang, products=facts[0], waves=facts[1], profiles=facts[2])]
    for r in scenario.requirements:
        lines.append(f"  {r.id} ({_t(f'confidence.{r.confidence}', lang)}) {r.source} {r.rule}".rstrip())
    if any(v.id for v in scenario.variants):
        lines += ["", _t("show.variants", lang), *(f"  {v.id}: {v.text.get(lang)}" for v in scenario.variants)]
    for n, step in enumerate(scenario.steps, 1):
        only = f" [{', '.join(step.only)}]" if step.only else ""
        lines += ["", f"{n}. {step.text.get(lang).strip()}{only}"]
        lines += [f"   → {expect.text.get(lang).strip()}{_only(expect)}" for expect in step.expect]
        lines += [f"   ▣ {_t('show.proof', lang, number=proof.number)}" for proof in step.evidence]
    return "\n".join(lines)


def _only(expect: Expect) -> str:
    return f" [{', '.join(expect.only)}]" if expect.only else ""


def _t(key: str, lang: Lang, /, **args: object) -> str:
    return look_up(_P, key, lang, **args)


def template(id: str) -> str:
    """A scenario that runs as it is, to begin one's own from."""
    return _TEMPLATE.replace("MY.ID.01", id)


_TEMPLATE = """\
# yaml-language-server: $schema=schema.json
id: MY.ID.01
title: {fr: Recherche par traits, en: Search by traits}
goal:
  fr: Le logiciel trouve l'INS d'un patient par ses traits et le garde.
  en: The software finds a patient's INS by his traits and keeps it.
requirements:
  - {id: INS/va1.52, source: "written by us", confidence: ours}
products: [LGC, DPI, RIS, SGL, LGO, DUI, RI]
waves: [1, 2]
steps:
  - id: create
    type: instruction
    text: {fr: Créer le dossier de Zoé ADRUN., en: Create the record of Zoé ADRUN.}
    do: {action: patient.create, with: {traits: "${patients.adrun-zoe.traits}"}}
    save: {patient: result.patient}
  - id: search
    type: transaction
    text:
      fr: Rechercher l'INS par les traits et accepter l'identité trouvée.
      en: Search for the INS by traits and accept the identity found.
    do: {action: ins.search, with: {patient: "${patient}", by: traits, accept: true}}
    expect:
      - id: call
        text: {fr: Un appel à INSi trouve une identité., en: One call to INSi finds one identity.}
        exchange: {service: insi, operation: WS_INS2, outcome: "00", count: 1, as: call}
      - id: valid
        text: {fr: L'appel respecte le contrat du téléservice., en: The call respects the contract of the teleservice.}
        check: {name: insi.request-valid, exchanges: call}
  - id: open
    type: validation
    text: {fr: Ouvrir le dossier., en: Open the record.}
    do: {action: patient.get, with: {patient: "${patient}"}}
    expect:
      - id: kept
        text: {fr: Le dossier porte le matricule de Zoé., en: The record holds Zoé's matricule.}
        answer: {fields: {result.ins.value: "${patients.adrun-zoe.ins.value}", result.status: recuperee}}
      - id: nature
        text: {fr: Le matricule affiché est suivi de sa nature., en: The matricule shown is followed by its nature.}
        answer: {shown: {text: {matches: "NIR"}}}
"""
