"""One record with all that hangs on it, and the two sides of public contracting, on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.fakes.procurement_desk import FIRST, ORGAN, ProcurementDesk, open_desk

COMPANY, OTHER = "33000167000101", "11222333000181"


@pytest.fixture(scope="module")
def opened(database_url: str, redis_url: str) -> Iterator[ProcurementDesk]:
    with open_desk(database_url, redis_url) as desk:
        yield desk


@pytest.fixture
def desk(opened: ProcurementDesk) -> Iterator[ProcurementDesk]:
    yield opened
    opened.clear()


def path_of(number: str) -> str:
    """`procurements/CNPJ/YEAR/SEQUENCE` of a control number."""
    organ, kind, rest = number.split("-")
    sequence, year = rest.split("/")
    return f"{'procurements' if kind == '1' else 'contracts'}/{organ}/{year}/{int(sequence)}"


def amend(desk: ProcurementDesk, contract: str, sequence: int, **values: Any) -> None:
    desk.insert(
        "procurement_amendments", contract_control_number=contract, sequence=sequence, object="Acréscimo",
        raw={}, **values
    )  # fmt: skip


def test_a_procurement_is_shown_with_all_that_hangs_on_it(desk: ProcurementDesk) -> None:
    number = desk.procurement("Aquisição de papel", estimated_total=300)
    for _ in range(3):
        desk.item(number, "papel")
    desk.result(number, 2, COMPANY, "EMPRESA")
    contract = desk.contract(number, COMPANY, "EMPRESA")
    amend(desk, contract, 1, added_value=50)
    desk.insert(
        "procurement_price_records", control_number=f"{number}-000001", procurement_control_number=number,
        organ_cnpj=ORGAN, object="ata", version_at=FIRST, digest="x",
    )  # fmt: skip
    desk.insert("procurement_files", kind="procurement", control_number=number, sequence=1, title="Edital", raw={})
    desk.insert(
        "procurement_history", kind="procurement", control_number=number, place=1, action_name="Inclusão", raw={}
    )
    desk.mark(number, "total-mismatch", 2, side="estimated", total=1, quantity=10, unit_value=10, product=100)
    desk.procurement("another")

    shown = desk.get(path_of(number)).json()

    assert shown["control_number"] == number
    assert [(item["number"], item["has_marked_value"]) for item in shown["items"]] == [
        (1, False),
        (2, True),
        (3, False),
    ]
    assert shown["items"][1]["results"][0]["supplier_name"] == "EMPRESA"
    assert shown["items_count"] == 3
    assert shown["contracts"][0]["amendments"][0]["added_value"] == "50"
    assert shown["price_records"][0]["uf"] == "SP"
    assert (shown["files"][0]["title"], shown["log"][0]["action_name"]) == ("Edital", "Inclusão")
    assert (shown["marks"][0]["item"], shown["marks"][0]["rule"]) == (2, "total-mismatch")
    assert shown["marks"][0]["reason"]
    assert shown["link"] == f"https://pncp.gov.br/app/editais/{ORGAN}/2026/1"


def test_what_was_not_synchronised_is_not_found(desk: ProcurementDesk) -> None:
    for path in (
        f"procurements/{ORGAN}/2026/7", f"procurements/{ORGAN}/2026/7/items", f"procurements/{ORGAN}/2026/7/history",
        f"contracts/{ORGAN}/2026/7", f"contracts/{ORGAN}/2026/7/history", f"suppliers/{COMPANY}", f"organs/{COMPANY}",
    ):  # fmt: skip
        assert desk.get(path).status_code == 404, path
    assert desk.get("procurements/1/2026/7").status_code == 422


def test_the_items_of_a_large_procurement_come_in_pages(desk: ProcurementDesk) -> None:
    number = desk.procurement("papel")
    for _ in range(7):
        desk.item(number, "papel")

    found = desk.found(f"{path_of(number)}/items", limit=3)

    assert [item["number"] for item in found] == list(range(1, 8))


def test_a_contract_is_shown_with_its_amendments_files_and_bills(desk: ProcurementDesk) -> None:
    contract = desk.contract(None, COMPANY, "EMPRESA")
    amend(desk, contract, 2)
    amend(desk, contract, 1)
    desk.insert("procurement_files", kind="contract", control_number=contract, sequence=1, title="Contrato", raw={})
    desk.insert(
        "procurement_collection_instruments", control_number=f"{contract}-1", contract_control_number=contract,
        sequence=1, number="NF 1", version_at=FIRST, digest="x",
    )  # fmt: skip

    shown = desk.get(path_of(contract)).json()

    assert [amendment["sequence"] for amendment in shown["amendments"]] == [1, 2]
    assert (shown["files"][0]["title"], shown["bills"][0]["number"]) == ("Contrato", "NF 1")


def test_the_history_of_a_record_is_the_differences_between_its_texts(desk: ProcurementDesk) -> None:
    number = desk.procurement("papel")
    texts: list[dict[str, Any]] = [
        {"objetoCompra": "papel", "valorTotalEstimado": 10.5, "unidadeOrgao": {"ufSigla": "SP"}, "old": 1},
        {"objetoCompra": "papel A4", "valorTotalEstimado": 10.50, "unidadeOrgao": {"ufSigla": "RJ"}, "new": None},
        {"objetoCompra": "papel A4", "valorTotalEstimado": 9, "unidadeOrgao": {"ufSigla": "RJ"}, "new": None},
    ]
    for hours, text in enumerate(texts):
        desk.version("procurement", number, text, hours)

    newest, middle, oldest = desk.get(f"{path_of(number)}/history", include="raw").json()

    assert oldest["differences"] == []
    assert {change["path"]: (change["before"], change["after"]) for change in middle["differences"]} == {
        "objetoCompra": ("papel", "papel A4"), "unidadeOrgao.ufSigla": ("SP", "RJ"), "old": (1, None),
        "new": (None, None),
    }  # fmt: skip
    assert {change["path"]: (change["is_new"], change["is_gone"]) for change in middle["differences"]} == {
        "objetoCompra": (False, False), "unidadeOrgao.ufSigla": (False, False), "old": (False, True),
        "new": (True, False),
    }  # fmt: skip
    assert [change["path"] for change in newest["differences"]] == ["valorTotalEstimado"]
    assert newest["raw"]["objetoCompra"] == "papel A4"
    assert desk.get(path_of(number), include="raw").json()["raw"]["objetoCompra"] == "papel A4"


def fill_statistics(desk: ProcurementDesk) -> None:
    march = desk.procurement("papel", estimated_total=100, awarded_total=90)
    desk.procurement("papel", estimated_total=0, uf="RJ", modality_id=8, modality_name="Dispensa")
    wrong = desk.procurement("papel", estimated_total=10**13)
    desk.procurement("caneta", estimated_total=50, published_at=FIRST.replace(month=4, day=1, hour=2))
    desk.mark(wrong, "filler", total=10**13)
    desk.item(march, "papel")
    desk.item(march, "papel")
    desk.result(march, 1, COMPANY, "EMPRESA", total=70)
    desk.result(march, 2, COMPANY, "EMPRESA", total=10**12)
    desk.mark(march, "magnitude-jump", 2)


def test_statistics_leave_doubtful_values_out_and_say_how_many(desk: ProcurementDesk) -> None:
    fill_statistics(desk)

    [month] = desk.get("statistics", by="month").json()["groups"]
    whole = desk.get("statistics", by="month", include_marked=True).json()

    # The second of April, 02:00 UTC, is still March in Brasília; one has a marked item, one a marked total.
    assert (month["key"], month["count"], month["marked"]) == ("2026-03", 2, 2)
    assert (month["estimated"], month["estimated_total"]) == (1, "50")
    assert (whole["groups"][0]["count"], whole["groups"][0]["estimated_total"]) == (4, str(10**13 + 150))
    assert whole["marked"] == 2


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("uf", {"SP": 1, "RJ": 1}),
        ("modality", {"6": 1, "8": 1}),
        ("organ", {ORGAN: 2}),
        ("supplier", {COMPANY: 1}),
    ],
)
def test_statistics_are_told_apart_by_what_is_asked(desk: ProcurementDesk, by: str, groups: dict[str, int]) -> None:
    fill_statistics(desk)

    found = desk.get("statistics", by=by).json()

    assert {group["key"]: group["count"] for group in found["groups"]} == groups


def test_statistics_are_of_what_the_filter_lets_through(desk: ProcurementDesk) -> None:
    fill_statistics(desk)

    def counted(**query: Any) -> int:
        return sum(group["count"] for group in desk.get("statistics", include_marked=True, **query).json()["groups"])

    assert counted(q="papel") == 3
    assert counted(q="papel -caneta", uf="RJ") == 1
    assert counted(value_from=40, value_to=60) == 1
    assert counted(supplier=COMPANY) == 1
    assert counted(q="caneta", by="supplier") == 0
    assert desk.get("statistics", by="supplier", uf="SP").json()["groups"][0]["awarded_total"] == "70"


def test_suppliers_are_found_by_the_words_of_their_names(desk: ProcurementDesk) -> None:
    number = desk.procurement("papel")
    desk.item(number, "papel")
    desk.result(number, 1, COMPANY, "Papelaria São João <b>Ltda</b>")
    desk.contract(None, COMPANY, "PAPELARIA SAO JOAO LTDA")
    desk.contract(None, OTHER, "Comércio de Papel e Papelaria Ltda ME")

    [first, second] = desk.found("suppliers", q="papelaria", limit=1)

    assert (first["supplier_id"], second["supplier_id"]) == (COMPANY, OTHER)
    assert desk.found("suppliers", q="são joao")[0]["supplier_id"] == COMPANY
    assert [row["supplier_id"] for row in desk.found("suppliers", q="11.222.333/0001-81")] == [OTHER]
    assert {row["supplier_id"] for row in desk.found("suppliers", limit=1)} == {COMPANY, OTHER}
    assert desk.found("suppliers", q="padaria") == []
    assert desk.get("suppliers", q="&").status_code == 422
    assert all("<b>" not in (row["highlight"] or "") for row in desk.found("suppliers", q="papelaria"))


def test_a_supplier_is_shown_with_what_it_won_and_contracted(desk: ProcurementDesk) -> None:
    fill_statistics(desk)
    desk.contract(None, COMPANY, "EMPRESA DO OUTRO NOME", total=500)
    desk.contract(None, COMPANY, "EMPRESA", total=1_000)

    seller = desk.get(f"suppliers/{COMPANY}").json()

    assert seller["names"] == ["EMPRESA", "EMPRESA DO OUTRO NOME"]
    assert (seller["contracts"]["count"], seller["contracts"]["total"]) == (2, "1500")
    assert seller["results"] == {"count": 1, "marked": 1, "total": "70", "procurements": 1}
    assert [buyer["key"] for buyer in seller["buyers"]] == [ORGAN]
    assert seller["registry"] is None


def test_a_supplier_that_is_known_comes_with_its_registry_data(desk: ProcurementDesk) -> None:
    desk.contract(None, COMPANY, "EMPRESA")
    desk.insert(
        "suppliers", cnpj=COMPANY, is_found=True, legal_name="EMPRESA SA", status="ATIVA", uf="SP",
        provider="open-data",
        fetched_at=FIRST, secondary_cnaes="[]", partners="[]", main_cnae_code="1721400", main_cnae_description="Papel",
    )  # fmt: skip

    registry = desk.get(f"suppliers/{COMPANY}").json()["registry"]

    desk.engine.record.execute("DELETE FROM suppliers")
    assert (registry["legal_name"], registry["uf"], registry["is_stale"]) == ("EMPRESA SA", "SP", True)
    assert registry["main_cnae"] == "1721400 Papel"


def test_an_organ_is_found_by_name_and_shown_with_what_it_bought(desk: ProcurementDesk) -> None:
    fill_statistics(desk)
    desk.contract(None, COMPANY, "EMPRESA", total=500)
    desk.engine.record.execute("UPDATE procurement_organs SET name = 'MUNICÍPIO DE SÃO JOÃO DAS MISSÕES'")

    [hit] = desk.get("organs", q="sao missões").json()
    organ = desk.get(f"organs/{ORGAN}").json()

    assert hit["cnpj"] == ORGAN
    assert desk.get("organs", q="50%").json() == []
    assert {group["key"]: group["count"] for group in organ["procurements"]["groups"]} == {"6": 1, "8": 1}
    assert organ["contracts"]["total"] == "500"
    assert {unit["code"] for unit in organ["units"]} == {"USP", "URJ"}
    assert organ["suppliers"][0]["key"] == COMPANY
