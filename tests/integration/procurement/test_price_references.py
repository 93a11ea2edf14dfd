"""Price references over the API: found, judged, fixed once, and read as they were fixed."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import orjson
import psycopg
import pytest
from psycopg.types.json import Jsonb
from python_calamine import CalamineWorkbook
from tests.factories.procurements import Market
from tests.fakes.application import Application, become, open_application

from malha.identity.policy import Principal, Role
from malha.kit.ids import new_id
from malha.kit.urls import libpq_url
from malha.settings import BrokerSettings, DatabaseSettings, Settings

PATH = "/api/v1/procurement/price-references"


@pytest.fixture(scope="module")
def application(database_url: str, redis_url: str) -> Iterator[Application]:
    settings = Settings(database=DatabaseSettings(url=database_url), broker=BrokerSettings(redis_url=redis_url))
    with open_application(settings) as opened:
        yield opened


@pytest.fixture
def market(database_url: str) -> Iterator[Market]:
    market = Market(database_url)
    yield market
    market.close()


def somebody(role: Role = Role.EDITOR) -> Principal:
    return Principal(
        user_id=new_id(), email="analista@example.com", is_superuser=False, workspace_id=new_id(), role=role,
        scopes=None, via="jwt", credential_id=new_id(),
    )  # fmt: skip


@pytest.fixture
def analyst(application: Application) -> Principal:
    principal = somebody()
    become(application.app, principal)
    return principal


def basket(*items: dict[str, Any], **fields: Any) -> dict[str, Any]:
    item = {"description": "Papel A4", "ncm_code": "48025610", "unit": "UN", "quantity": "100"}
    whole = {"first": "2026-01-01", "last": "2026-12-31", "items": [item | extra for extra in items or ({},)]}
    return whole | fields


def fixed(**fields: Any) -> dict[str, Any]:
    return basket(title="Papel para 2027", justification="Mediana por haver dispersão", **fields)


@pytest.fixture
def preview(application: Application, analyst: Principal) -> Callable[..., dict[str, Any]]:
    def preview(body: dict[str, Any]) -> dict[str, Any]:
        answer = application.client.post(f"{PATH}/preview", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return preview


def values(shown: dict[str, Any], place: int = 0) -> list[str]:
    return sorted(str(price["value"]) for price in shown["items"][place]["prices"] if price["is_kept"])


def test_a_basket_comes_to_the_median_of_its_prices_with_a_source_for_each(
    preview: Callable[..., dict[str, Any]], market: Market
) -> None:
    keys = [market.price(value) for value in ("20", "22", "27")]

    shown = preview(basket())

    [item] = shown["items"]
    assert (item["value"], item["total"], shown["total"]) == ("22.00", "2200.00", "2200.00")
    assert {price["key"] for price in item["prices"]} == set(keys)
    assert item["prices"][0]["link"].startswith("https://pncp.gov.br/app/editais/00394460005887/2026/")
    assert item["figures"]["count"] == 3


def test_every_price_that_does_not_count_says_why(preview: Callable[..., dict[str, Any]], market: Market) -> None:
    for value in ("20", "21", "22", "23", "24"):
        market.price(value)
    wrong = market.price("2200")
    filler = market.price("999.99")
    low = market.price("0.20")
    discount = market.price("21.5", item={"raw": Jsonb({"criterioJulgamentoId": 2})})
    out = market.price("22.5")

    hand = [{"price": out, "justification": "outra gramatura"}]
    [item] = preview(basket({"excluded": hand}))["items"]

    reasons = {price["key"]: price["removal"] for price in item["prices"] if not price["is_kept"]}
    assert reasons == {
        wrong: "excessive", filler: "inconsistent", low: "unfeasible", discount: "inconsistent", out: "by-hand",
    }  # fmt: skip
    assert item["figures"]["count"] == 5
    told = {price["key"]: price for price in item["prices"]}
    assert told[filler]["marks"] == ["filler"]
    assert told[out]["justification"] == "outra gramatura"
    assert float(told[wrong]["numbers"]["high"]) < 2200


def test_a_price_is_kept_in_by_hand_with_a_reason(preview: Callable[..., dict[str, Any]], market: Market) -> None:
    for value in ("20", "21", "22", "23"):
        market.price(value)
    kept = market.price("2200")
    hand = [{"price": kept, "justification": "conferido com o órgão"}]
    [item] = preview(basket({"included": hand}))["items"]
    assert item["figures"]["highest"] == "2200.0000"


def test_units_are_never_mixed(preview: Callable[..., dict[str, Any]], market: Market) -> None:
    for value, unit in [
        ("20", "UN"),
        ("21", "und."),
        ("22", "Unidade"),
        ("2000", "CX C/ 100 UN"),
        ("210", "CX"),
        ("9", None),
    ]:
        market.price(value, item={"unit": unit})

    shown = preview(basket({}, {"unit": "cx c/ 100 unidades"}, {"unit": "Caixa"}))

    assert [values(shown, place) for place in range(3)] == [["20", "21", "22"], ["2000"], ["210"]]
    assert {entry["unit"] for entry in shown["items"][0]["other_units"]} == {"CX C/ 100 UN", "CX", ""}
    assert "item-3:package-without-content" in shown["warnings"]
    assert "item-2:package-without-content" not in shown["warnings"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["10", "11", "12", "13", "14"]),
        ({"filter": {"ufs": ["SP"]}}, ["11", "14"]),
        ({"filter": {"regions": ["NE"]}}, ["10", "12", "13", "14"]),
        ({"filter": {"regions": ["S"]}}, ["14"]),
        ({"filter": {"modalities": [8]}}, ["12"]),
        ({"filter": {"brand": "chamex"}}, ["13"]),
        ({"filter": {"keyword": "reciclado"}}, ["12"]),
        ({"filter": {"organ": "11.222.333/0001-81"}}, ["10"]),
        ({"filter": {"supplier": "12.ABC.345/01DE-35"}}, ["11"]),
        ({"filter": {"least_quantity": "50"}}, ["13"]),
        ({"filter": {"most_quantity": "10"}}, ["10", "11", "12", "14"]),
        ({"ncm_code": "4802"}, ["10", "11", "12", "13", "14"]),
        ({"ncm_code": "48025611"}, []),
        ({"ncm_code": None, "catalog_code": "461652"}, ["10"]),
        ({"ncm_code": None, "text": "papel recicladas"}, ["12"]),
        ({"ncm_code": None, "text": "papel -reciclado"}, ["10", "11", "13", "14"]),
    ],
)
def test_filters_take_what_they_name(
    preview: Callable[..., dict[str, Any]], market: Market, wanted: dict[str, Any], found: list[str]
) -> None:
    market.price("10", organ="11222333000181", item={"catalog_code": "461652"})
    market.price("11", uf="SP", result={"supplier_id": "12ABC34501DE35"})
    market.price("12", modality_id=8, item={"description": "Papel reciclado"})
    market.price("13", item={"raw": Jsonb({"informacaoComplementar": "marca Chamex"})}, result={"quantity": 60})
    market.price("14", uf=None)
    cancelled = {"situation_id": 2}
    market.price("15", result=cancelled)
    market.price("0")

    assert values(preview(basket(wanted, outliers=[]))) == found


def test_prices_without_uf_are_shown_and_said(preview: Callable[..., dict[str, Any]], market: Market) -> None:
    market.price("14", uf=None)
    shown = preview(basket({"filter": {"ufs": ["SP"]}}))
    assert shown["items"][0]["without_uf"] == 1
    assert "item-1:prices-without-uf" in shown["warnings"]


def test_only_the_period_counts_and_what_has_no_date_of_its_own_says_so(
    preview: Callable[..., dict[str, Any]], market: Market
) -> None:
    for value, day in [
        ("10", "2026-01-31"),
        ("11", "2026-02-01"),
        ("12", "2026-02-28"),
        ("13", "2026-03-01"),
        ("14", None),
    ]:
        market.price(value, result={"decided_on": day})
    shown = preview(basket(first="2026-02-01", last="2026-02-28"))
    assert values(shown) == ["11", "12"]
    later = preview(basket(first="2026-03-01", last="2026-03-31"))
    assert values(later) == ["13", "14"]
    assert "item-1:prices-dated-by-publication" in later["warnings"]


def test_a_persons_number_is_never_shown_whole(preview: Callable[..., dict[str, Any]], market: Market) -> None:
    market.price("10", result={"supplier_id": "52998224725", "supplier_kind": "PF"})
    [price] = preview(basket())["items"][0]["prices"]
    assert price["supplier_id"] == "***.982.247-**"


def test_prices_are_corrected_by_the_table(preview: Callable[..., dict[str, Any]], market: Market) -> None:
    market.rate("IPCA", date(2026, 4, 1), "1")
    market.rate("IPCA", date(2026, 5, 1), "2")
    market.rate("IGP-M", date(2026, 5, 1), "50")
    for value in ("100", "110", "120"):
        market.price(value)

    shown = preview(basket(index="IPCA", method="lowest"))

    [item] = shown["items"]
    assert item["value"] == "103.02"
    assert item["prices"][0]["factor"] == "1.0302000000"
    assert "index-only-until-2026-05" in shown["warnings"]


def test_a_table_that_lacks_months_corrects_nothing(
    application: Application, analyst: Principal, market: Market
) -> None:
    market.price("100")
    assert refusal(application, basket(index="IPCA")) == (409, "price-index-missing")
    market.rate("IPCA", date(2026, 5, 1), "2")
    assert refusal(application, basket(index="IPCA")) == (409, "price-index-missing")


def refusal(application: Application, body: dict[str, Any], path: str = f"{PATH}/preview") -> tuple[int, str]:
    answer = application.client.post(path, json=body)
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (basket({"unit": "."}), "price-unit-unknown"),
        (basket({"excluded": [{"price": "x", "justification": "outra marca"}]}), "price-unknown"),
        (basket({"excluded": [{"price": "x", "justification": " "}]}), "validation-failed"),
        (basket({"ncm_code": None}), "validation-failed"),
        (basket({"quantity": "0"}), "validation-failed"),
        (basket({"filter": {"ufs": ["XX"]}}), "validation-failed"),
        (basket({"filter": {"colour": "white"}}), "validation-failed"),
        (basket({"filter": {"least_quantity": 5, "most_quantity": 4}}), "validation-failed"),
        (basket(first="2026-01-01", last="2027-01-02"), "validation-failed"),
        (basket(first="2026-01-02", last="2026-01-01"), "validation-failed"),
        (basket(method="mode"), "validation-failed"),
        (basket(index="INPC"), "validation-failed"),
        (basket(items=[]), "validation-failed"),
    ],
)
def test_a_basket_that_means_nothing_is_refused(
    application: Application, analyst: Principal, market: Market, body: dict[str, Any], code: str
) -> None:
    assert refusal(application, body) == (422, code)


@pytest.fixture
def three(market: Market) -> Market:
    for value in ("20", "22", "27"):
        market.price(value)
    return market


def test_a_fixed_reference_never_changes(application: Application, analyst: Principal, three: Market) -> None:
    answer = application.client.post(PATH, json=fixed())
    assert answer.status_code == 201
    first = answer.json()
    assert answer.headers["location"] == f"{PATH}/{first['id']}"
    three.price("900")
    three.rows("DELETE FROM procurement_results RETURNING 1")

    read = application.client.get(f"{PATH}/{first['id']}").json()

    assert read == first
    assert read["number"] == 1
    assert read["document"]["created_by"] == {"id": str(analyst.user_id), "email": "analista@example.com"}
    canonical = application.client.get(f"{PATH}/{first['id']}/file?format=json").content
    assert hashlib.sha256(canonical).hexdigest() == read["digest"]
    assert orjson.loads(canonical) == read["document"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE procurement_price_references SET title = 'x'",
        "DELETE FROM procurement_price_references",
        "TRUNCATE procurement_price_references",
    ],
)
def test_the_database_refuses_changes(
    application: Application, analyst: Principal, three: Market, database_url: str, change: str
) -> None:
    application.client.post(PATH, json=fixed())
    with (
        psycopg.connect(libpq_url(database_url)) as connection,
        pytest.raises(psycopg.errors.RestrictViolation),
    ):
        connection.execute(change)  # type: ignore[arg-type] - a constant of this test


def test_fewer_than_three_prices_are_not_fixed_and_use_no_number(
    application: Application, analyst: Principal, market: Market
) -> None:
    market.price("20")
    market.price("22")
    assert refusal(application, fixed(), PATH) == (422, "prices-too-few")
    market.price("21")
    assert application.client.post(PATH, json=fixed()).json()["number"] == 1


def test_numbers_have_neither_gaps_nor_doubles_however_many_are_fixed_at_once(
    application: Application, analyst: Principal, three: Market
) -> None:
    numbers: list[int] = []
    refused = [fixed(items=[{"description": "x", "ncm_code": "9999", "unit": "UN"}]) for _ in range(4)]
    bodies = [
        body for pair in zip([fixed() for _ in range(12)], [*refused, *refused, *refused], strict=True) for body in pair
    ]

    def fix(body: dict[str, Any]) -> None:
        answer = application.client.post(PATH, json=body)
        if answer.status_code == 201:
            numbers.append(answer.json()["number"])

    threads = [threading.Thread(target=fix, args=[body]) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(numbers) == list(range(1, 13))


def test_a_reference_is_had_as_pdf_and_as_a_workbook(
    application: Application, analyst: Principal, three: Market
) -> None:
    three.price("2000", item={"description": "=1+1 <b>& Çã 漢"})
    reference = application.client.post(PATH, json=fixed()).json()

    pdf = application.client.get(f"{PATH}/{reference['id']}/file")
    again = application.client.get(f"{PATH}/{reference['id']}/file?format=pdf")
    book = application.client.get(f"{PATH}/{reference['id']}/file?format=xlsx")

    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-")
    assert pdf.content == again.content
    assert 'filename="referencia-de-precos-1.xlsx"' in book.headers["content-disposition"]
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(book.content))
    head = workbook.get_sheet_by_name("Referência").to_python()
    told = {str(row[0]): row[1] for row in head if row[0]}
    assert told["SHA-256 do documento"] == reference["digest"]
    assert told["Método"] == "mediana"
    assert "analista@example.com" in str(told["Responsável pela pesquisa"])
    rows = workbook.get_sheet_by_name("Preços").to_python()
    prices = {row[4]: row for row in rows[1:]}
    assert set(prices) == {20, 22, 27, 2000}
    assert prices[2000][1] == "não"
    assert "excessivamente elevado" in str(prices[2000][2])
    assert prices[2000][9] == "'=1+1 <b>& Çã 漢"
    assert str(prices[20][-1]).startswith("https://pncp.gov.br/app/editais/")


def test_a_workspace_sees_its_own_references_only(application: Application, analyst: Principal, three: Market) -> None:
    mine = application.client.post(PATH, json=fixed()).json()
    become(application.app, somebody())

    assert application.client.get(f"{PATH}/{mine['id']}").status_code == 404
    assert application.client.get(f"{PATH}/{mine['id']}/file").status_code == 404
    assert application.client.get(PATH).json()["items"] == []
    assert application.client.post(PATH, json=fixed()).json()["number"] == 1


def test_a_viewer_looks_and_fixes_nothing(application: Application, three: Market) -> None:
    viewer = somebody(Role.VIEWER)
    become(application.app, viewer)
    assert application.client.post(f"{PATH}/preview", json=basket()).status_code == 200
    assert application.client.get(PATH).status_code == 200
    assert refusal(application, fixed(), PATH) == (403, "scope-missing")


def test_references_are_listed_newest_first_page_by_page(
    application: Application, analyst: Principal, three: Market
) -> None:
    for _ in range(3):
        application.client.post(PATH, json=fixed())
    first = application.client.get(PATH, params={"limit": 2}).json()
    second = application.client.get(PATH, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [entry["number"] for entry in (*first["items"], *second["items"])] == [3, 2, 1]
    assert first["items"][0]["total"] == "2200.00"


def test_more_prices_than_a_person_looks_through_are_refused(
    application: Application, analyst: Principal, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    from malha.procurement.service import _basket  # the limit that the test lowers

    monkeypatch.setattr(_basket, "MOST_PRICES", 2)
    for value in ("20", "21", "22"):
        market.price(value)
    assert refusal(application, basket()) == (422, "price-basket-too-wide")
