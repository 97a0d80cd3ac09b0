"""Messages accepted are judged: at once when they carry no file, afterwards (in a worker) when they do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from mocks.igc.pki import Pki
from mocks.journal import Validation
from norms.mail import Address, compose
from tests.mail_kit import N1, TO, drafted, sample
from tests.smtp_kit import DOCTOR_BOX, OTHER_BOX, operating


def test_a_message_is_judged_at_once_or_afterwards(pki: Pki, tmp_path: Path) -> None:
    whole = drafted([sample(N1)], sender=Address(DOCTOR_BOX, "Dr_Claire_ROMARIN"), to=(Address(OTHER_BOX),))
    whole = replace(whole, date=datetime.now(UTC))
    plain = replace(whole, archive=b"", files=(), codes=(), subject="Bonjour", message_id="2@x")
    with operating(pki, tmp_path / "bench.db") as op, op.opened() as client:
        for draft in (whole, plain, replace(plain, sender=Address(DOCTOR_BOX, "Dr_Jean_MERLE"), to=(TO,), nil="")):
            client.sendmail(DOCTOR_BOX, [OTHER_BOX], compose(draft))
        kept = sorted(op.kept("submit"), key=lambda one: one.id)
    assert [one.validation for one in kept] == [Validation.PENDING, Validation.DONE, Validation.DONE]
    told = [{f.rule for f in one.findings if f.rule.startswith("MAIL-")} for one in kept]
    assert told[0] == set()
    assert told[1] == {"MAIL-XMSS-09"}  # the flag of documents, without documents
    assert told[2] == {"MAIL-XMSS-09", "MAIL-XMSS-01", "MAIL-FROM-05", "MAIL-HDR-11"}
    assert (kept[0].facts["kind"], kept[0].facts["owner"]) == ("PER", "CLAIRE|ROMARIN")
