"""Values are marked once a procurement's items are here, batch after batch, and the same again however often."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from tests.fakes.scripted_pncp import PncpServer, control_number, item, procurement, result
from tests.integration.procurement.conftest import Sync

from malha.procurement.service import MARK_KIND, SPREAD_KIND, request_marking

MANY = 12


@pytest.fixture
def marked(sync: Sync, pncp: PncpServer) -> Sync:
    """Procurements of one item each, with the same code and unit, written in two ways."""
    pncp.published[6] = [procurement(sequence, valorTotalEstimado=None) for sequence in range(1, MANY + 1)]
    for sequence in range(1, MANY + 1):
        number = control_number(sequence)
        price = 10 + sequence / 10
        described = {
            "ncmNbsCodigo": "48025610", "unidadeMedida": "UN" if sequence % 2 else "Unidade", "quantidade": 10,
            "valorUnitarioEstimado": price, "valorTotal": price * 10,
        }  # fmt: skip
        pncp.items[number] = [item(1, has_result=True, **described)]
        pncp.results[number, 1] = [result(1) | {"valorUnitarioHomologado": price}]
    return sync


def change(pncp: PncpServer, sequence: int, **fields: Any) -> None:
    number = control_number(sequence)
    pncp.items[number] = [pncp.items[number][0] | fields]


def jobs_of(sync: Sync, kind: str) -> list[UUID]:
    rows = sync.engine.record.execute("SELECT id FROM jobs WHERE kind = %s ORDER BY created_at", [kind])
    return [row["id"] for row in rows]


def run(sync: Sync, job_id: UUID, kind: str) -> None:
    while queued := [part for part in sync.engine.parts(job_id) if part["state"] in {"queued", "held"}]:
        assert sync.engine.deliver(kind, (job_id, queued[0]["no"], queued[0]["no"])) == 1
    assert sync.engine.job(job_id)["state"] == "succeeded"


def mark_again(sync: Sync) -> None:
    async def request() -> UUID:
        async with sync.engine.runtime.database.session() as session:
            return (await request_marking(session, again=True)).id

    run(sync, sync.engine.runtime.run(request()), MARK_KIND)


def marks(sync: Sync) -> list[tuple[str, int, str]]:
    rows = sync.engine.record.execute(
        "SELECT control_number, item_number, rule FROM procurement_value_marks ORDER BY 1, 2, 3"
    )
    return [(row["control_number"], row["item_number"], row["rule"]) for row in rows]


def test_the_end_of_a_synchronisation_has_its_procurements_marked(marked: Sync, pncp: PncpServer) -> None:
    change(pncp, 3, valorTotal=999999)

    marked.backfill()
    [job_id] = jobs_of(marked, MARK_KIND)
    run(marked, job_id, MARK_KIND)

    assert marks(marked) == [(control_number(3), 1, "total-mismatch")]
    assert marked.count("procurement_markings") == MANY
    numbers = marked.one("SELECT numbers FROM procurement_value_marks")["numbers"]
    assert (numbers["total"], numbers["product"]) == ("999999", "103.0")


def test_a_price_far_from_those_of_its_code_and_unit_is_marked_once_they_are_known(
    marked: Sync, pncp: PncpServer
) -> None:
    change(pncp, 5, valorUnitarioEstimado=1050, valorTotal=10500)
    pncp.results[control_number(5), 1][0]["valorUnitarioHomologado"] = 1050
    marked.backfill()
    run(marked, jobs_of(marked, MARK_KIND)[0], MARK_KIND)
    assert marks(marked) == []

    mark_again(marked)

    assert marks(marked) == [(control_number(5), 1, "magnitude-jump")]
    spread = marked.one("SELECT * FROM procurement_price_spreads")
    assert (spread["kind"], spread["code"], spread["unit"], spread["count"]) == ("ncm", "48025610", "unidade", MANY)


def test_marking_again_changes_nothing_and_keeps_the_dates(marked: Sync, pncp: PncpServer) -> None:
    change(pncp, 3, valorTotal=999999)
    marked.backfill()
    mark_again(marked)
    before = marked.one("SELECT * FROM procurement_value_marks")

    mark_again(marked)

    assert marked.one("SELECT * FROM procurement_value_marks") == before


def test_a_doubt_goes_once_the_value_is_put_right(marked: Sync, pncp: PncpServer) -> None:
    change(pncp, 3, valorTotal=999999)
    marked.backfill()
    run(marked, jobs_of(marked, MARK_KIND)[0], MARK_KIND)
    assert marks(marked)

    change(pncp, 3, valorTotal=103)
    pncp.published[6][2] = procurement(3, version="2026-03-05T10:00:00", valorTotalEstimado=None)
    marked.backfill()
    run(marked, jobs_of(marked, MARK_KIND)[1], MARK_KIND)

    assert marks(marked) == []


def test_the_daily_pass_marks_what_was_left(marked: Sync, pncp: PncpServer) -> None:
    change(pncp, 3, valorTotal=999999)
    marked.backfill()
    marked.engine.record.execute("DELETE FROM jobs WHERE kind = %s", [MARK_KIND])
    marked.engine.record.execute("UPDATE procurements SET seen_at = now() - interval '90 days'")

    daily = marked.engine.submit(SPREAD_KIND, [{}])
    run(marked, daily, SPREAD_KIND)
    run(marked, jobs_of(marked, MARK_KIND)[0], MARK_KIND)

    assert marks(marked) == [(control_number(3), 1, "total-mismatch")]
