"""Days of Brasília, and what PNCP is asked for each kind of list."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from malha.kit.clock import SAO_PAULO
from malha.procurement.rules.calendar import calendar_of
from malha.procurement.rules.outages import Outcome, judge_probe
from malha.procurement.rules.partitions import UPDATED, Kind, PartitionKey, plan

DAY = date(2026, 3, 2)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=SAO_PAULO)


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        (Kind.PROCUREMENTS, {"dataInicial": "20260302", "dataFinal": "20260302", "codigoModalidadeContratacao": "6"}),
        (Kind.OPEN_PROPOSALS, {"dataFinal": "20270302", "codigoModalidadeContratacao": "6"}),
        (Kind.CONTRACTS, {"dataInicial": "20260302", "dataFinal": "20260302"}),
        (Kind.COLLECTION_INSTRUMENTS, {"dataInicial": "20260302", "dataFinal": "20260302"}),
        (Kind.PLAN_UPDATES, {"dataInicio": "20260302", "dataFim": "20260302"}),
    ],
)
def test_each_list_is_asked_for_by_its_own_parameters(kind: Kind, query: dict[str, str]) -> None:
    assert PartitionKey(kind, DAY, 6 if kind.has_modality else 0).query() == query


def test_a_day_is_over_some_minutes_after_midnight_in_brasilia() -> None:
    key = PartitionKey(Kind.CONTRACTS, DAY)

    assert not key.ended_before(at(2, 23, 59))
    assert not key.ended_before(at(3, 0, 5))
    assert key.ended_before(at(3, 0, 15))
    assert PartitionKey(Kind.OPEN_PROPOSALS, DAY, 6).ended_before(at(2, 12))


def test_a_plan_has_each_day_kind_and_modality_once_and_the_newest_day_first() -> None:
    keys = list(plan(at(1, 23, 50), at(2, 0, 10), UPDATED, [6, 8]))

    assert len(keys) == len(set(keys)) == 2 * (2 * 2 + 4)
    assert [key.day.day for key in keys] == sorted((key.day.day for key in keys), reverse=True)
    assert {key.modality for key in keys if not key.kind.has_modality} == {0}


@pytest.mark.parametrize("kind", Kind)
def test_a_key_comes_back_from_the_input_of_a_part(kind: Kind) -> None:
    key = PartitionKey(kind, DAY, 6 if kind.has_modality else 0)

    assert PartitionKey.of(key.as_input()) == key


def test_a_day_of_the_calendar_is_complete_only_if_all_of_it_is() -> None:
    fields = calendar_of(
        [
            ("contracts", DAY, "complete", 10, 10),
            ("procurements", DAY, "complete", 3, 3),
            ("procurements", DAY, "partial", 5, 4),
            ("plan_updates", DAY, "unknown", None, None),
        ]
    )

    assert [(field.kind, field.state, field.wants, field.has) for field in fields] == [
        ("contracts", "complete", 10, 10),
        ("plan_updates", "unknown", 0, 0),
        ("procurements", "partial", 8, 7),
    ]


@pytest.mark.parametrize(
    ("status", "is_json", "is_online", "outcome"),
    [
        (200, True, True, Outcome.OK),
        (404, True, True, Outcome.OK),
        (422, False, True, Outcome.OK),
        (200, False, True, Outcome.AWAY),
        (503, False, True, Outcome.AWAY),
        (429, False, True, Outcome.LIMITED),
        (None, False, True, Outcome.AWAY),
        (None, False, False, Outcome.OFFLINE),
    ],
)
def test_an_outage_is_theirs_only_if_we_are_online(
    status: int | None, is_json: bool, is_online: bool, outcome: Outcome
) -> None:
    assert judge_probe(status, is_json=is_json, is_online=is_online) is outcome
