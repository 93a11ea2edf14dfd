"""The audit chain, without a database: what was written is followed, and whatever was touched shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malha.identity.rules.audit_chain import GENESIS_HASH, audit_keyring, canonical_json, entry_message, link_hash
from malha.identity.rules.audit_check import ChainRow, ChainWalk, ProblemKind
from malha.kit.ids import new_id

OLD, NEW = "the key before it was replaced", "the key of today"
START = datetime(2026, 11, 21, 12, tzinfo=UTC)
TEXTS = ("expense", "42", "APPROVE", "SYSTEM", '{"a":1}', '{"a":2}', None, "192.0.2.1", "curl")
COLUMNS = (
    "entity_type",
    "entity_id",
    "action",
    "actor_id",
    "previous_state",
    "new_state",
    "metadata",
    "client_ip",
    "user_agent",
)


def make_chain(length: int, *, secret: str = NEW) -> list[ChainRow]:
    key = audit_keyring(secret).current
    rows: list[ChainRow] = []
    head = GENESIS_HASH
    for seq in range(1, length + 1):
        entry_id, workspace_id, at = new_id(), new_id(), START + timedelta(seconds=seq)
        message = entry_message(
            entry_id=entry_id, workspace_id=workspace_id, performed_at=at, key_id=key.id, texts=TEXTS
        )
        mac = key.sign(message)
        head = link_hash(head, seq=seq, entry_id=entry_id, mac=mac)
        rows.append(ChainRow(seq, entry_id, head, entry_id, workspace_id, at, key.id, mac, *TEXTS))
    return rows


def walk(rows: list[ChainRow], *former: str) -> list[tuple[ProblemKind, int | None]]:
    chain = ChainWalk(audit_keyring(NEW, *former))
    return [(problem.kind, problem.seq) for row in rows for problem in chain.step(row)]


def relink(rows: list[ChainRow]) -> list[ChainRow]:
    """What somebody without the key can do: compute every hash again."""
    head = GENESIS_HASH
    relinked: list[ChainRow] = []
    for seq, row in enumerate(rows, start=1):
        head = link_hash(head, seq=seq, entry_id=row.entry_id, mac=row.mac)
        relinked.append(row._replace(seq=seq, hash=head))
    return relinked


def test_an_untouched_chain_has_no_problems() -> None:
    assert walk(make_chain(5)) == []


@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_text_shows(column: str) -> None:
    rows = make_chain(3)
    rows[1] = rows[1]._replace(**{column: (getattr(rows[1], column) or "") + " "})
    assert walk(rows) == [(ProblemKind.ENTRY_CHANGED, 2)]


@pytest.mark.parametrize(
    "changes",
    [{"workspace_id": None}, {"workspace_id": UUID(int=1)}, {"performed_at": START}, {"previous_state": None}],
)
def test_a_changed_value_shows(changes: dict[str, Any]) -> None:
    rows = make_chain(3)
    rows[1] = rows[1]._replace(**changes)
    assert walk(rows) == [(ProblemKind.ENTRY_CHANGED, 2)]


@given(st.integers(0, 31), st.integers(1, 255))
def test_any_changed_byte_of_a_mac_or_hash_shows(position: int, flip: int) -> None:
    rows = make_chain(3)
    for column in ("mac", "hash"):
        changed = bytearray(getattr(rows[1], column))
        changed[position] ^= flip
        assert walk([rows[0], rows[1]._replace(**{column: bytes(changed)}), rows[2]])


def test_text_moved_from_one_column_to_the_next_shows() -> None:
    rows = make_chain(1)
    rows[0] = rows[0]._replace(entity_type="expens", entity_id="e42")
    assert walk(rows) == [(ProblemKind.ENTRY_CHANGED, 1)]


def test_a_missing_link_shows_where_it_was() -> None:
    rows = make_chain(4)
    assert walk([rows[0], rows[2], rows[3]]) == [(ProblemKind.LINK_MISSING, 3)]


def test_a_missing_entry_shows_and_the_rest_is_still_judged() -> None:
    rows = make_chain(3)
    rows[1] = rows[1]._replace(found_id=None)
    rows[2] = rows[2]._replace(action="REJECT")
    assert walk(rows) == [(ProblemKind.ENTRY_MISSING, 2), (ProblemKind.ENTRY_CHANGED, 3)]


def test_two_entries_that_changed_places_show() -> None:
    rows = make_chain(3)
    first, second = rows[0], rows[1]
    swapped = [second._replace(seq=1, hash=first.hash), first._replace(seq=2, hash=second.hash), rows[2]]
    assert (ProblemKind.LINK_BROKEN, 1) in walk(swapped)


def test_a_chain_computed_again_differs_at_its_head_from_what_was_sealed() -> None:
    rows = make_chain(4)
    sealed = rows[-1].hash
    recomputed = relink([rows[0], rows[2], rows[3]])
    assert walk(recomputed) == []  # which is why the head is sealed with a key
    assert all(row.hash != sealed for row in recomputed[1:])


def test_entries_of_a_replaced_key_verify_only_while_that_key_is_known() -> None:
    rows = make_chain(1, secret=OLD)
    assert walk(rows, OLD) == []
    assert walk(rows) == [(ProblemKind.KEY_UNKNOWN, 1)]


def test_an_entry_signed_without_the_key_shows() -> None:
    forged = make_chain(1, secret="a guess")[0]
    claimed = forged._replace(key_id=audit_keyring(NEW).current.id)
    assert (ProblemKind.ENTRY_CHANGED, 1) in walk([claimed])


def test_a_state_has_one_text_whatever_the_order_of_its_keys() -> None:
    assert canonical_json({"b": 1, "a": "ç"}) == canonical_json({"a": "ç", "b": 1}) == '{"a":"ç","b":1}'
    assert canonical_json(None) is None


def test_every_problem_can_be_told() -> None:
    rows = make_chain(3)
    chain = ChainWalk(audit_keyring(NEW))
    told = [problem.describe() for row in (rows[0], rows[2]) for problem in chain.step(row)]
    assert told == [f"link 3: one or more links before it are gone (entry {rows[2].entry_id})"]
