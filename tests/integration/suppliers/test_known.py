"""What is kept, as decisions and signals read it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.factories.cnpjs import make_cnpj
from tests.integration.suppliers.conftest import Suppliers

from malha.suppliers.service import find_known, find_notable, find_standings

pytestmark = pytest.mark.anyio


async def keep(suppliers: Suppliers, count: int) -> list[str]:
    """Companies that have nothing in common."""
    cnpjs = [make_cnpj(number) for number in range(count)]
    for number, cnpj in enumerate(cnpjs):
        company = suppliers.registry.state.company(cnpj)
        assert company is not None
        suppliers.registry.state.companies[cnpj] = company.changed(opened_on=date(2010, 1, 1), partners=(f"P{number}",))
    await suppliers.look_up(*cnpjs)
    await suppliers.execute(
        "UPDATE suppliers SET number = cnpj, partners = jsonb_set(partners, '{0,document}', 'null')"
    )
    return cnpjs


async def notable(suppliers: Suppliers, cnpjs: list[str], after: date | None = None) -> set[str]:
    async with suppliers.database.read_session() as session:
        return set(await find_notable(session, cnpjs, opened_after=after))


async def test_a_standing_is_the_part_of_a_supplier_that_decisions_need(suppliers: Suppliers) -> None:
    cnpjs = await keep(suppliers, 3)
    nobody, forgotten = make_cnpj(50), make_cnpj(51)
    suppliers.registry.state.companies |= {nobody: None, forgotten: None}
    await suppliers.look_up(nobody, forgotten)
    await suppliers.age(cnpjs[0], timedelta(days=31))
    await suppliers.age(forgotten, timedelta(days=8))
    async with suppliers.database.read_session() as session:
        known = await find_known(session, cnpjs)
        standings = await find_standings(
            session, [*cnpjs, nobody, forgotten, make_cnpj(52), "no cnpj"], suppliers.settings
        )
    assert standings == {cnpj: supplier.standing for cnpj, supplier in known.items()} | {nobody: None}
    assert [known[cnpj].is_stale for cnpj in cnpjs] == [True, False, False]


async def test_ordinary_companies_are_not_notable(suppliers: Suppliers) -> None:
    cnpjs = await keep(suppliers, 6)
    assert await notable(suppliers, cnpjs, date(2010, 1, 1)) == set()


async def test_the_closed_and_the_young_are_notable(suppliers: Suppliers) -> None:
    cnpjs = await keep(suppliers, 4)
    await suppliers.execute("UPDATE suppliers SET status = 'BAIXADA' WHERE cnpj = :cnpj", cnpj=cnpjs[0])
    await suppliers.execute("UPDATE suppliers SET opened_on = '2026-01-02' WHERE cnpj = :cnpj", cnpj=cnpjs[1])
    assert await notable(suppliers, cnpjs, date(2026, 1, 1)) == set(cnpjs[:2])
    assert await notable(suppliers, cnpjs, date(2026, 1, 2)) == {cnpjs[0]}
    assert await notable(suppliers, cnpjs) == {cnpjs[0]}


async def test_those_that_share_a_partner_or_a_house_are_notable_unless_they_are_one_company(
    suppliers: Suppliers,
) -> None:
    cnpjs = await keep(suppliers, 8)
    share = "UPDATE suppliers SET {} WHERE cnpj = ANY(CAST(:cnpjs AS text[]))"
    await suppliers.execute(share.format("zip_code = '01001000', number = ' s/n'"), cnpjs=cnpjs[:1])
    await suppliers.execute(share.format("zip_code = '01001000', number = 'S/N'"), cnpjs=cnpjs[1:2])
    same = """partners = '[{"name": "Ana", "document": "***1**"}, {"name": "ANA", "document": "***1**"}]'"""
    await suppliers.execute(share.format(same), cnpjs=cnpjs[2:4])
    nameless = """partners = '[{"name": "Rui", "document": null}]'"""
    await suppliers.execute(share.format(nameless), cnpjs=cnpjs[4:6])
    branch = cnpjs[7][:8] + "000299"
    await suppliers.execute(
        "UPDATE suppliers SET cnpj = :branch, partners = (SELECT partners FROM suppliers WHERE cnpj = :head)"
        " WHERE cnpj = :cnpj",
        branch=branch, head=cnpjs[7], cnpj=cnpjs[6],
    )  # fmt: skip
    assert await notable(suppliers, [*cnpjs, branch]) == set(cnpjs[:6])
    assert await notable(suppliers, cnpjs[:1] + cnpjs[2:3]) == set()
