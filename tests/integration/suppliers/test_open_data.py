"""The import of the open data: layouts, dirt, precedence, all or nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import anyio
import psycopg
import pytest
from tests.factories.cnpjs import OFFICIAL_ALPHANUMERIC, make_cnpj
from tests.factories.open_data import encode, establishment, write_open_data
from tests.integration.suppliers.conftest import Suppliers
from typer.testing import CliRunner, Result

from malha.cli import build_app
from malha.kit.urls import libpq_url
from malha.settings import get_settings
from malha.suppliers.errors import OpenDataBrokenError, OpenDataMissingError
from malha.suppliers.rules.supplier import Cnae, Partner
from malha.suppliers.service import find_known, import_open_data

pytestmark = pytest.mark.anyio

IMPORT = "from malha.cli import main; main()"
IMPORTING = (
    "SELECT 1 FROM pg_stat_activity WHERE application_name = 'malha suppliers import' AND datname = current_database()"
)


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


async def test_a_file_that_cannot_be_read_is_named_and_leaves_everything_as_it_was(
    suppliers: Suppliers, tmp_path: Path
) -> None:
    folder = write_open_data(tmp_path, [establishment(make_cnpj(1))])
    (folder / "Estabelecimentos1.ESTABELE").write_bytes(encode([["too", "few"]]))
    with pytest.raises(OpenDataBrokenError, match=r"(?s)Estabelecimentos1\.ESTABELE.*line 1"):
        run_import(suppliers, folder)
    assert await suppliers.execute("SELECT 1 FROM suppliers") == []


@pytest.mark.parametrize("damage", ["content", "end"])
async def test_a_damaged_archive_is_named(suppliers: Suppliers, tmp_path: Path, damage: str) -> None:
    folder = write_open_data(tmp_path, [establishment(make_cnpj(number)) for number in range(400)])
    archive = folder / "Estabelecimentos0.zip"
    whole = bytearray(archive.read_bytes())
    if damage == "content":
        whole[len(whole) // 2] ^= 0xFF
    archive.write_bytes(whole if damage == "content" else whole[:-30])
    with pytest.raises(OpenDataBrokenError, match=r"Estabelecimentos0\.zip"):
        run_import(suppliers, folder)
    assert await suppliers.execute("SELECT 1 FROM suppliers") == []


async def test_unpacked_files_are_imported_and_tell_their_day(suppliers: Suppliers, tmp_path: Path) -> None:
    cnpj = make_cnpj(1)
    for archive in sorted(write_open_data(tmp_path / "packed", [establishment(cnpj)]).iterdir()):
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(tmp_path / "unpacked")
    for file in (tmp_path / "unpacked").iterdir():
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert run_import(suppliers, tmp_path / "unpacked") == 1
    [row] = await suppliers.execute("SELECT city, phone, fetched_at FROM suppliers")
    assert (row.city, row.phone, row.fetched_at) == ("SAO PAULO", "11 40028922", datetime(2026, 11, 14, tzinfo=UTC))


async def test_a_month_in_several_archives_is_imported_whole(suppliers: Suppliers, tmp_path: Path) -> None:
    folder = write_open_data(tmp_path / "a", [establishment(make_cnpj(1))])
    more = write_open_data(tmp_path / "b", [establishment(make_cnpj(2)), establishment(make_cnpj(1)[:8] + "000299")])
    for name in ("Empresas0.zip", "Estabelecimentos0.zip", "Socios0.zip"):
        (more / name).rename(folder / name.replace("0", "1"))
    assert run_import(suppliers, folder) == 3
    rows = await suppliers.execute("SELECT legal_name, partners FROM suppliers ORDER BY cnpj")
    assert all(row.legal_name and row.partners for row in rows)


def start_import(url: str, folder: Path) -> subprocess.Popen[bytes]:
    """`malha suppliers import` as a process of its own."""
    command = [sys.executable, "-c", IMPORT, "suppliers", "import", str(folder)]
    environment = os.environ | {"DATABASE_URL": url, "REDIS_URL": "redis://unused"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)


async def test_an_import_that_is_killed_leaves_everything_as_it_was(suppliers: Suppliers, tmp_path: Path) -> None:
    cnpj = make_cnpj(1)
    before = write_open_data(tmp_path / "before", [establishment(cnpj)])
    run_import(suppliers, before, as_of=date(2026, 10, 14))
    after = write_open_data(tmp_path / "after", [establishment(cnpj, status="08"), establishment(make_cnpj(2))])
    url = suppliers.settings.database.url
    with psycopg.connect(libpq_url(url)) as holder:
        holder.execute("LOCK TABLE suppliers IN SHARE MODE")  # the import copies everything, and waits to write
        process = start_import(url, after)
        with anyio.fail_after(60):
            while not await suppliers.execute(f"{IMPORTING} AND wait_event_type = 'Lock'"):  # noqa: ASYNC110 - elsewhere
                await anyio.sleep(0.05)
        process.kill()
        process.wait()
    with anyio.fail_after(60):
        while await suppliers.execute(IMPORTING):  # noqa: ASYNC110 - its server process ends by itself
            await anyio.sleep(0.05)
    rows = await suppliers.execute("SELECT cnpj, status FROM suppliers")
    assert [tuple(row) for row in rows] == [(cnpj, "ATIVA")]
    assert run_import(suppliers, after) == 2


def test_the_command_tells_what_it_did_and_why_it_did_not(
    new_database: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", new_database())
    monkeypatch.setenv("REDIS_URL", "redis://unused")
    get_settings.cache_clear()
    folder = write_open_data(tmp_path, [establishment(make_cnpj(1)), establishment(make_cnpj(2), uf="RJ")])

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(build_app("suppliers"), ["suppliers", "import", str(folder), *arguments])

    done = run("--uf", "rj", "--as-of", "2026-11-01")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "1 suppliers as of 2026-11-01")
    assert "Estabelecimentos0.zip:K3241.K03200Y0.D61114.ESTABELE: 2 lines" in done.stdout
    (folder / "Socios0.zip").write_bytes(b'"no";"partners"\n')
    broken = run()
    assert (broken.exit_code, broken.stderr.splitlines()[-1]) == (1, "Nothing was imported.")
    (folder / "Empresas0.zip").unlink()
    missing = run()
    assert (missing.exit_code, missing.stderr) == (2, "There are no files of: empresas.\n")
    get_settings.cache_clear()


async def test_an_import_without_the_main_files_says_which(suppliers: Suppliers, tmp_path: Path) -> None:
    folder = write_open_data(tmp_path, [establishment(make_cnpj(1))])
    (folder / "Empresas0.zip").unlink()
    with pytest.raises(OpenDataMissingError, match="empresas"):
        run_import(suppliers, folder)
