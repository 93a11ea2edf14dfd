"""Whatever a filter lets through, as a file: all of it, by date, and not only what a search ranks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.export_bench import ExportBench, open_export_bench
from tests.fakes.procurement_desk import FIRST, ProcurementDesk

from malha.procurement.repository import searching
from malha.procurement.service import _export

COMPANY = "33000167000101"


@pytest.fixture
def bench(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[ExportBench]:
    with open_export_bench(database_url, redis_url, tmp_path) as opened:
        yield opened
        ProcurementDesk(opened.client, opened.app, opened.engine).clear()


@pytest.fixture
def desk(bench: ExportBench) -> ProcurementDesk:
    return ProcurementDesk(bench.client, bench.app, bench.engine)


@pytest.mark.parametrize("query", [{}, {"q": "papel"}, {"q": "papel", "sort": "relevance"}])
def test_a_file_has_every_row_once_beyond_what_is_ranked(
    bench: ExportBench, desk: ProcurementDesk, monkeypatch: pytest.MonkeyPatch, query: dict[str, Any]
) -> None:
    monkeypatch.setattr(searching, "MOST_RANKED", 2)
    monkeypatch.setattr(_export, "PAGE", 2)
    made = [desk.procurement("papel", published_at=FIRST + timedelta(days=20 * day)) for day in range(7)]

    rows = bench.export("procurements", **query).json()

    assert [row["control_number"] for row in rows] == made[::-1]


def test_a_file_has_what_the_list_has(bench: ExportBench, desk: ProcurementDesk) -> None:
    number = desk.procurement("=papel", uf="RJ", city_code="3304557")
    desk.procurement("papel", uf="SP")
    desk.item(number, "resma")
    desk.result(number, 1, COMPANY, "EMPRESA", unit_value=9, total=90)
    desk.result(number, 1, "11222333000181", "OUTRA", unit_value=8, total=10, sequence=2)
    contract = desk.contract(number, COMPANY, "EMPRESA", uf="RJ")

    [procurement] = bench.export("procurements", uf=["RJ"]).json()
    [item] = bench.export("procurement_items", uf=["RJ"]).json()
    [signed] = bench.export("procurement_contracts", uf=["RJ"]).json()

    assert (procurement["control_number"], procurement["has_marked_value"]) == (number, False)
    assert (item["suppliers"], item["awarded_total"]) == (f"{COMPANY} EMPRESA; 11222333000181 OUTRA", "100")
    assert (signed["control_number"], signed["supplier_id"]) == (contract, COMPANY)
    assert ";'=papel;" in bench.export("procurements", "csv", uf=["RJ"]).text


def test_a_filter_that_cannot_be_is_refused_and_not_its_job(bench: ExportBench) -> None:
    assert bench.ask("procurements", uf=["sp"]).status_code == 422
    assert bench.ask("procurements", nome="x").status_code == 422
    assert bench.ask("procurement_items", q="de para").json()["code"] == "search-text-common"
