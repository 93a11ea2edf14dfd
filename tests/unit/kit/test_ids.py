"""Identifiers that sort by their making."""

from __future__ import annotations

from malha.kit.ids import new_id, new_ids


def test_an_id_is_a_version_7_uuid_and_sorts_after_those_of_earlier_milliseconds() -> None:
    first, later = new_id(), new_id()
    assert (first.version, first.variant) == (7, "specified in RFC 4122")
    assert first.int >> 80 <= later.int >> 80


def test_many_ids_are_different_and_in_ascending_order() -> None:
    ids = list(new_ids(5_000))
    assert ids == sorted(set(ids))
    assert {each.version for each in ids} == {7}
    assert list(new_ids(0)) == []
