"""Whatever a note says, the audit ends with a report: damaged notes with fixed seeds."""

from __future__ import annotations

import copy
import random
from datetime import UTC, datetime

import pytest
from lxml import etree

from malha.fiscal.audit import audit_file
from malha.fiscal.judgement import DocumentStatus
from malha.fiscal.options import AuditOptions
from malha.simulators.nfe import NoteBuilder

VALUES = ["", "abc", "-1", "0", "9" * 20, f"{'9' * 20}.{'9' * 12}", "NaN", "1e400", "٣", " ", "A" * 44, "2026-13-45",
          "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59-03:00", "0.000000000001", "3"]  # fmt: skip
SHAPES = [
    NoteBuilder(),
    NoteBuilder(model="65"),
    NoteBuilder().simples(),
    NoteBuilder().interstate().to_consumer().manufactured().with_freight("10.00"),
    NoteBuilder(layout="3.10"),
    NoteBuilder().returning(NoteBuilder(1).key),
]
OPTIONS = AuditOptions(now=datetime(2026, 11, 1, tzinfo=UTC), own_companies=frozenset({"12345678000195"}))


def damaged(data: bytes, rng: random.Random) -> bytes:
    root = etree.fromstring(data)
    elements = list(root.iter())
    for _ in range(rng.choice([1, 3, 10, 40])):
        element = rng.choice(elements)
        above = element.getparent()
        action = rng.randrange(5)
        if action == 0 and above is not None:
            above.remove(element)
        elif action == 1 and above is not None:
            rng.choice(elements).append(copy.deepcopy(element))
        elif action == 2 and element.attrib:
            element.set(rng.choice(sorted(element.attrib)), rng.choice(VALUES))
        elif not len(element):
            element.text = rng.choice(VALUES)
    return etree.tostring(root)


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_note_is_reported_not_fatal(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311  reproducible damage is the purpose
    for shape in SHAPES:
        results = audit_file(damaged(shape.authorised(), rng), "x.xml", OPTIONS).results
        assert results
        assert any(result.status is not DocumentStatus.OK for result in results)
