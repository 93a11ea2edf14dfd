"""The audit's loop: status, score, order, totals, selection."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from tests.factories.samples import IS_A_SAMPLE

from malha.fiscal.audit import AuditReport, audit, audit_file
from malha.fiscal.documents import Note
from malha.fiscal.findings import Severity
from malha.fiscal.judgement import DocumentStatus
from malha.fiscal.options import AuditOptions
from malha.fiscal.readers import read, read_or_explain
from malha.fiscal.rules import Rule, Rulebook, Scope, all_rules
from malha.simulators.nfe import NoteBuilder, cancellation, samples, tampering

NONE: frozenset[str] = frozenset()


def audited(builder: NoteBuilder, *, only: frozenset[str] = NONE, skip: frozenset[str] = NONE) -> AuditReport:
    return audit_file(builder.authorised(), "nota.xml", AuditOptions(only=only, skip=skip))


def test_a_clean_note_is_ok() -> None:
    (result,) = audited(NoteBuilder(1)).results
    assert (result.status, result.score) == (DocumentStatus.OK, 0)
    assert [finding.rule_id for finding in result.findings] == [IS_A_SAMPLE]


def test_status_is_the_worst_level_and_score_counts_each_rule_once() -> None:
    note = NoteBuilder(1).with_items(3, "00").set("ide/cNF", "11111111")
    for item in (1, 3):
        note.set(f"det[{item}]/prod/vUnCom", "1.0000000000")
    (result,) = audited(note, only=frozenset({"VAL-ERR-01", "NF-KEY-005"})).results
    assert (result.status, result.score) == (DocumentStatus.ERROR, 10 + 2)
    assert [(one.rule_id, one.n_item) for one in result.findings] == [
        ("VAL-ERR-01", 1),
        ("VAL-ERR-01", 3),
        ("NF-KEY-005", None),
    ]


def test_information_leaves_a_document_ok() -> None:
    note = NoteBuilder(1).set("det[1]/imposto/PIS/PISAliq/vBC", "1.00")
    report = audited(note, only=frozenset({"NF-PIS-004"}))
    assert {finding.severity for finding in report.findings} <= {Severity.INFO}
    assert report.results[0].status is DocumentStatus.OK


def test_an_unreadable_file_scores_99() -> None:
    (result,) = audit_file(b"<nfeProc>", "x.xml").results
    assert (result.status, result.score) == (DocumentStatus.ERROR, 99)
    assert [(one.rule_id, one.related) for one in result.findings] == [("IMPORT-FAIL", ("NF-STR-001",))]


def test_the_same_files_give_the_same_report() -> None:
    def report() -> list[object]:
        documents = [one for name, data in samples() for one in read_or_explain(data, name)]
        return [(result.status, result.score, result.findings) for result in audit(documents).results]

    assert report() == report()


def test_findings_say_where_and_what() -> None:
    note = NoteBuilder(1).set("det[2]/prod/vProd", "1.00")
    report = audited(note, only=frozenset({"NF-ITM-001"}))
    (finding,) = report.findings
    assert (finding.key, finding.source_name, finding.n_item) == (note.key, "nota.xml", 2)
    assert finding.xpath == "/nfeProc/NFe/infNFe/det[2]/prod/vProd"
    assert finding.found == "1.00"
    assert finding.formula
    assert "qCom" in finding.formula
    assert finding.reference == "Rejeição 629 (I11-10)"


def test_a_finding_quotes_no_megabytes() -> None:
    (result,) = audited(NoteBuilder(1).set("det[1]/prod/NCM", "9" * 100_000), only=frozenset({"NF-STR-002"})).results
    assert {len(finding.found or "") for finding in result.findings} == {1200}


def test_rules_are_chosen_by_prefix() -> None:
    note = NoteBuilder(1).set("det[1]/prod/vProd", "1.00").set("ide/cNF", "11111111")
    (finding,) = audited(note, only=frozenset({"NF-KEY"})).findings
    assert (finding.rule_id, finding.related) == ("NF-KEY-003", ("NF-KEY-005",))
    skipped = audited(note, skip=frozenset({"NF-", "VAL-", "RTC-", "ICMS-", "PIS-", "CFOP-"}))
    assert skipped.findings == []


def test_totals_count_each_key_once_and_leave_errors_out() -> None:
    good, other = NoteBuilder(1), NoteBuilder(2)
    bad = tampering.changed(NoteBuilder(3).authorised(), "total/ICMSTot/vNF", "1.00")
    documents = [*read(good.authorised(), "a"), *read(other.authorised(), "b"), *read(bad, "c")]
    report = audit(documents)
    totals = report.sums
    notes = [one for one in documents[:2] if isinstance(one, Note)]
    assert totals.notes == 2
    assert totals.items == 8
    assert totals.value == sum((note.total.amount_or_zero("vNF") for note in notes), Decimal(0))
    assert totals.icms == sum((note.total.amount_or_zero("vICMS") for note in notes), Decimal(0))
    twice = audit([*read(good.authorised(), "a"), *read(good.authorised(), "b")])
    assert twice.sums.notes == 1


def test_findings_across_documents_stay_with_their_document() -> None:
    note = NoteBuilder(4)
    event, found = read(cancellation(note.plan()).processed(), "e.xml"), read(note.authorised(), "n.xml")
    results = audit([*event, *found]).results
    assert [one.rule_id for one in results[1].findings] == ["NF-EVT-001", IS_A_SAMPLE]
    assert results[1].findings[0].others == ("e.xml",)


def test_an_audit_reads_no_clock() -> None:
    note = NoteBuilder(5).issued(datetime(2099, 1, 1, tzinfo=UTC)).signed()
    silent = audit_file(note, "x.xml", AuditOptions(only=frozenset({"NF-DATE-001"})))
    loud = audit_file(
        note, "x.xml", AuditOptions(only=frozenset({"NF-DATE-001"}), now=datetime(2026, 1, 1, tzinfo=UTC))
    )
    assert (len(silent.findings), len(loud.findings)) == (0, 1)


@pytest.mark.parametrize(
    ("day", "applies"), [("2026-05-11", False), ("2026-05-12", True), ("2026-06-01", True), ("2026-06-02", False)]
)
def test_validity_includes_both_ends(day: str, applies: bool) -> None:
    rule = _dated(datetime(2026, 5, 12, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))
    book = Rulebook([rule], AuditOptions())
    for asked in ("2026-01-01", day):  # the second look goes through the cache
        note = NoteBuilder(6).issued(datetime.fromisoformat(f"{asked}T12:00:00-03:00")).authorised()
        (document,) = read(note, "x.xml")
        assert isinstance(document, Note)
        chosen = book.for_note(document)
    assert bool(chosen.note) is applies


def _dated(since: datetime, until: datetime) -> Rule:
    template = next(rule for rule in all_rules() if rule.scope is Scope.NOTE and rule.models is None)
    return replace(template, valid_from=since.date(), valid_to=until.date())
