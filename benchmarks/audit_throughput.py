"""A whole audit (read, XSD, signature, all rules) beside the least and the most that others do with the same bytes.

The anchors are `lxml.etree.fromstring`, which only parses, and nfelib's typed parse with a reused context, which only
builds objects. Each side goes over the same generated, signed and authorised notes of 1 to 40 items, on one core.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from _report import Series, Verdict, alternate, finish, parse_arguments
from lxml import etree
from nfelib.nfe.bindings.v4_0.proc_nfe_v4_00 import NfeProc
from xsdata.formats.dataclass.context import XmlContext
from xsdata.formats.dataclass.parsers import XmlParser

from malha.fiscal.audit import audit_file
from malha.fiscal.judgement import DocumentStatus
from malha.fiscal.options import AuditOptions
from malha.simulators.nfe import NoteBuilder

ITEM_COUNTS = (1, 2, 4, 4, 8, 12, 29, 40)
OPTIONS = AuditOptions()


def seconds_per_note(work: Callable[[bytes], object], notes: list[bytes], *, repeat: int) -> float:
    """The mean over the notes, in milliseconds."""
    started = time.perf_counter()
    for _ in range(repeat):
        for note in notes:
            work(note)
    return (time.perf_counter() - started) / (repeat * len(notes)) * 1000


def audit_one(note: bytes) -> None:
    """The audit as `malha audit` runs it; the notes are clean, so a finding would be a defect of ours."""
    [result] = audit_file(note, "nota.xml", OPTIONS).results
    if result.status is not DocumentStatus.OK:
        raise AssertionError([finding.rule_id for finding in result.findings])


def main() -> None:
    """Measure and judge."""
    quick = parse_arguments(__doc__ or "").quick
    rounds, repeat = (5, 2) if quick else (15, 5)
    notes = [NoteBuilder(seed=number).with_items(items).authorised() for number, items in enumerate(ITEM_COUNTS)]
    parser = XmlParser(context=XmlContext())
    for warm_up in (audit_one, etree.fromstring, lambda note: parser.from_bytes(note, NfeProc)):
        seconds_per_note(warm_up, notes, repeat=1)
    ours, lxml_only, nfelib_only = alternate(
        rounds,
        lambda: seconds_per_note(audit_one, notes, repeat=repeat),
        lambda: seconds_per_note(etree.fromstring, notes, repeat=repeat * 5),
        lambda: seconds_per_note(lambda note: parser.from_bytes(note, NfeProc), notes, repeat=repeat),
    )
    sides = [
        Series("whole audit", ours, "ms"),
        Series("lxml.etree.fromstring", lxml_only, "ms"),
        Series("nfelib parse, reused context", nfelib_only, "ms"),
    ]
    mean_bytes = sum(map(len, notes)) // len(notes)
    print(f"{len(notes)} notes, {mean_bytes:,} bytes in the mean")
    finish(
        sides,
        [
            Verdict("audit_throughput to lxml", sides[0].median / sides[1].median, 10, at_most=True),
            Verdict("audit_throughput to nfelib", sides[0].median / sides[2].median, 0.5, at_most=True),
        ],
    )


if __name__ == "__main__":
    main()
