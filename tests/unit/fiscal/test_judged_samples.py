"""Public sample files, each finding read once and judged; the files are not ours to keep, only what is right of them.

`judged_samples.tsv` holds the SHA-256 of a file, the rules that speak above information, and those that inform. The
files are looked for in the folder that MALHA_SAMPLES names, else in `shared/samples/fiscal` beside the checkout.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

import pytest

from malha.fiscal.audit import audit
from malha.fiscal.findings import Severity
from malha.fiscal.readers import read_or_explain
from malha.fiscal.rules import all_rules

_HERE = Path(__file__)
_BESIDE = _HERE.parents[3].parent / "shared" / "samples" / "fiscal"
_LINES = _HERE.with_name("judged_samples.tsv").read_text(encoding="utf-8").splitlines()
_ROWS = [line.split("\t") for line in _LINES]
JUDGED = {digest: (set(above.split()), set(told.split())) for digest, above, told in _ROWS}

WHY_RIGHT = {
    "CFOP-GEO-01": "6403 while both parties are in one state and idDest is 1",
    "CFOP-GEO-02": "5405 from PA to MG with idDest 2",
    "IMPORT-FAIL": "a bare & in a name",
    "NF-CFOP-008": "5405 with CST 10",
    "NF-DATE-004": "offsets of +01:00 and -02:00, which the issuers' states have not",
    "NF-DUP-102": "instalments that add up to another value than the invoice",
    "NF-DUP-103": "due ten years before the issue, numbered freely after May 2019",
    "NF-EVT-003": "events that were anonymised: Id, author and sequence no longer fit",
    "NF-EVT-007": "answered with an invented status",
    "NF-EVT-008": "anonymised after signing",
    "NF-ID-002": "a registration of 12 digits in MG, which has 13",
    "NF-ID-004": "indIEDest 1 without IE: registrations were taken out",
    "NF-ID-005": "the municipality abroad for an address in SP",
    "NF-ID-012": "postcodes of SP in MG and BA",
    "NF-ID-013": "names of other municipalities than the codes'",
    "NF-KEY-001": "an Id without NFe before the key",
    "NF-KEY-002": "check digit of an invented key",
    "NF-KEY-003": "parties and tpEmis were exchanged under the old key",
    "NF-PAY-006": "no payment (90), yet an instalment",
    "NF-PIS-004": "ICMS in the base of PIS and COFINS, which theme 69 of the STF takes out: a credit, no mistake",
    "NF-PRD-003": "a GTIN whose check digit is wrong",
    "NF-PRD-008": "a benefit code of SC in a note of SP",
    "NF-PRD-010": "origin 5 across states without FCI",
    "NF-PRD-012": "lots made years after the note",
    "NF-PROT-001": "no protocol in the file",
    "NF-PROT-005": "made in the test environment",
    "NF-REF-002": "an invented key",
    "NF-SIG-001": "not signed",
    "NF-SIG-002": "anonymised after signing",
    "NF-SIG-003": "signature value or certificate exchanged",
    "NF-SIG-004": "signature emptied, or of another Id",
    "NF-SIG-005": "issuer exchanged, certificate not",
    "NF-SIG-008": "signature emptied",
    "NF-STR-002": "lots without quantity, text beyond its pattern, tags out of place",
    "NF-STR-003": "a byte order mark",
    "NF-STR-005": "an item twice or left out",
    "NF-STR-008": "CT-e, MDF-e and NFS-e: named, not audited",
    "NF-STR-007": "an invented letter, an event without signature",
    "NF-TOT-001": "items taken out or multiplied, totals kept",
    "NF-TOT-002": "as NF-TOT-001",
    "NF-TOT-003": "as NF-TOT-001",
    "NF-TOT-004": "as NF-TOT-001",
    "NF-TOT-006": "as NF-TOT-001",
    "NF-TOT-007": "as NF-TOT-001",
    "NF-TOT-009": "as NF-TOT-001",
    "NF-TOT-010": "as NF-TOT-001",
    "VAL-ERR-01": "300 x 1,950.00 is not 1,950.00",
}


def _folder() -> Path:
    return Path(os.environ.get("MALHA_SAMPLES") or _BESIDE)


@cache
def _files() -> dict[str, Path]:
    found = sorted(path for path in _folder().rglob("*") if path.suffix.lower() == ".xml")
    return {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in found}


@pytest.mark.parametrize("digest", JUDGED)
def test_a_sample_is_judged_as_it_was_read(digest: str) -> None:
    path = _files().get(digest)
    if path is None:
        pytest.skip(f"this sample is not in {_folder()}")
    findings = audit(read_or_explain(path.read_bytes(), "amostra.xml")).findings
    told = {finding.rule_id for finding in findings if finding.severity is Severity.INFO}
    assert ({finding.rule_id for finding in findings} - told, told) == JUDGED[digest]


def test_every_sample_was_judged() -> None:
    if not _files():
        pytest.skip(f"there are no samples in {_folder()}")
    assert _files().keys() <= JUDGED.keys()


def test_every_rule_that_speaks_of_a_sample_was_judged() -> None:
    assert {rule for pair in JUDGED.values() for rules in pair for rule in rules} == set(WHY_RIGHT)
    assert set(WHY_RIGHT) <= {rule.id for rule in all_rules()}
