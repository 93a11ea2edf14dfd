"""The numbers of persons, by role and credential: in lists, records, texts, highlights, history, raw JSON and files."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.factories.identity import make_principal
from tests.fakes.export_bench import open_export_bench
from tests.fakes.procurement_desk import ORGAN, ProcurementDesk, open_desk

from malha.fiscal.identifiers import cpf_check_digits
from malha.identity.policy import Role

CPF = "529982247" + cpf_check_digits("529982247")
OTHER_CPF = "111444777" + cpf_check_digits("111444777")
WRITTEN = f"{CPF[:3]}.{CPF[3:6]}.{CPF[6:9]}-{CPF[9:]}"
HIDDEN = f"***{CPF[3:9]}**"
SPELLINGS = (CPF, WRITTEN, OTHER_CPF)

COMPANY = "33000167000101"

BLIND = [
    make_principal(role=Role.VIEWER),
    make_principal(role=Role.EDITOR),
    make_principal(role=Role.OWNER),
    make_principal(scopes=["*"]),
    make_principal(scopes=["procurement:read"], is_superuser=True),
    make_principal(scopes=["*:*"], is_superuser=True),
]
SEEING = [
    make_principal(is_superuser=True),
    make_principal(role=Role.VIEWER, is_superuser=True),
    make_principal(scopes=["*"], is_superuser=True),
    make_principal(scopes=["procurement:read", "admin"], is_superuser=True),
]


@pytest.fixture(scope="module")
def opened(database_url: str, redis_url: str) -> Iterator[ProcurementDesk]:
    with open_desk(database_url, redis_url) as desk:
        yield desk


@pytest.fixture
def desk(opened: ProcurementDesk) -> Iterator[ProcurementDesk]:
    fill(opened)
    yield opened
    opened.clear()


def fill(desk: ProcurementDesk) -> None:
    """A person in every place where one can be."""
    text = f"Locação de imóvel de Fulano, CPF {WRITTEN}"
    number = desk.procurement(text, additional_information=CPF, in_person_reason=WRITTEN)
    desk.item(number, text)
    desk.result(number, 1, CPF, "FULANO DE TAL")
    contract = desk.contract(
        number, CPF, "FULANO DE TAL", object=text, additional_information=text, uf="SP", city_code="3550308"
    )
    desk.insert(
        "procurement_amendments", contract_control_number=contract, sequence=1, object=text, supplier_id=OTHER_CPF,
        supplier_kind="PF", supplier_name="SICRANO", raw={},
    )  # fmt: skip
    desk.insert(
        "procurement_collection_instruments", control_number=f"{contract}-1", contract_control_number=contract,
        sequence=1, issuer_id=CPF, access_key=f"3526{CPF:0>40}", version_at="2026-03-01", digest="x",
    )  # fmt: skip
    desk.insert(
        "procurement_price_records", control_number=f"{number}-000001", procurement_control_number=number,
        organ_cnpj=ORGAN, object=text, version_at="2026-03-01", digest="x",
    )  # fmt: skip
    # A person who works by themselves has a CNPJ, and often their CPF in its name.
    desk.item(number, text)
    desk.result(number, 2, COMPANY, f"SICRANO DE TAL {OTHER_CPF}")
    desk.contract(number, COMPANY, f"SICRANO DE TAL {OTHER_CPF}")
    for kind, record in (("procurement", number), ("contract", contract)):
        desk.insert("procurement_files", kind=kind, control_number=record, sequence=1, title=text, raw={})
        desk.insert("procurement_history", kind=kind, control_number=record, place=1, reason=text, raw={})
        desk.version(kind, record, {"niFornecedor": OTHER_CPF, "objeto": text, "deep": [{"niFornecedor": int(CPF)}]}, 0)
        desk.version(
            kind, record, {"niFornecedor": CPF, "objeto": f"{text}.", "deep": [{"niFornecedor": int(OTHER_CPF)}]}, 1
        )


PLACES: list[tuple[str, dict[str, Any]]] = [
    ("procurements", {"q": "locação fulano"}), ("procurements", {}), ("items", {"q": "imóvel"}), ("items", {}),
    ("contracts", {"q": "imóvel"}), ("price-records", {"q": "imóvel"}), ("suppliers", {"q": "fulano"}),
    ("suppliers", {}),
    ("statistics", {"by": "supplier"}), (f"organs/{ORGAN}", {}), (f"suppliers/{COMPANY}", {}),
    (f"procurements/{ORGAN}/2026/1", {"include": "raw"}), (f"procurements/{ORGAN}/2026/1/items", {}),
    (f"procurements/{ORGAN}/2026/1/history", {"include": "raw"}),
    (f"contracts/{ORGAN}/2026/1", {"include": "raw"}), (f"contracts/{ORGAN}/2026/1/history", {"include": "raw"}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "query"), PLACES)
def test_only_administrators_see_the_numbers_of_persons(
    desk: ProcurementDesk, path: str, query: dict[str, Any]
) -> None:
    for principal in BLIND:
        desk.become(principal)
        answer = desk.get(path, **query)
        assert answer.status_code == 200, answer.text
        assert not any(spelling in answer.text for spelling in SPELLINGS), (principal, path)
    for principal in SEEING:
        desk.become(principal)
        assert any(spelling in desk.get(path, **query).text for spelling in SPELLINGS), (principal, path)


def test_a_highlight_marks_the_same_words_beside_a_hidden_number(desk: ProcurementDesk) -> None:
    [row] = desk.found(q="imóvel")

    assert row["highlight"] == "Locação de <mark>imóvel</mark> de Fulano, CPF ***.982.247-**"


SEARCHES: list[tuple[str, dict[str, Any]]] = [
    (path, query)
    for path in ("procurements", "items", "contracts", "price-records")
    for query in ({"q": CPF}, {"q": f'"{WRITTEN}"'}, {"q": f"fulano -{CPF}"}, {"supplier": CPF}, {"supplier": WRITTEN})
]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        *SEARCHES, ("suppliers", {"q": CPF}), (f"suppliers/{CPF}", {}), (f"suppliers/{WRITTEN}", {}),
        ("statistics", {"supplier": CPF}), ("statistics", {"by": "supplier", "q": WRITTEN}),
    ],
)  # fmt: skip
def test_nobody_else_may_ask_whose_a_number_is(desk: ProcurementDesk, path: str, query: dict[str, Any]) -> None:
    for principal in BLIND:
        desk.become(principal)
        answer = desk.get(path, **query)
        assert (answer.status_code, answer.json()["code"]) == (403, "personal-number-refused"), (principal, path)
    desk.become(SEEING[0])
    assert desk.get(path, **query).status_code in {200, 404}


def test_no_cursor_holds_a_number(desk: ProcurementDesk) -> None:
    for _ in range(3):
        desk.contract(None, CPF, "FULANO DE TAL")
    desk.contract(None, OTHER_CPF, "SICRANO")
    seen: list[str] = []
    for path in ("suppliers", "contracts"):
        cursor = desk.get(path, limit=1).json()["next_cursor"]
        assert cursor is not None
        seen.append(base64.urlsafe_b64decode(cursor + "==").decode())
    assert not any(spelling in text for spelling in SPELLINGS for text in seen)


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
@pytest.mark.parametrize("name", ["procurements", "procurement_items", "procurement_contracts"])
def test_no_file_holds_a_number_whoever_asked_for_it(
    database_url: str, redis_url: str, tmp_path: Path, name: str, form: str
) -> None:
    with open_export_bench(database_url, redis_url, tmp_path) as bench:
        desk = ProcurementDesk(bench.client, bench.app, bench.engine)
        fill(desk)
        bench.engine.record.execute("UPDATE users SET is_superuser = true")
        bench.become(replace(bench.principal, is_superuser=True))
        file = bench.export(name, form, q="imóvel")
        refused = bench.ask(name, form, supplier=[CPF])
        bench.become(replace(bench.principal, is_superuser=False))
        forbidden = bench.ask(name, form, q=CPF)
        desk.clear()

    content = text_of(file.content, form)
    assert "Fulano" in content
    assert not any(spelling in content for spelling in SPELLINGS)
    assert refused.status_code == 202
    assert (forbidden.status_code, forbidden.json()["code"]) == (403, "personal-number-refused")


def text_of(content: bytes, form: str) -> str:
    """A file's text; a spreadsheet's is in its archive."""
    if form != "xlsx":
        return content.decode()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "".join(archive.read(name).decode() for name in archive.namelist())
