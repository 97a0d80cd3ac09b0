"""Hypothesis strategies for metadata: any text that XML can hold, stripped as the reader strips."""

from __future__ import annotations

from hypothesis import strategies as st

from norms.xds.model import Association, Author, Code, DocumentEntry, Submission, SubmissionSet
from norms.xds.names import HAS_MEMBER, RPLC, SET_STATUS

text = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"))
nasty = ("a & b", '<"x">', "É^&1.2&ISO", "l\nm\tn", "]]>", "'", "a\u2028b", "é" * 300, "𝒳")
word = st.sampled_from(nasty) | text.map(str.strip).filter(bool)
maybe = st.just("") | word
words = st.lists(word, max_size=3).map(tuple)
codes = st.builds(Code, word, word, maybe)
authors = st.builds(Author, words, words, words, words, words)
extra = st.dictionaries(word.map(lambda w: f"urn:x:{w}"), st.lists(word, min_size=1, max_size=2).map(tuple), max_size=2)
extras = extra.map(lambda d: tuple(d.items()))
opt_code = st.none() | codes


def entry(id: str) -> st.SearchStrategy[DocumentEntry]:
    return st.builds(
        DocumentEntry, id=st.just(id), lid=maybe, version=maybe, status=maybe, mime_type=maybe, home=maybe,
        unique_id=maybe, patient_id=maybe, title=maybe, comments=maybe, creation_time=maybe, service_start=maybe,
        service_stop=maybe, language=maybe, legal_authenticator=maybe, source_patient_id=maybe,
        source_patient_info=words, hash=maybe, size=maybe, repository=maybe, uri=maybe, references=words,
        authors=st.lists(authors, max_size=2).map(tuple), class_code=opt_code, type_code=opt_code,
        format_code=opt_code, facility=opt_code, practice=opt_code,
        confidentiality=st.lists(codes, max_size=3).map(tuple), events=st.lists(codes, max_size=2).map(tuple),
        extra=extras,
    )  # fmt: skip


sets = st.builds(
    SubmissionSet, id=st.just("Set"), status=maybe, home=maybe, unique_id=maybe, patient_id=maybe, source_id=maybe,
    submission_time=maybe, title=maybe, comments=maybe, recipients=words,
    authors=st.lists(authors, max_size=2).map(tuple), content_type=opt_code, extra=extras,
)  # fmt: skip


def link(id: str) -> st.SearchStrategy[Association]:
    slots = st.dictionaries(word, st.lists(word, min_size=1, max_size=2).map(tuple), max_size=2)
    return st.builds(
        Association, id=st.just(id), type=st.sampled_from([HAS_MEMBER, RPLC]), source=word, target=word, status=maybe,
        slots=slots.map(lambda d: ((SET_STATUS, ("Original",)), *d.items())),
    )  # fmt: skip


submissions = st.builds(
    Submission,
    sets,
    st.tuples(entry("Doc1"), entry("Doc2")),
    st.tuples(link("as1"), link("as2")),
)
