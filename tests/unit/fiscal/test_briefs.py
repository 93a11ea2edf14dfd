"""Briefs of documents: small, and packed as good as at hand for every rule that looks across documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.factories.file_cases import FileCase
from tests.factories.nfe import NoteBuilder, samples
from tests.unit.fiscal import (
    test_rules_across_notes,
    test_rules_duplicates,
    test_rules_events,
    test_rules_protocol,
    test_rules_returned_taxes,
)

from malha.fiscal.audit import audit, compare
from malha.fiscal.briefs import LONGEST_TEXT, Brief, BriefReader, NoteBrief, brief_of, pack_briefs
from malha.fiscal.findings import Finding
from malha.fiscal.judgement import place_in_report
from malha.fiscal.options import AuditOptions
from malha.fiscal.readers import read_or_explain
from malha.fiscal.rules import Scope, all_rules
from malha.fiscal.selection import across_documents

ACROSS = {rule.id for rule in all_rules() if rule.scope is Scope.BATCH}
CASES: list[FileCase] = [
    case
    for module in (test_rules_duplicates, test_rules_events, test_rules_protocol, test_rules_returned_taxes)
    for case in module.CASES
    if case.rule_id in ACROSS
]
LIKE = test_rules_across_notes
NOTES = {
    "NF-REF-003": [LIKE.original().authorised(), LIKE.goods_return(72, "99999999.00"), LIKE.itemised_return("9999")],
    "NF-REF-004": [LIKE.original().set("protNFe/infProt/cStat", "101").authorised(), LIKE.complement()],
    "NF-PRD-005": [LIKE.same_product(77), LIKE.same_product(78, "prod/NCM", "94036000")],
    "NF-PRD-013": [LIKE.same_product(77), LIKE.same_product(78, "imposto/ICMS/*/CST", "20")],
}
"""Rules that are tested apart from the tables, each with files that break it."""


def across(options: AuditOptions) -> AuditOptions:
    selected = across_documents(options)
    assert selected is not None
    return selected


def at_hand(files: Sequence[bytes], options: AuditOptions) -> list[Sequence[Finding]]:
    """What an audit of all documents in memory says of each."""
    documents = [one for no, data in enumerate(files) for one in read_or_explain(data, f"{no}.xml")]
    return [result.findings for result in audit(documents, options=across(options)).results]


def packed(files: Sequence[bytes], options: AuditOptions) -> list[Sequence[Finding]]:
    """The same of files that were read one by one, each forgotten before the next."""
    reader = BriefReader()
    briefs: list[Brief | None] = []
    for no, data in enumerate(files):
        documents = read_or_explain(data, f"{no}.xml")
        kept = pack_briefs(documents)
        briefs += reader.read(kept, name=f"{no}.xml") if kept else [None] * len(documents)
    return [sorted(findings, key=place_in_report) for findings in compare(briefs, across(options))]


def assert_same(files: Sequence[bytes], options: AuditOptions) -> set[str]:
    """Returns the rules that spoke."""
    found = packed(files, options)
    assert found == [list(findings) for findings in at_hand(files, options)]
    return {finding.rule_id for finding in chain.from_iterable(found)}


def as_files(made: bytes | Iterable[bytes]) -> list[bytes]:
    return [made] if isinstance(made, bytes) else list(made)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_rule_across_documents_says_the_same_of_packed_briefs(case: FileCase) -> None:
    assert_same(as_files(case.clean()), case.options)
    assert case.rule_id in assert_same(as_files(case.broken()), case.options)


@pytest.mark.parametrize("rule_id", list(NOTES))
def test_a_rule_across_notes_says_the_same_of_packed_briefs(rule_id: str) -> None:
    assert rule_id in assert_same(NOTES[rule_id], AuditOptions())


def test_every_rule_across_documents_is_compared_here() -> None:
    assert {case.rule_id for case in CASES} | set(NOTES) == ACROSS


POOL = sorted({file for case in CASES for file in as_files(case.broken())} | set(chain.from_iterable(NOTES.values())))
OWN_COMPANIES = frozenset().union(*(case.options.own_companies for case in CASES))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(POOL), min_size=2, max_size=8))
def test_any_set_of_files_is_judged_alike_in_memory_and_one_by_one(files: list[bytes]) -> None:
    assert_same(files, AuditOptions(own_companies=OWN_COMPANIES))


def test_the_samples_are_judged_alike() -> None:
    assert_same([data for _, data in samples()], AuditOptions())


def test_a_file_that_cannot_be_read_has_no_briefs() -> None:
    assert pack_briefs(read_or_explain(b"nope", "a.xml")) is None


def test_briefs_are_much_smaller_than_their_file() -> None:
    data = NoteBuilder(1).with_items(30).authorised()
    kept = pack_briefs(read_or_explain(data, "a.xml"))
    assert kept is not None
    assert len(kept) < len(data) / 10


def test_words_that_notes_share_are_kept_once() -> None:
    reader = BriefReader()
    kept = pack_briefs(read_or_explain(NoteBuilder(1).authorised(), "a.xml"))
    assert kept is not None
    [one], [other] = reader.read(kept, name="a.xml"), reader.read(kept, name="b.xml")
    assert isinstance(one, NoteBrief)
    assert isinstance(other, NoteBrief)
    assert one.items[0].name is other.items[0].name


def test_a_field_of_megabytes_does_not_stay_in_memory() -> None:
    data = NoteBuilder(1).with_items(1).set("det[1]/prod/xProd", "x" * 1_000_000).authorised()
    [document] = read_or_explain(data, "a.xml")
    brief = brief_of(document)
    assert isinstance(brief, NoteBrief)
    assert brief.items[0].name == "x" * LONGEST_TEXT
