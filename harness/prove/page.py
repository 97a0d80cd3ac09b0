"""The matrix as a Markdown page, one section for each domain, each written when that domain was proved."""

from __future__ import annotations

import re

from harness.prove.proof import Proof
from norms.texts import Lang, text

NAMED = 4  # defects named beside a check; the others are counted


def page(proof: Proof, lang: Lang) -> str:
    """Title, then one section for each domain of the matrix."""
    return _page({domain: _section(domain, proof.of(domain), lang) for domain in proof.domains}, lang)


def renewed(before: str, proof: Proof, lang: Lang) -> str:
    """The page with the sections of the matrix's domains renewed, those of other domains as they were."""
    parts = re.split(r"^(?=## )", before, flags=re.MULTILINE)[1:]
    kept = {part.split(maxsplit=2)[1]: part for part in parts}
    fresh = {domain: _section(domain, proof.of(domain), lang) for domain in proof.domains}
    return _page({**kept, **fresh}, lang)


def _page(sections: dict[str, str], lang: Lang) -> str:
    head = f"# {_t('title', lang)}\n\n{_t('lead', lang)}\n"
    return head + "".join(f"\n{sections[domain].strip()}\n" for domain in sorted(sections))


def _section(domain: str, proof: Proof, lang: Lang) -> str:
    checks, killers, untripped = proof.checks, proof.killers, proof.untripped
    total = sum(map(len, checks.values()))
    count = {"defects": len(proof.defects), "scenarios": len(proof.scenarios), "total": total}
    lines = [f"## {domain}", "", _t("count", lang, tripped=total - len(untripped), **count), ""]
    for key in ("sound", "missed", "strayed", "untripped"):
        wrong = getattr(proof, key)
        if wrong:
            rows = wrong if isinstance(wrong, list) else [f"`{name}`: {', '.join(ids)}" for name, ids in wrong.items()]
            lines += [f"### {_t(key, lang)}", "", *(f"- {row}" for row in rows), ""]
    lines += [f"| {_t('defect', lang)} | {_t('breaks', lang)} | {_t('fails', lang)} |", "|---|---|---|"]
    for name in proof.defects:
        defect = proof.known[name]
        breaks = defect.breaks_fr if lang == "fr" else defect.breaks_en
        lines.append(f"| `{name}` | {breaks} | {_short(domain, proof.failed(name))} |")
    lines += ["", f"| {_t('check', lang)} | {_t('by', lang)} |", "|---|---|"]
    for scenario, ids in checks.items():
        for check in ids:
            by = killers.get((scenario, check), [])
            more = f", +{len(by) - NAMED}" if len(by) > NAMED else ""
            said = ", ".join(f"`{name}`" for name in by[:NAMED]) + more
            if not by and f"{scenario} {check}" not in untripped:
                said = _t("generic", lang)
            lines.append(f"| {scenario} `{check}` | {said} |")
    return "\n".join(lines) + "\n"


def _short(domain: str, scenarios: list[str]) -> str:
    """``.01 .02`` below the domain's heading."""
    return " ".join(scenario.removeprefix(domain) for scenario in sorted(scenarios)) or "—"


def _t(key: str, lang: Lang, **args: object) -> str:
    return text("harness.report", f"prove.{key}", lang, **args)
