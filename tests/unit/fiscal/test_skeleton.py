"""Skeletons of files: small, and as good as the file for every rule that looks across documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

import pytest
from tests.factories.file_cases import FileCase
from tests.factories.nfe import NoteBuilder, samples
from tests.unit.fiscal import (
    test_rules_across_notes,
    test_rules_duplicates,
    test_rules_events,
    test_rules_protocol,
    test_rules_returned_taxes,
)

from malha.fiscal.audit import audit
from malha.fiscal.documents import Document
from malha.fiscal.options import AuditOptions
from malha.fiscal.readers import read_or_explain
from malha.fiscal.rules import Scope, all_rules
from malha.fiscal.selection import across_documents, within_documents
from malha.fiscal.skeleton import make_skeleton, read_skeleton

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


def read_all(files: Sequence[bytes]) -> list[list[Document]]:
    return [read_or_explain(data, f"{no}.xml") for no, data in enumerate(files)]


def found_across(documents: Sequence[Document], options: AuditOptions) -> list[tuple[Any, ...]]:
    across = across_documents(options)
    assert across is not None
    return [astuple(finding) for finding in audit(documents, options=across).findings]


def assert_same(files: Sequence[bytes], options: AuditOptions) -> set[str]:
    """Audit the files as they are and by their skeletons; returns the rules that spoke."""
    whole = found_across([one for documents in read_all(files) for one in documents], options)
    slim: list[Document] = []
    for documents in read_all(files):
        audit(documents, options=within_documents(options))
        source = documents[0].source
        skeleton = make_skeleton(documents)
        slim += read_skeleton(skeleton, name=source.name, sha256=source.sha256) if skeleton else documents
    assert found_across(slim, options) == whole
    return {finding[0] for finding in whole}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_rule_across_documents_says_of_skeletons_what_it_says_of_files(case: FileCase) -> None:
    for files in (case.broken(), case.clean()):
        assert_same([files] if isinstance(files, bytes) else files, case.options)
    broken = case.broken()
    assert case.rule_id in assert_same([broken] if isinstance(broken, bytes) else broken, case.options)


@pytest.mark.parametrize("rule_id", list(NOTES))
def test_a_rule_across_notes_says_of_skeletons_what_it_says_of_files(rule_id: str) -> None:
    assert rule_id in assert_same(NOTES[rule_id], AuditOptions())


def test_every_rule_across_documents_is_compared_here() -> None:
    assert {case.rule_id for case in CASES} | set(NOTES) == ACROSS


def test_the_samples_are_judged_alike() -> None:
    assert_same([data for _, data in samples()], AuditOptions())


def test_a_file_that_cannot_be_read_has_no_skeleton() -> None:
    assert make_skeleton(read_or_explain(b"nope", "a.xml")) is None


def test_a_skeleton_is_much_smaller_than_its_file() -> None:
    data = NoteBuilder(1).with_items(30).authorised()
    skeleton = make_skeleton(read_or_explain(data, "a.xml"))
    assert skeleton is not None
    assert len(skeleton) < len(data) / 10
