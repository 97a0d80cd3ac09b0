"""What a finding says to someone who does not have the norm at hand."""

from __future__ import annotations

import pytest

from harness.samples import shelf
from norms.cda import validate
from norms.cda.coded import nearest
from norms.codes import Tables
from norms.finding import Finding, find
from norms.texts import LANGS, Lang


def _only(sample: str) -> Finding:
    return next(f for f in validate(shelf.data(sample)).findings if f.rule != "CDA-TRM-06")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    ("sample", "told"),
    [
        ("gender-code", "M (Masculin)"),  # a short set is named whole
        ("author-specialty", "G15_10/SM04"),  # of a long one, the code of the same label
        ("practice-setting", "ETABLISSEMENT"),
        ("section-template-mistyped", "1.3.6.1.4.1.19376.1.5.3.1.3.99"),
    ],
)
def test_a_wrong_code_or_template_is_told_what_it_may_have_meant(sample: str, told: str, lang: Lang) -> None:
    assert told in _only(sample).fix(lang)


def test_what_lacks_is_named_in_words_of_the_trade() -> None:
    assert "responsable du document" in _only("legal-authenticator-absent").message("fr")
    assert "author" in _only("author-absent").message("en")
    traits = _only("birth-name-absent")
    assert "nom de naissance" in traits.message("fr")
    assert "birth name" in traits.message("en")


def test_alternatives_and_what_is_not_there_read_as_a_sentence() -> None:
    root = _only("custodian-root")
    assert " ou " in root.fix("fr")
    assert " or " in root.fix("en")
    assert "|" not in root.message("fr")
    assert "« — »" in _only("n1-representation").message("fr")
    assert "()" not in find("CDA-TPL-05", expected="x", found="y", owner="z").message("fr")


def test_nothing_is_suggested_where_nothing_looks_like_it() -> None:
    held = Tables().table("J01")
    assert held is not None
    assert nearest(held, "Xylophoniste") == ""
    finding = find("CDA-TRM-01", expected="J01", found="X", near="")
    assert "possible" not in finding.fix("en").lower()


def test_a_misplaced_element_is_told_where_it_goes() -> None:
    finding = _only("misplaced-element")
    assert finding.rule == "CDA-GRM-03"
    assert "avant <versionNumber>" in finding.fix("fr")
    assert "before <versionNumber>" in finding.fix("en")
