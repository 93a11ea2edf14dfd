"""A backfill ends with what PNCP has, or says that it does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.fakes.scripted_pncp import Fault, PncpServer, Reply, control_number, item, page_of, procurement, result
from tests.integration.procurement.conftest import Sync

from malha.kit.ids import new_id

LIST, DETAIL = "/contratacoes/publicacao", "/detail/"


def publish(pncp: PncpServer, count: int) -> None:
    """So many procurements with two items each, the second with a result."""
    pncp.published[6] = [procurement(sequence) for sequence in range(1, count + 1)]
    for sequence in range(1, count + 1):
        pncp.items[control_number(sequence)] = [item(1), item(2, has_result=True)]
        pncp.results[control_number(sequence), 2] = [result(2)]


def once(path: str, reply: Reply, *, page: str | None = None) -> Fault:
    """The first such request gets another reply."""
    left = [reply]

    def fault(asked: str, query: dict[str, str], _truth: Reply) -> Reply | None:
        wanted = path in asked and (page is None or query.get("pagina") == page)
        return left.pop() if wanted and left else None

    return fault


def always(path: str, make: Callable[[dict[str, str]], Reply]) -> Fault:
    def fault(asked: str, query: dict[str, str], _truth: Reply) -> Reply | None:
        return make(query) if path in asked else None

    return fault


def test_a_backfill_holds_every_record_once_and_says_complete(sync: Sync, pncp: PncpServer) -> None:
    publish(pncp, 120)

    job_id = sync.backfill()

    assert sync.engine.job(job_id)["state"] == "succeeded"
    partition = sync.partition()
    assert (partition["state"], partition["has"], partition["wants"]) == ("complete", 120, 120)
    assert [sync.count(table) for table in ("procurements", "procurement_items", "procurement_results")] == [
        120, 240, 120,
    ]  # fmt: skip
    assert sync.count("procurement_versions") == 120
    run = sync.one("SELECT * FROM procurement_runs")
    assert (run["state"], run["counters"]["procurements"], run["counters"]["items"]) == ("success", 120, 240)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(once(LIST, (200, b"<html>Erro</html>")), id="HTML with 200"),
        pytest.param(once(LIST, (204, b""), page="2"), id="a later page without content"),
        pytest.param(once(LIST, page_of([procurement(1)], 1, 50, data=[]), page="1"), id="an empty first page"),
        pytest.param(once(LIST, (429, b"<html>Limite de Requisi")), id="429"),
        pytest.param(once(LIST, (500, b"{}")), id="500"),
        pytest.param(once(LIST, (422, b'{"message":"Data Inicial"}')), id="a spurious 422"),
        pytest.param(once("/itens/quantidade", (404, b"{}")), id="404 on children"),
        pytest.param(once("/itens", (200, b"[]"), page="1"), id="no items at first"),
        pytest.param(once("/resultados", (204, b"")), id="no results at first"),
        pytest.param(once("/itens", (200, b"null"), page="1"), id="null for items"),
    ],
)
def test_a_fault_that_passes_loses_nothing(sync: Sync, pncp: PncpServer, fault: Fault) -> None:
    publish(pncp, 60)
    pncp.faults.append(fault)

    sync.backfill()

    assert sync.partition()["state"] == "complete"
    assert sync.count("procurement_items") == 120


def _short(query: dict[str, str]) -> Reply:
    records = [procurement(sequence) for sequence in range(1, 61)]
    status, body = page_of(records, int(query["pagina"]), int(query["tamanhoPagina"]))
    return status, body.replace(b'"numeroControlePNCP": "00394460005887-1-000060/2026"', b'"numeroControlePNCP": null')


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(
            lambda _query: page_of([procurement(1)] * 60, 1, 50, numeroPagina=None), id="the same page always"
        ),
        pytest.param(lambda _query: (200, b'{"data": [], "empty": true}'), id="no totals"),
        pytest.param(lambda _query: (200, b"[]"), id="no envelope"),
        pytest.param(_short, id="a record without number"),
        pytest.param(lambda _query: (500, b"{}"), id="away for good"),
        pytest.param(lambda _query: (422, b'{"message":"Data"}'), id="a true 422"),
    ],
)
def test_a_fault_that_stays_is_never_called_complete(sync: Sync, pncp: PncpServer, reply: Any) -> None:
    publish(pncp, 60)
    pncp.faults.append(always(LIST, reply))

    sync.backfill()

    partition = sync.partition()
    assert partition["state"] in {"partial", "unknown"}
    assert partition["reason"]
    assert sync.one("SELECT * FROM procurement_runs")["state"] == "partial"


def test_items_that_never_add_up_keep_their_day_open(sync: Sync, pncp: PncpServer) -> None:
    publish(pncp, 3)
    pncp.faults.append(always("/2/itens/quantidade", lambda _query: (200, b"3")))

    sync.backfill()

    assert sync.partition()["state"] == "partial"
    lacking = sync.one("SELECT * FROM procurements WHERE items_state <> 'complete'")
    assert (lacking["sequence"], lacking["items_state"]) == (2, "partial")
    assert "2 items came where 3 are counted" in lacking["items_reason"]


def test_an_older_version_never_overwrites_a_newer_one(sync: Sync, pncp: PncpServer) -> None:
    publish(pncp, 1)
    pncp.published[6] = [procurement(1, version="2026-03-05T00:00:00", objetoCompra="novo")]
    sync.backfill()
    pncp.published[6] = [procurement(1, version="2026-03-04T00:00:00", objetoCompra="velho")]

    sync.backfill()

    assert sync.one("SELECT object FROM procurements")["object"] == "novo"
    assert sync.count("procurement_versions") == 2


def test_a_removed_item_goes_with_the_next_version(sync: Sync, pncp: PncpServer) -> None:
    publish(pncp, 1)
    sync.backfill()
    pncp.published[6] = [procurement(1, version="2026-03-05T00:00:00")]
    pncp.items[control_number(1)] = [item(2)]

    sync.backfill()

    assert sync.one("SELECT number FROM procurement_items")["number"] == 2
    assert sync.count("procurement_results") == 0
    assert sync.partition()["state"] == "complete"


def test_one_request_makes_one_run(sync: Sync) -> None:
    request_id = new_id()

    assert sync.take("2026-03-02", "2026-03-02", request_id) is not None
    assert sync.take("2026-03-02", "2026-03-02", request_id) is None
    assert sync.count("procurement_runs") == 1


def test_numbers_are_kept_to_the_last_digit(sync: Sync, pncp: PncpServer) -> None:
    publish(pncp, 1)
    pncp.published[6][0]["valorTotalEstimado"] = 123456789
    digits = b"9999999999999.9999"
    pncp.faults.append(lambda _path, _query, reply: (reply[0], reply[1].replace(b"123456789", digits)))

    sync.backfill()

    kept = sync.one("SELECT estimated_total::text AS total, raw ->> 'valorTotalEstimado' AS raw FROM procurements "
                    "JOIN procurement_versions USING (control_number)")  # fmt: skip
    assert kept == {"total": "9999999999999.9999", "raw": "9999999999999.9999"}


def test_reading_goes_on_from_the_page_that_was_written(sync: Sync, pncp: PncpServer) -> None:
    publish(pncp, 120)
    pncp.faults.append(always(LIST, lambda query: (500, b"") if query["pagina"] == "3" else None))  # type: ignore[arg-type,return-value]
    job_id = sync.take("2026-03-02", "2026-03-02", new_id())
    assert job_id is not None
    sync.run(job_id, deliveries=2)
    assert sync.count("procurements") == 100
    pncp.faults.clear()
    pncp.asked.clear()

    sync.run(job_id)

    assert [query["pagina"] for path, query in pncp.asked if path.endswith(LIST)] == ["3"]
    assert sync.partition()["state"] == "complete"


def test_results_that_came_are_not_asked_for_again(sync: Sync, pncp: PncpServer) -> None:
    publish(pncp, 1)
    pncp.items[control_number(1)] = [item(number, has_result=True) for number in range(1, 6)]
    for number in range(1, 6):
        pncp.results[control_number(1), number] = [result(number)]
    pncp.faults.append(always("/itens/5/resultados", lambda _query: (500, b"{}")))
    job_id = sync.take("2026-03-02", "2026-03-02", new_id())
    assert job_id is not None
    sync.run(job_id, deliveries=4)
    assert sync.count("procurement_fetched_results") == 4
    assert sync.count("procurement_items") == 0
    pncp.faults.clear()
    pncp.asked.clear()

    sync.run(job_id)

    assert [path for path, _ in pncp.asked if path.endswith("/resultados")] == [
        f"/detail/v1/orgaos/{control_number(1)[:14]}/compras/2026/1/itens/5/resultados"
    ]
    assert sync.count("procurement_results") == 5
    assert sync.count("procurement_fetched_results") == 0
    assert sync.partition()["state"] == "complete"


def test_a_reading_that_fails_takes_nothing_from_a_day_that_was_proved(sync: Sync, pncp: PncpServer) -> None:
    publish(pncp, 3)
    sync.backfill()
    pncp.faults.append(always(LIST, lambda _query: (500, b"{}")))

    sync.backfill()

    assert sync.partition()["state"] == "complete"
    assert sync.one("SELECT state FROM procurement_runs ORDER BY requested_at DESC LIMIT 1")["state"] == "partial"


def test_a_refill_reads_only_what_is_open(sync: Sync, pncp: PncpServer) -> None:
    publish(pncp, 3)
    sync.kinds = ["procurements"]
    sync.backfill(last="2026-03-03")
    sync.engine.record.execute("UPDATE procurement_partitions SET state = 'unknown' WHERE day = '2026-03-02'")
    pncp.asked.clear()

    sync.backfill(last="2026-03-03", only_open=True)

    assert {query["dataInicial"] for path, query in pncp.asked if path.endswith(LIST)} == {"20260302"}
    states = sync.engine.record.execute("SELECT day::text, state, reason FROM procurement_partitions").fetchall()
    assert {row["state"] for row in states} == {"complete"}, states


def test_when_a_run_ends_nothing_of_its_readings_stays(sync: Sync, pncp: PncpServer) -> None:
    publish(pncp, 3)

    sync.backfill()

    assert sync.count("procurement_readings") == sync.count("procurement_reading_keys") == 0
