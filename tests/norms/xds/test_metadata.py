"""Metadata: what is written reads back equal, as XML and as kept; what is malformed is named, slot and place."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings

from norms.xds.model import Submission
from norms.xds.plain import association_from, entry_from, plain, set_from
from norms.xds.read import read_submission
from norms.xds.write import write_submission
from norms.xml import parse
from tests.norms.xds.strategies import submissions


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(submissions)
def test_what_is_written_reads_back_equal(submission: Submission) -> None:
    read, findings = read_submission(parse(write_submission(submission).encode()))
    assert read == submission
    assert set_from(json.loads(json.dumps(plain(submission.set)))) == submission.set
    assert tuple(entry_from(json.loads(json.dumps(plain(one)))) for one in submission.entries) == submission.entries
    links = tuple(association_from(json.loads(json.dumps(plain(one)))) for one in submission.associations)
    assert links == submission.associations
    assert not {f.rule for f in findings} - {"XDS-CLS-05", "XDS-SLOT-06"}
