"""Notes audited in a warm child beside the same function called in this process: what the door costs.

Each side goes over the same generated, signed and authorised notes of 1 to 40 items and makes of each what the worker
writes. The child gets them as it gets the files of a ZIP, and as it gets single files of one job; a last side counts
what a child of its own for each note costs, as single uploads of different jobs have it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from _report import Series, Verdict, alternate, finish, parse_arguments

from malha.fiscal.leaves import AuditedFile, RawFile, audit_leaves
from malha.fiscal.options import AuditOptions
from malha.guarded.audits import audit_guarded
from malha.simulators.nfe import NoteBuilder

ITEM_COUNTS = (1, 2, 4, 4, 8, 12, 29, 40)
OPTIONS = AuditOptions()


def milliseconds_per_note(audit: Callable[[list[RawFile]], Iterable[AuditedFile]], files: list[RawFile]) -> float:
    """The mean over the notes; a finding in one of them would be a defect of ours."""
    started = time.perf_counter()
    for audited in audit(files):
        [document] = audited.documents
        assert not document.findings, document.findings
    return (time.perf_counter() - started) / len(files) * 1000


def main() -> None:
    """Measure and judge."""
    quick = parse_arguments(__doc__ or "").quick
    rounds, repeat = (9, 4) if quick else (25, 8)
    notes = [NoteBuilder(seed=number).with_items(items).authorised() for number, items in enumerate(ITEM_COUNTS)]
    files = [RawFile("nota.xml", note) for note in notes] * repeat

    def one_by_one(files: list[RawFile], owner: str | None) -> Iterator[AuditedFile]:
        for file in files:
            yield from audit_guarded([file], OPTIONS, owner=owner)

    measured = alternate(
        rounds,
        lambda: milliseconds_per_note(lambda files: audit_leaves(files, OPTIONS), files),
        lambda: milliseconds_per_note(lambda files: audit_guarded(files, OPTIONS, owner="a job"), files),
        lambda: milliseconds_per_note(lambda files: one_by_one(files, "a job"), files),
        lambda: milliseconds_per_note(lambda files: one_by_one(files, None), files[: len(notes)]),
    )
    names = ("in this process", "in a warm child, together", "in a warm child, one by one", "in a child for each note")
    sides = [Series(name, values[1:], "ms") for name, values in zip(names, measured, strict=True)]
    print(f"{len(notes)} notes, {sum(map(len, notes)) // len(notes):,} bytes in the mean")
    rate = sides[0].median / sides[1].median
    finish(sides, [Verdict("guarded_audit rate to in-process", rate, 0.9, at_most=False)])


if __name__ == "__main__":
    main()
