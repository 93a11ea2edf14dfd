"""The import of the open data: layouts, dirt, precedence, all or nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from tests.factories.cnpjs import OFFICIAL_ALPHANUMERIC, make_cnpj
from tests.factories.open_data import encode, establishment, write_open_data
from tests.integration.suppliers.conftest import Suppliers

from malha.suppliers.errors import OpenDataMissingError
from malha.suppliers.service import Cnae, Partner, find_known, import_open_data

pytestmark = pytest.mark.anyio

AS_OF = date(2026, 11, 14)


def run_import(suppliers: Suppliers, *paths: Path, as_of: date | None = None, ufs: tuple[str, ...] = ()) -> int:
    url = suppliers.settings.database.url
    return import_open_data(url, paths, as_of=as_of, ufs=ufs).written


async def test_the_published_files_become_suppliers(suppliers: Suppliers, tmp_path: Path) -> None:
    plain = make_cnpj(1)
    folder = write_open_data(tmp_path, [establishment(plain), establishment(OFFICIAL_ALPHANUMERIC)])
    assert run_import(suppliers, folder) == 2
    async with suppliers.database.read_session() as session:
        known = await find_known(session, [plain, OFFICIAL_ALPHANUMERIC], fresh_days=1e5)
    found = known[plain]
    assert set(known) == {plain, OFFICIAL_ALPHANUMERIC}
    assert (found.legal_name, found.trade_name) == (f"EMPRESA {plain[:8]} LTDA", "PADARIA DO ZÉ")
    assert (found.status, found.status_since, found.opened_on) == ("ATIVA", date(2005, 11, 3), date(1999, 2, 28))
    assert found.main_cnae == Cnae("8121400", "Limpeza em prédios")
    assert found.secondary_cnaes == (Cnae("8130300", "Atividades paisagísticas"), Cnae("8111700", ""))
    assert (found.address.street, found.city, found.address.city_code) == ("RUA DA CONSOLAÇÃO", "SAO PAULO", "3550308")
    assert found.partners == (Partner("JOSÉ DA SILVA", "***123456**", "Sócio-Administrador", date(2005, 11, 3)),)
    assert (found.capital, found.is_simples, found.is_mei) == (Decimal("1000.50"), True, False)
    assert (found.provider, found.fetched_at) == ("receita_federal", datetime(2026, 11, 14, tzinfo=UTC))


async def test_dirt_in_the_files_harms_only_its_own_field(suppliers: Suppliers, tmp_path: Path) -> None:
    cnpj = make_cnpj(2)
    dirty = establishment(
        cnpj,
        opened_on="20210231",
        status_since="00000000",
        status="77",
        street='AV ""BRASIL"" \\',
        main_cnae="0",
        cnaes="",
        uf="EXTERIOR",
        trade_name="A\x00B",
    )
    run_import(suppliers, write_open_data(tmp_path, [dirty, establishment(make_cnpj(3))]))
    async with suppliers.database.read_session() as session:
        found = (await find_known(session, [cnpj]))[cnpj]
    assert (found.opened_on, found.status_since, found.status) == (date(2021, 3, 3), None, "UNKNOWN")
    assert (found.address.street, found.main_cnae, found.secondary_cnaes) == ('RUA AV "BRASIL" \\', None, ())
    assert (found.uf, found.trade_name) == (None, "AB")


async def test_a_newer_answer_of_a_provider_stays(suppliers: Suppliers, tmp_path: Path) -> None:
    asked, unknown = make_cnpj(4), make_cnpj(5)
    suppliers.registry.state.companies[unknown] = None
    await suppliers.look_up(asked, unknown)
    folder = write_open_data(tmp_path, [establishment(asked), establishment(unknown)])
    assert run_import(suppliers, folder) == 1
    async with suppliers.database.read_session() as session:
        known = await find_known(session, [asked, unknown])
    assert (known[asked].provider, known[unknown].provider) == ("cnpj_ws", "receita_federal")


async def test_importing_twice_changes_nothing_and_a_later_month_everything(
    suppliers: Suppliers, tmp_path: Path
) -> None:
    cnpj = make_cnpj(6)
    folder = write_open_data(tmp_path / "a", [establishment(cnpj)])
    later = write_open_data(tmp_path / "b", [establishment(cnpj, status="08")])
    assert run_import(suppliers, folder, folder) == 1
    assert run_import(suppliers, later, as_of=date(2026, 11, 15)) == 1
    assert run_import(suppliers, folder) == 0
    rows = await suppliers.execute("SELECT status FROM suppliers")
    assert [row.status for row in rows] == ["BAIXADA"]


async def test_only_the_wanted_states_are_imported(suppliers: Suppliers, tmp_path: Path) -> None:
    folder = write_open_data(tmp_path, [establishment(make_cnpj(1)), establishment(make_cnpj(2), uf="RJ")])
    assert run_import(suppliers, folder, ufs=("rj",)) == 1


async def test_a_broken_file_leaves_everything_as_it_was(suppliers: Suppliers, tmp_path: Path) -> None:
    folder = write_open_data(tmp_path, [establishment(make_cnpj(1))])
    (folder / "Estabelecimentos1.ESTABELE").write_bytes(encode([["too", "few"]]))
    with pytest.raises(psycopg.DataError):
        run_import(suppliers, folder)
    assert await suppliers.execute("SELECT 1 FROM suppliers") == []


async def test_an_import_without_the_main_files_says_which(suppliers: Suppliers, tmp_path: Path) -> None:
    folder = write_open_data(tmp_path, [establishment(make_cnpj(1))])
    (folder / "Empresas0.zip").unlink()
    with pytest.raises(OpenDataMissingError, match="empresas"):
        run_import(suppliers, folder)
