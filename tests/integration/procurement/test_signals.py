"""Signals over the API: of one procurement as it is now, and kept ones by who bought and when."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from psycopg.types.json import Jsonb
from tests.factories.procurements import ORGAN, SUPPLIER, Market
from tests.fakes.application import Application, become, open_application
from tests.fakes.engine import Engine

from malha.db import Database
from malha.identity.policy import Principal, Role
from malha.kit.ids import new_id
from malha.procurement.errors import TableFileBrokenError
from malha.procurement.service import MARK_KIND, import_index, import_sanctions, request_marking
from malha.settings import BrokerSettings, DatabaseSettings, Settings

import malha.procurement.tasks  # isort: skip  # noqa: F401 - registers the handlers

PATH = "/api/v1/procurement/signals"
CLOSE = datetime(2026, 3, 6, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def settings(database_url: str, redis_url: str) -> Settings:
    return Settings(database=DatabaseSettings(url=database_url), broker=BrokerSettings(redis_url=redis_url))


@pytest.fixture(scope="module")
def application(settings: Settings) -> Iterator[Application]:
    with open_application(settings) as opened:
        become(opened.app, somebody())
        yield opened


def somebody(scopes: frozenset[str] | None = None) -> Principal:
    return Principal(
        user_id=new_id(), email="analista@example.com", is_superuser=False, workspace_id=new_id(), role=Role.VIEWER,
        scopes=scopes, via="jwt", credential_id=new_id(),
    )  # fmt: skip


@pytest.fixture
def market(database_url: str) -> Iterator[Market]:
    market = Market(database_url)
    yield market
    market.rows("DELETE FROM suppliers RETURNING 1")
    market.close()


def ask(application: Application, path: str, language: str = "pt", **query: Any) -> dict[str, Any]:
    answer = application.client.get(path, params=query, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return answer.json()


def place_of(number: str) -> str:
    cnpj, _, rest = number.split("-")
    sequence, year = rest.split("/")
    return f"{PATH}/{cnpj}/{year}/{int(sequence)}"


def keep(database_url: str, redis_url: str) -> None:
    """One pass over everything."""
    engine = Engine(database_url, redis_url)

    async def request() -> Any:
        async with engine.runtime.database.session() as session:
            return (await request_marking(session, again=True)).id

    job_id = engine.runtime.run(request())
    while queued := [part for part in engine.parts(job_id) if part["state"] in {"queued", "held"}]:
        engine.deliver(MARK_KIND, (job_id, queued[0]["no"], queued[0]["no"]))
    assert engine.job(job_id)["state"] == "succeeded"
    engine.close()


def short_tender(market: Market, **fields: Any) -> str:
    number = market.procurement(proposals_close_at=CLOSE, **fields)
    market.item(number, raw=Jsonb({"criterioJulgamentoId": 1}))
    return number


def test_a_procurement_tells_its_signals_with_formula_law_and_what_is_not_known(
    application: Application, market: Market
) -> None:
    number = short_tender(market)

    told = ask(application, place_of(number))

    [signal] = told["signals"]
    assert signal["rule"] == "notice-too-short"
    assert signal["numbers"]["business_days"] == 4
    assert "art. 55" in signal["law"]
    assert signal["explanation"].startswith("Indício")
    assert {"results", "contracts", "sanction-lists"} <= set(told["unknown"])
    assert "R024" in {flag["code"] for flag in told["not_computable"]}
    english = ask(application, place_of(number), "en")["signals"][0]
    assert english["explanation"].startswith("Indication (indício)")
    assert english["title"] != signal["title"]


def test_marks_are_told_beside_the_signals(application: Application, market: Market) -> None:
    number = market.procurement()
    market.item(number, estimated_unit_value="10", quantity=3, estimated_total="31")
    [mark] = ask(application, place_of(number))["marks"]
    assert (mark["item"], mark["rule"]) == (1, "total-mismatch")
    assert "31" in mark["reason"]


def test_the_whole_way_of_a_supplier(application: Application, market: Market) -> None:
    number = market.procurement(object="Pavimentação da rua")
    market.item(number)
    market.result(number, unit_value="10", total="100", decided_on=date(2026, 3, 20))
    market.contract(
        number, signed_on=date(2026, 3, 10), published_at=datetime(2026, 5, 20, 12, tzinfo=UTC), initial_value="100"
    )
    market.add(
        "suppliers", cnpj=SUPPLIER, is_found=True, legal_name="X", opened_on=date(2026, 2, 1), main_cnae_code="5611201",
        main_cnae_description="Restaurantes", provider="test", fetched_at=datetime(2026, 3, 1, tzinfo=UTC),
    )  # fmt: skip
    market.add(
        "procurement_sanctions", list_name="CEIS", line=2, cnpj=SUPPLIER, kind="Impedimento",
        starts_on=date(2026, 1, 1), authority="PREFEITURA", as_of=date(2026, 3, 1),
    )  # fmt: skip

    told = ask(application, place_of(number))

    assert {signal["rule"] for signal in told["signals"]} == {
        "supplier-young", "supplier-activity-far", "supplier-sanctioned", "contract-before-award",
        "published-after-signing",
    }  # fmt: skip
    assert "supplier-registry" not in told["unknown"]


@pytest.mark.parametrize(
    ("amendment", "fires"),
    [
        ({"added_value": "26"}, True),
        ({"added_value": "25"}, False),
        ({"added_value": "90", "changes_term": True}, False),
        ({"added_value": "90", "adjusts_price": True}, False),
        ({"added_value": None}, False),
    ],
)
def test_only_what_an_amendment_adds_to_the_object_counts(
    application: Application, market: Market, amendment: dict[str, Any], *, fires: bool
) -> None:
    number = market.procurement()
    contract = market.contract(number, initial_value="100")
    market.add("procurement_amendments", contract_control_number=contract, sequence=1, raw=Jsonb({}), **amendment)
    rules = {signal["rule"] for signal in ask(application, place_of(number))["signals"]}
    assert ("amendments-over-limit" in rules) is fires


def test_direct_contracts_of_one_unit_and_kind_are_summed(application: Application, market: Market) -> None:
    market.add("procurement_legal_bases", code=19, name="Lei 14.133/2021, Art. 75, II")
    direct = {"modality_id": 8, "legal_basis_code": 19, "estimated_total": "40000"}
    numbers = [market.procurement(**direct) for _ in range(2)]
    elsewhere = market.procurement(**direct, unit="2")
    other = market.procurement(**direct)
    for number in (*numbers, elsewhere):
        market.item(number)
    market.item(other, ncm_code="84713012")

    [signal] = ask(application, place_of(numbers[0]))["signals"]

    assert signal["rule"] == "dispensa-splitting"
    assert signal["numbers"]["others"] == [numbers[1]]
    assert signal["numbers"]["total"] == "80000"
    for number in (elsewhere, other):
        assert ask(application, place_of(number))["signals"] == []


def test_one_supplier_with_nearly_all_of_a_unit(application: Application, market: Market) -> None:
    numbers = [market.procurement() for _ in range(10)]
    for number in numbers:
        market.item(number)
        supplier = "12ABC34501DE35" if number == numbers[0] else SUPPLIER
        market.result(number, unit_value="1500", total="15000", supplier_id=supplier)
    elsewhere = market.procurement(unit="2")
    market.item(elsewhere)
    market.result(elsewhere, unit_value="1500", total="15000")

    [signal] = ask(application, place_of(numbers[-1]))["signals"]

    assert (signal["rule"], signal["subject"]) == ("supplier-concentration", SUPPLIER)
    assert (signal["numbers"]["share"], signal["numbers"]["hhi"]) == ("0.9000", 8200)
    assert ask(application, place_of(elsewhere))["signals"] == []


@pytest.fixture
def kept(market: Market, database_url: str, redis_url: str) -> dict[str, str]:
    """Kept signals of three procurements."""
    numbers = {
        "here": short_tender(market),
        "other organ": short_tender(market, organ="11222333000181", uf="SP"),
        "later": short_tender(market, unit="2", published_at=datetime(2026, 3, 4, 3, tzinfo=UTC)),
    }
    market.item(numbers["here"], 2, estimated_unit_value="1", quantity=2, estimated_total="9")
    keep(database_url, redis_url)
    return numbers


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["here", "later", "other organ"]),
        ({"organ": ORGAN}, ["here", "later"]),
        ({"organ": ORGAN, "unit": "2"}, ["later"]),
        ({"uf": "SP"}, ["other organ"]),
        ({"first": "2026-03-04"}, ["later"]),
        ({"last": "2026-03-03"}, ["here", "other organ"]),
        ({"rule": "notice-too-short"}, ["here", "later", "other organ"]),
        ({"rule": ["supplier-young", "notice-too-short"], "organ": ORGAN}, ["here", "later"]),
        ({"rule": "supplier-young"}, []),
        ({"organ": "11222333000262"}, []),
    ],
)
def test_kept_signals_are_listed_by_who_bought_when_and_why(
    application: Application, kept: dict[str, str], query: dict[str, Any], found: list[str]
) -> None:
    listed = ask(application, PATH, **query)["items"]
    assert sorted(entry["control_number"] for entry in listed) == sorted(kept[name] for name in found)
    assert all(entry["rule"] == "notice-too-short" and "Indício" in entry["explanation"] for entry in listed)


def test_kept_signals_come_page_by_page(application: Application, kept: dict[str, str]) -> None:
    first = ask(application, PATH, limit=2)
    second = ask(application, PATH, limit=2, cursor=first["next_cursor"])
    numbers = [entry["control_number"] for entry in (*first["items"], *second["items"])]
    assert numbers == sorted(kept.values())


def test_a_kept_signal_goes_when_its_reason_does(
    application: Application, kept: dict[str, str], market: Market, database_url: str, redis_url: str
) -> None:
    market.rows(
        "UPDATE procurements SET proposals_close_at = '2026-03-30' WHERE control_number = %s RETURNING 1", kept["here"]
    )
    keep(database_url, redis_url)
    assert kept["here"] not in {entry["control_number"] for entry in ask(application, PATH)["items"]}


def test_the_rules_are_told_with_dated_limits(application: Application) -> None:
    told = ask(application, f"{PATH}/rules", "en")
    assert len(told["rules"]) <= 12
    newest = told["direct_limits"][-1]
    assert (newest["since"], newest["works"], newest["others"]) == ("2026-01-01", "130984.20", "65492.11")
    assert all(flag["reason"] == "PNCP publishes winners, not bids" for flag in told["not_computable"])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{PATH}/{ORGAN}/2026/999999", 404),
        (f"{PATH}/{ORGAN}/2026/0", 422),
        (f"{PATH}/1/2026/1", 422),
        (f"{PATH}?rule=guilty", 422),
        (f"{PATH}?first=yesterday", 422),
    ],
)
def test_what_is_not_there_or_means_nothing_is_refused(application: Application, path: str, status: int) -> None:
    assert application.client.get(path).status_code == status


def test_a_token_for_other_things_sees_no_signals(application: Application) -> None:
    become(application.app, somebody(frozenset({"banking:read"})))
    for path in (PATH, f"{PATH}/rules", f"{PATH}/{ORGAN}/2026/1"):
        assert application.client.get(path).json()["code"] == "scope-missing"
    become(application.app, somebody())


HEADING = (
    "CPF OU CNPJ DO SANCIONADO;NOME DO SANCIONADO;CATEGORIA DA SANÇÃO;DATA INÍCIO SANÇÃO;DATA FINAL SANÇÃO;"
    "ÓRGÃO SANCIONADOR"
)


def take(settings: Settings, engine: Engine, work: Any) -> Any:
    async def run() -> Any:
        database = Database(settings.database)
        try:
            async with database.session() as session:
                return await work(session)
        finally:
            await database.dispose()

    return engine.runtime.run(run())


@pytest.fixture
def engine(database_url: str, redis_url: str) -> Iterator[Engine]:
    engine = Engine(database_url, redis_url)
    yield engine
    engine.close()


def test_a_list_of_sanctions_replaces_the_last_one_of_its_name(
    settings: Settings, engine: Engine, market: Market, tmp_path: Path
) -> None:
    first = tmp_path / "20260301_CEIS.csv"
    first.write_text(f"{HEADING}\n{SUPPLIER};A;Impedimento;01/01/2026;;PREFEITURA\n", "iso-8859-1")
    second = tmp_path / "ceis.zip"
    with zipfile.ZipFile(second, "w") as archive:
        archive.writestr(
            "20260401_CEIS.csv", f"{HEADING}\n12ABC34501DE35;B;Impedimento;01/01/2026;;UNIÃO\n".encode("iso-8859-1")
        )

    take(settings, engine, lambda session: import_sanctions(session, "CEIS", first))
    imported = take(settings, engine, lambda session: import_sanctions(session, "CEIS", second))

    assert (imported.lines, imported.span) == (1, "2026-04-01")
    [row] = market.rows("SELECT * FROM procurement_sanctions")
    assert (row["cnpj"], row["as_of"], row["authority"]) == ("12ABC34501DE35", date(2026, 4, 1), "UNIÃO")


def test_a_broken_table_changes_nothing(settings: Settings, engine: Engine, market: Market, tmp_path: Path) -> None:
    good, bad = tmp_path / "ipca.csv", tmp_path / "bad.csv"
    good.write_text("month;rate\n2026-04;0.5\n", "utf-8")
    bad.write_text("month;rate\n2026-04;0.6\n2026-05;many\n", "utf-8")
    take(settings, engine, lambda session: import_index(session, "IPCA", good))

    with pytest.raises(TableFileBrokenError, match="line 3"):
        take(settings, engine, lambda session: import_index(session, "IPCA", bad))
    with pytest.raises(TableFileBrokenError, match="none of"):
        take(settings, engine, lambda session: import_index(session, "INPC", good))

    [row] = market.rows("SELECT * FROM procurement_price_indexes")
    assert (str(row["rate"]), row["source"]) == ("0.5", "ipca.csv")
