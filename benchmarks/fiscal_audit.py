"""A whole audit of a signed note (read, schema, signature, every rule) against a bare parse of the same bytes.

Three anchors run beside it: lxml's parse, which knows nothing of the layout; nfelib's typed bindings with a parser and
context kept from note to note; and the same bindings used plainly. The notes are generated, valid and break no rule, so
nothing is skipped. Times are of the thread's own processor; the sides take turns note by note, as one who reads many
notes would run them, and not in loops that keep one side's code and data in the caches.
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
from malha.simulators.nfe import NoteBuilder

ITEM_COUNTS = (4, 29)
MOST_TIMES_A_BARE_PARSE = 15
"""About ten where the processor is ours alone; the rest is for a busy one."""

kept = XmlParser(context=XmlContext())


def timed(action: Callable[[], object]) -> Callable[[], float]:
    """Milliseconds of one run."""

    def measure() -> float:
        started = time.thread_time()
        action()
        return (time.thread_time() - started) * 1000

    return measure


def measured(data: bytes, rounds: int) -> list[Series]:
    """The audit and its anchors, in the order of `sides`."""
    sides: dict[str, Callable[[], object]] = {
        "audit": lambda: audit_file(data, "note.xml"),
        "lxml.etree.fromstring": lambda: etree.fromstring(data),
        "nfelib, parser kept": lambda: kept.from_bytes(data, NfeProc),
        "nfelib, plain": lambda: XmlParser(context=XmlContext()).from_bytes(data, NfeProc),
    }
    values = alternate(rounds, *(timed(action) for action in sides.values()))
    return [Series(name, times, "ms") for name, times in zip(sides, values, strict=True)]


def main() -> None:
    rounds = 30 if parse_arguments(__doc__ or "").quick else 200
    series: list[Series] = []
    verdicts: list[Verdict] = []
    for count in ITEM_COUNTS:
        data = NoteBuilder().with_items(count).authorised()
        if findings := audit_file(data, "note.xml").findings:
            raise RuntimeError(f"the note is meant to be clean: {findings[0]}")
        audit, bare, bound, plain = measured(data, rounds)
        label = f"{count} items, {len(data) / 1024:.0f} KiB"
        series += [Series(f"{label}: {one.name}", one.values, one.unit) for one in (audit, bare, bound, plain)]
        verdicts += [
            Verdict(f"{label}: audit / bare parse", audit.median / bare.median, MOST_TIMES_A_BARE_PARSE, at_most=True),
            Verdict(f"{label}: audit / nfelib, parser kept", audit.median / bound.median, 0.5, at_most=True),
            Verdict(f"{label}: audit / nfelib, plain", audit.median / plain.median, 0.5, at_most=True),
        ]
    finish(series, verdicts)


if __name__ == "__main__":
    main()
