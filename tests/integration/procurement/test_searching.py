"""Searching procurements on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.fakes.procurement_desk import FIRST, ORGAN, ProcurementDesk, open_desk

OTHER_ORGAN = "11222333000181"
COMPANY = "33000167000101"


@pytest.fixture(scope="module")
def opened(database_url: str, redis_url: str) -> Iterator[ProcurementDesk]:
    with open_desk(database_url, redis_url) as desk:
        yield desk


@pytest.fixture
def desk(opened: ProcurementDesk) -> Iterator[ProcurementDesk]:
    yield opened
    opened.clear()


def numbers(rows: list[dict[str, Any]]) -> list[str]:
    return [row["control_number"] for row in rows]


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("aquisicao", True), ("AQUISIÇÕES", True), ("gêneros", True), ("genero alimenticio", True),
        ("merenda -carne", True), ("merenda -escolar", False), ('"merenda escolar"', True),
        ('"escolar merenda"', False),
        ("escolar merenda", True), ('-"merenda escolar"', False), ('aquisição -"escolar merenda"', True),
        ("ar condicionado", True), ("ar-condicionado", True), ("lapis", True), ("caneta/lápis", True), ("m2", True),
        ("de merenda", True), ("tratores", False), ("& | ! (merenda) :*", True), ("merenda <-> escolar", True),
        ("'", None), ("\\", None), ("de para", None), ('""', None),
    ],
)  # fmt: skip
def test_words_are_found_as_people_write_them(desk: ProcurementDesk, query: str, is_found: bool | None) -> None:
    desk.procurement(
        "Aquisição de gêneros alimentícios (merenda escolar), caneta/lápis, ar-condicionado e piso de 30 m²"
    )
    desk.procurement("Obra de pavimentação")

    response = desk.get("procurements", q=query)

    if is_found is None:
        assert response.status_code in {200, 422}
        return
    assert response.status_code == 200, response.text
    found = {row["object"] for row in response.json()["items"]}
    assert any("merenda" in text for text in found) is is_found


@pytest.mark.parametrize("query", ["de para", "'", '"', "de -para", "\x00", " - "])
def test_a_text_of_common_words_alone_is_refused_and_not_answered_with_nothing(
    desk: ProcurementDesk, query: str
) -> None:
    desk.procurement("papel")

    response = desk.get("procurements", q=query)

    assert response.status_code == 422
    assert response.json()["code"] == "search-text-common"


def test_what_is_found_is_marked_in_its_own_text(desk: ProcurementDesk) -> None:
    desk.procurement("<b>AQUISIÇÕES</b> de papel & <script>x</script>")

    [row] = desk.found(q="aquisição")

    assert row["highlight"] == (
        "&lt;b&gt;<mark>AQUISIÇÕES</mark>&lt;/b&gt; de papel &amp; &lt;script&gt;x&lt;/script&gt;"
    )


def fill_filters(desk: ProcurementDesk) -> dict[str, str]:
    """One procurement that each filter can tell from the others."""
    made = {
        "usual": desk.procurement("papel"),
        "organ": desk.procurement("papel", organ_cnpj=OTHER_ORGAN),
        "uf": desk.procurement("papel", uf="RJ", city_code="3304557"),
        "modality": desk.procurement("papel", modality_id=8),
        "situation": desk.procurement("papel", situation_id=3),
        "large": desk.procurement("papel", estimated_total=250_000),
        "awarded": desk.procurement("papel", estimated_total=0, awarded_total=77_000),
        "old": desk.procurement("papel", published_at=datetime(2025, 1, 10, 12, tzinfo=UTC)),
        "changed": desk.procurement("papel", version_at=datetime(2026, 8, 1, 2, 59, tzinfo=UTC)),
        "sold": desk.procurement("papel"),
        "contracted": desk.procurement("papel"),
        "coded": desk.procurement("papel"),
    }
    desk.item(made["sold"], "resma")
    desk.result(made["sold"], 1, COMPANY, "EMPRESA")
    desk.contract(made["contracted"], COMPANY, "EMPRESA")
    desk.item(made["coded"], "resma", ncm_code="4802.56.10", catalog_code="461848")
    return made


@pytest.mark.parametrize("text", [{}, {"q": "papel"}, {"q": "papel", "sort": "newest"}])
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"organ": "11.222.333/0001-81"}, {"organ"}),
        ({"uf": "RJ"}, {"uf"}),
        ({"city": "3304557"}, {"uf"}),
        ({"modality": 8}, {"modality"}),
        ({"modality": [8, 9]}, {"modality"}),
        ({"situation": 3}, {"situation"}),
        ({"value_from": "99999.99"}, {"large"}),
        ({"value_from": 50_000, "value_to": 99_000}, {"awarded"}),
        ({"value_from": 250_000, "value_to": 250_000}, {"large"}),
        ({"published_to": "2025-12-31"}, {"old"}),
        ({"published_from": "2025-01-10", "published_to": "2025-01-10"}, {"old"}),
        ({"published_from": "2025-01-11", "published_to": "2025-12-31"}, set[str]()),
        ({"updated_from": "2026-07-31", "updated_to": "2026-07-31"}, {"changed"}),
        ({"updated_from": "2026-08-01"}, set[str]()),
        ({"supplier": "33.000.167/0001-01"}, {"sold", "contracted"}),
        ({"ncm": "48025610"}, {"coded"}),
        ({"ncm": "4802"}, {"coded"}),
        ({"ncm": "4803"}, set[str]()),
        ({"catalog": "461848"}, {"coded"}),
        ({"catalog": "461848", "ncm": "4802.56.10", "uf": "SP"}, {"coded"}),
        ({"uf": "RJ", "modality": 8}, set[str]()),
        ({"uf": ["RJ", "AC"], "organ": ORGAN}, {"uf"}),
    ],
)  # fmt: skip
def test_a_filter_lets_through_what_it_names(
    desk: ProcurementDesk, text: dict[str, str], query: dict[str, Any], names: set[str]
) -> None:
    made = fill_filters(desk)

    assert set(numbers(desk.found(**text, **query))) == {made[name] for name in names}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"uf": "sp"}, "uf"), ({"city": "12"}, "city"), ({"organ": "123"}, "organ"), ({"ncm": "12345"}, "ncm"),
        ({"value_from": 2, "value_to": 1}, "value_to"), ({"value_from": -1}, "value_from"), ({"limit": 0}, "limit"),
        ({"published_from": "2026-02-02", "published_to": "2026-02-01"}, "published_to"), ({"nome": "x"}, "nome"),
        ({"q": "x" * 501}, "q"), ({"supplier": "x"}, "supplier"), ({"published_from": "ontem"}, "published_from"),
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_is_refused_by_name(desk: ProcurementDesk, query: dict[str, Any], field: str) -> None:
    response = desk.get("procurements", **query)

    assert response.status_code == 422
    assert field in response.text


@pytest.mark.parametrize("sort", ["relevance", "newest"])
@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_pages_hold_everything_once_in_one_order(desk: ProcurementDesk, sort: str, limit: int) -> None:
    moments = [FIRST + timedelta(days=day) for day in (0, 0, 0, 1, 1, 17, 40, 300, 300, 500, 2000)]
    made = [desk.procurement(f"papel {'papel ' * (no % 3)}", published_at=at) for no, at in enumerate(moments)]

    found = desk.found(q="papel", sort=sort, limit=limit)

    assert numbers(found) == numbers(desk.found(q="papel", sort=sort, limit=100))
    assert sorted(numbers(found)) == sorted(made)
    if sort == "newest":
        places = [(row["published_at"], row["control_number"]) for row in found]
        assert places == sorted(places, reverse=True)


def test_the_better_match_comes_first_and_the_newer_of_equals(desk: ProcurementDesk) -> None:
    often = desk.procurement("papel, papel e papel")
    older = desk.procurement("papel branco")
    newer = desk.procurement("papel branco")

    assert numbers(desk.found(q="papel")) == [often, newer, older]


def test_a_page_stays_where_it_was_while_records_come_in(desk: ProcurementDesk) -> None:
    made = [desk.procurement("papel") for _ in range(6)]
    first = desk.get("procurements", q="papel", limit=3).json()
    desk.procurement("papel papel papel", published_at=FIRST + timedelta(days=400))
    desk.procurement("papel papel papel", published_at=FIRST + timedelta(days=400))

    second = desk.get("procurements", q="papel", limit=3, cursor=first["next_cursor"]).json()

    assert numbers(first["items"]) + numbers(second["items"]) == made[::-1]
    assert second["next_cursor"] is None


def test_the_number_of_matches_is_told_with_the_first_page(desk: ProcurementDesk) -> None:
    for _ in range(5):
        desk.procurement("papel")

    page = desk.get("procurements", q="papel", limit=2).json()

    assert (page["total"], page["has_more"]) == (5, False)
    assert desk.get("procurements", q="trator").json() == {
        "items": [], "next_cursor": None, "total": 0, "has_more": False
    }  # fmt: skip


@pytest.mark.parametrize("sort", ["relevance", "newest"])
@pytest.mark.parametrize("cursor", ["x", "WyJhIl0", "W10", "bnVsbA"])
def test_a_cursor_of_anything_else_is_refused(desk: ProcurementDesk, sort: str, cursor: str) -> None:
    desk.procurement("papel")
    desk.procurement("papel")

    assert desk.get("procurements", q="papel", sort=sort, cursor=cursor).status_code == 422


def test_a_cursor_of_one_order_is_refused_in_another(desk: ProcurementDesk) -> None:
    desk.procurement("papel")
    desk.procurement("papel")
    cursor = desk.get("procurements", q="papel", limit=1).json()["next_cursor"]

    assert desk.get("procurements", q="papel", sort="newest", cursor=cursor).status_code == 422


def test_nothing_at_all_is_an_empty_page(desk: ProcurementDesk) -> None:
    assert desk.get("procurements").json()["items"] == []
    assert desk.get("procurements", q="papel").json()["items"] == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{first}", {"first"}), ("23102.004018/2024-13", {"first"}), ("23102004018202413", {"first"}),
        ("90012/2026", {"first"}), ("900122026", {"first"}), ("11.222.333/0001-81", {"second"}),
        (OTHER_ORGAN, {"second"}),
        (COMPANY, {"sold"}), ("99999999999999", {"text"}), ("00000000000000-1-000001/2026", set[str]()),
    ],
)  # fmt: skip
def test_a_number_finds_what_has_it_and_else_the_text_that_names_it(
    desk: ProcurementDesk, text: str, names: set[str]
) -> None:
    made = {
        "first": desk.procurement("papel", process="23102.004018/2024-13", number="90012/2026"),
        "second": desk.procurement("papel", organ_cnpj=OTHER_ORGAN),
        "sold": desk.procurement("papel"),
        "text": desk.procurement("conforme 99999999999999, processo 23102.004018/2024-13"),
    }
    desk.item(made["sold"], "resma")
    desk.result(made["sold"], 1, COMPANY, "EMPRESA")

    rows = desk.found(q=text.format(**made), limit=1)

    assert {row["control_number"] for row in rows} == {made[name] for name in names}


def test_the_pages_of_a_number_go_on(desk: ProcurementDesk) -> None:
    made = [desk.procurement("papel", process="4018/2024") for _ in range(5)]
    desk.procurement("processo 4018 2024")

    assert numbers(desk.found(q="4018/2024", limit=2)) == made[::-1]


def test_items_are_found_by_their_words_and_by_their_procurements_place(desk: ProcurementDesk) -> None:
    here = desk.procurement("material", uf="RJ", city_code="3304557", modality_id=8)
    there = desk.procurement("material", uf="SP")
    desk.item(here, "Papéis A4 <b>brancos</b>", ncm_code="48025610", catalog_code="461848", estimated_total=5_000)
    desk.item(here, "Caneta")
    desk.item(there, "Papel A4")
    desk.result(here, 1, COMPANY, "EMPRESA LTDA")

    [row] = desk.found("items", q="papel", uf="RJ")

    assert (row["control_number"], row["number"], row["modality_id"], row["object"]) == (here, 1, 8, "material")
    assert row["highlight"] == "<mark>Papéis</mark> A4 &lt;b&gt;brancos&lt;/b&gt;"
    assert row["results"][0]["supplier_id"] == COMPANY
    by: list[dict[str, Any]] = [
        {"ncm": "4802"}, {"catalog": "461848"}, {"supplier": COMPANY}, {"city": "3304557", "q": "papel"},
        {"value_from": 4_000}, {"modality": 8, "q": "papel"}, {"q": "48025610"}, {"q": COMPANY},
    ]  # fmt: skip
    assert all([item["number"] for item in desk.found("items", **query)] == [1] for query in by)
    assert len(desk.found("items", q=here)) == 2
    assert len(desk.found("items", limit=1)) == 3


def test_items_follow_their_procurement_when_it_moves(desk: ProcurementDesk) -> None:
    number = desk.procurement("material", uf="SP")
    desk.item(number, "papel")
    desk.engine.record.execute(
        "UPDATE procurements SET uf = 'AC', published_at = '2026-01-05 12:00+00', modality_id = 9"
    )

    [row] = desk.found("items", q="papel", uf="AC", modality=9, published_to="2026-01-05")

    assert row["published_at"].startswith("2026-01-05")
    assert desk.found("items", q="papel", uf="SP") == []


def test_contracts_and_price_records_are_found_by_what_they_and_their_procurements_are(desk: ProcurementDesk) -> None:
    number = desk.procurement("papel", modality_id=8, uf="RJ", city_code="3304557")
    desk.item(number, "resma", catalog_code="461848")
    contract = desk.contract(
        number, COMPANY, "EMPRESA", object="Fornecimento de papéis", uf="RJ", city_code="3304557", total=7_000
    )
    desk.contract(None, OTHER_ORGAN, "OUTRA", uf="SP", published_at=None)
    desk.insert(
        "procurement_price_records", control_number=f"{number}-000001", procurement_control_number=number,
        organ_cnpj=ORGAN, object="Registro de papel", version_at=FIRST, digest="x", published_at=None,
    )  # fmt: skip
    shared: list[dict[str, Any]] = [
        {"q": "papel"}, {"uf": "RJ"}, {"city": "3304557"}, {"modality": 8}, {"catalog": "461848"}, {"q": number},
    ]  # fmt: skip

    for query in [*shared, {"supplier": COMPANY}, {"value_from": 6_000}, {"q": COMPANY}, {"q": contract}]:
        assert numbers(desk.found("contracts", **query)) == [contract], query
    for query in shared:
        assert numbers(desk.found("price-records", **query)) == [f"{number}-000001"], query
    assert desk.found("price-records", value_from=1) == []
    assert len(desk.found("contracts", limit=1)) == 2
