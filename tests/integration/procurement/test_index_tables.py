"""Rates asked of the Banco Central, and the command line that takes tables in."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from tests.factories.procurements import SUPPLIER, Market
from typer.testing import CliRunner

from malha.cli import build_app
from malha.settings import get_settings

BODY = [{"data": "01/04/2026", "valor": "0.50"}, {"data": "01/05/2026", "valor": "-0.10"}]


@dataclass
class Bank:
    """What the Banco Central answers, and what it was asked."""

    status: int = 200
    body: bytes = json.dumps(BODY).encode()
    asked: list[str] = field(default_factory=list[str])
    url: str = ""


@pytest.fixture
def bank() -> Iterator[Bank]:
    bank = Bank()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            bank.asked.append(self.path)
            self.send_response(bank.status)
            self.send_header("Content-Length", str(len(bank.body)))
            self.end_headers()
            self.wfile.write(bank.body)

        def log_message(self, *_: object) -> None:  # type: ignore[override] - says nothing, whatever it is told
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    bank.url = f"http://127.0.0.1:{server.server_port}"
    yield bank
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def market(database_url: str) -> Iterator[Market]:
    market = Market(database_url)
    yield market
    market.close()


@pytest.fixture
def run(
    database_url: str, redis_url: str, bank: Bank, market: Market, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Command]:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("BCB_URL", bank.url)
    monkeypatch.setenv("OUTBOUND_ALLOWED_HOSTS", bank.url.removeprefix("http://"))
    get_settings.cache_clear()
    yield Command()
    get_settings.cache_clear()
    market.rows("DELETE FROM jobs RETURNING 1")


class Command:
    """`malha tables`, as an operator types it."""

    def __call__(self, *arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(build_app("tables"), ["tables", *arguments])
        return result.exit_code, result.output


def test_rates_come_from_the_banco_central_only_when_asked_for(run: Command, bank: Bank, market: Market) -> None:
    assert bank.asked == []

    code, told = run("fetch-index", "ipca", "--first", "2026-04-01", "--last", "2026-05-31")

    assert code == 0, told
    assert "IPCA: 2 lines, 2026-04 to 2026-05" in told
    [asked] = bank.asked
    assert asked.startswith(
        "/dados/serie/bcdata.sgs.433/dados?formato=json&dataInicial=01/04/2026&dataFinal=31/05/2026"
    )
    rows = market.rows("SELECT * FROM procurement_price_indexes ORDER BY month")
    assert [(str(row["rate"]), row["source"]) for row in rows] == [("0.50", "BCB SGS 433"), ("-0.10", "BCB SGS 433")]


@pytest.mark.parametrize(("status", "body"), [(500, b"[]"), (200, b"<html>"), (200, b"{}"), (200, b"[]"), (429, b"")])
def test_what_is_no_series_changes_nothing(run: Command, bank: Bank, market: Market, status: int, body: bytes) -> None:
    market.rate("IPCA", date(2026, 4, 1), "0.9")
    bank.status, bank.body = status, body

    code, told = run("fetch-index", "IPCA", "--first", "2026-04-01", "--last", "2026-05-31")

    assert (code, "Nothing was imported." in told) == (1, True)
    assert [str(row["rate"]) for row in market.rows("SELECT * FROM procurement_price_indexes")] == ["0.9"]


def test_files_are_imported_by_command(run: Command, market: Market, tmp_path: Path) -> None:
    rates, sanctions = tmp_path / "igpm.csv", tmp_path / "20260401_CNEP.csv"
    rates.write_text("mes;taxa\n04/2026;0,5\n", "utf-8")
    heading = "CPF OU CNPJ DO SANCIONADO;DATA INÍCIO SANÇÃO"
    sanctions.write_text(f"{heading}\n{SUPPLIER};01/01/2026\n", "iso-8859-1")

    assert run("import", "index", "IGP-M", str(rates))[0] == 0
    assert run("import", "sanctions", "cnep", str(sanctions)) == (0, "CNEP: 1 lines, 2026-04-01\n")
    assert run("import", "sanctions", "CADIN", str(sanctions))[0] == 1
    assert run("import", "index", "IGP-M", str(sanctions))[0] == 1

    assert len(market.rows("SELECT 1 FROM procurement_price_indexes")) == 1
    assert len(market.rows("SELECT 1 FROM procurement_sanctions")) == 1


def test_marks_are_computed_again_by_command(run: Command, market: Market) -> None:
    code, told = run("recompute-marks")
    assert code == 0, told
    [job] = market.rows("SELECT kind, id FROM jobs")
    assert told == f"job {job['id']}\n"
    assert job["kind"] == "procurement.mark_values"
