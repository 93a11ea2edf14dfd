"""Any process, however much of it is missing, becomes documents that the standard's schema accepts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.factories.ocds import faults_of_record, faults_of_release

from malha.exports.rules import as_document
from malha.procurement.rules.ocds import Process, current_release, ocid_of, record_of, releases_of
from malha.procurement.rules.ocds_codes import METHODS, tender_status
from malha.procurement.rules.ocds_sheets import SHEETS

PREFIX = "ocds-abc123"
NUMBER = "00394460005887-1-000001/2026"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
amounts = st.decimals(0, 10**13, places=4)
codes = st.integers(0, 20)
moments = st.datetimes(datetime(2021, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
days = st.dates(date(2021, 1, 1), date(2030, 1, 1))


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def supplier() -> dict[str, st.SearchStrategy[Any]]:
    return {
        "supplier_id": maybe(st.sampled_from(["49324221000104", "52998224725", "AB-123"])),
        "supplier_kind": maybe(st.sampled_from(["PJ", "PF", "PE"])),
        "supplier_name": maybe(texts),
    }


procurements = st.fixed_dictionaries(
    {
        "control_number": st.just(NUMBER), "organ_cnpj": st.just("00394460005887"), "object": maybe(texts),
        "additional_information": maybe(texts), "situation_id": maybe(codes), "modality_id": maybe(codes),
        "modality_name": maybe(texts), "estimated_total": maybe(amounts), "proposals_open_at": maybe(moments),
        "proposals_close_at": maybe(moments), "source_link": maybe(texts | st.just("https://compras.example/1")),
        "version_at": moments, "digest": st.text("0123456789abcdef", min_size=8, max_size=8),
    }
)  # fmt: skip
items = st.fixed_dictionaries(
    {
        "number": st.integers(1, 5), "description": maybe(texts), "quantity": maybe(amounts), "unit": maybe(texts),
        "nature": maybe(st.sampled_from(["M", "S", "X"])), "estimated_unit_value": maybe(amounts),
        "situation_id": maybe(codes), "ncm_code": maybe(st.just("30049099")), "catalog_code": maybe(st.just("271")),
    }
)  # fmt: skip
results = st.fixed_dictionaries(
    {
        "item_number": st.integers(1, 6), "sequence": st.integers(1, 3), "quantity": maybe(amounts),
        "unit_value": maybe(amounts), "total": maybe(amounts), "situation_id": maybe(st.integers(1, 2)),
        "decided_on": maybe(days),
    } | supplier()
)  # fmt: skip
contracts = st.fixed_dictionaries(
    {
        "control_number": st.sampled_from([f"00394460005887-2-00000{n}/2026" for n in range(9)]),
        "object": maybe(texts), "initial_value": maybe(amounts), "total": maybe(amounts), "signed_on": maybe(days),
        "starts_on": maybe(days), "ends_on": maybe(days), "version_at": moments, "digest": st.just("d"),
    } | supplier()
)  # fmt: skip
units = st.fixed_dictionaries({"code": texts, "name": maybe(texts), "uf": maybe(st.just("PE")), "city": maybe(texts)})


def unique(strategy: st.SearchStrategy[Any], key: Callable[[Any], Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(strategy, max_size=4, unique_by=key)


processes = st.builds(
    Process,
    procurement=procurements,
    organ=st.fixed_dictionaries({"name": maybe(texts)}) | st.just({}),
    unit=maybe(units),
    items=unique(items, lambda row: row["number"]),
    results=unique(results, lambda row: (row["item_number"], row["sequence"])),
    contracts=unique(contracts, lambda row: row["control_number"]),
    former=unique(procurements, lambda row: row["digest"]),
)


@settings(max_examples=150, deadline=None)
@given(processes)
def test_releases_and_records_are_what_the_schema_wants(process: Process) -> None:
    releases = orjson.loads(as_document(releases_of(process, PREFIX)))
    assert [faults_of_release(release) for release in releases] == [[] for _ in releases]
    assert len({release["ocid"] for release in releases}) == 1
    record = orjson.loads(as_document(record_of(process, PREFIX)))
    assert faults_of_record(record) == []


@settings(max_examples=100, deadline=None)
@given(processes)
def test_whatever_is_referred_to_is_there(process: Process) -> None:
    release = current_release(process, PREFIX)
    parties = [party["id"] for party in release["parties"]]
    assert len(parties) == len(set(parties))
    awards = [award["id"] for award in release.get("awards", ())]
    assert len(awards) == len(set(awards))
    referred = [release["buyer"], release["tender"]["procuringEntity"]]
    referred += [each for award in release.get("awards", ()) for each in award.get("suppliers", ())]
    assert {each["id"] for each in referred} <= set(parties)
    assert {contract["awardID"] for contract in release.get("contracts", ())} <= set(awards)
    tendered = {item["id"] for item in release["tender"].get("items", ())}
    assert {item["id"] for award in release.get("awards", ()) for item in award.get("items", ())} <= tendered


@settings(max_examples=60, deadline=None)
@given(processes)
def test_every_sheet_has_a_value_for_each_column(process: Process) -> None:
    release = current_release(process, PREFIX)
    for sheet in SHEETS:
        lines = sheet.lines(release)
        assert all(len(line) == len(sheet.columns) and line[0] == release["ocid"] for line in lines)
        assert all(not isinstance(cell, list | dict) for line in lines for cell in line)


@settings(max_examples=60, deadline=None)
@given(processes)
def test_no_persons_number_is_published(process: Process) -> None:
    assert b"52998224725" not in as_document(record_of(process, PREFIX))


def a_process(**changes: Any) -> Process:
    procurement = {
        "control_number": NUMBER, "organ_cnpj": "00394460005887", "object": "Reagentes", "additional_information": None,
        "situation_id": 1, "modality_id": 6, "modality_name": "Pregão - Eletrônico",
        "estimated_total": Decimal("9999999999999.9999"), "proposals_open_at": NOW, "proposals_close_at": None,
        "source_link": "https://compras.example/1", "version_at": NOW, "digest": "abc",
    }  # fmt: skip
    return Process(procurement=procurement | changes, organ={"name": "ÓRGÃO"}, unit=None)


def test_amounts_are_written_to_their_last_digit() -> None:
    assert b'"amount":9999999999999.9999' in as_document(current_release(a_process(), PREFIX))


def test_the_ocid_is_the_number_and_a_release_has_another_id_once_anything_changes() -> None:
    first, second = current_release(a_process(), PREFIX), current_release(a_process(digest="def"), PREFIX)
    assert first["ocid"] == second["ocid"] == ocid_of(PREFIX, NUMBER) == "ocds-abc123-00394460005887-1-000001-2026"
    assert first["id"] != second["id"]
    assert first == current_release(a_process(), PREFIX)


@pytest.mark.parametrize(
    ("situation", "items", "status"),
    [
        (1, [], "active"),
        (1, [1, 2], "active"),
        (1, [2, 4], "complete"),
        (1, [4, 5], "unsuccessful"),
        (1, [3, 3], "cancelled"),
        (2, [2], "cancelled"),
        (3, [], "cancelled"),
        (4, [], "active"),
        (None, [], None),
        (99, [2], None),
    ],
)
def test_a_tenders_status_follows_its_situation_and_its_items(
    situation: int | None, items: list[int | None], status: str | None
) -> None:
    assert tender_status(situation, items) == status


def test_every_modality_that_is_known_has_a_method_but_one() -> None:
    assert sorted(set(range(1, 14)) - {modality for modality in METHODS if modality}) == [10]
