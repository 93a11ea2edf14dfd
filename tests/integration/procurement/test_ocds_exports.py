"""Exports in OCDS: what the standard's schema accepts, its own tool reads, and spreadsheets open."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.factories.ocds import faults_of_record, faults_of_release
from tests.fakes.export_bench import ExportBench, open_export_bench
from tests.fakes.scripted_pncp import CNPJ, control_number, item, result
from tests.integration.procurement.conftest import TABLES
from tests.integration.procurement.watching import WATCHED, Hands, record

from malha.procurement.rules.ocds import UNREGISTERED_PREFIX
from malha.procurement.service import OCDS_SHEETS

PREFIX = "ocds-abc123"
SUPPLIER = "49324221000104"


def contract(sequence: int, **fields: Any) -> dict[str, Any]:
    """A record of `contratos`."""
    return {
        "numeroControlePNCP": f"{CNPJ}-2-{sequence:06}/2026",
        "numeroControlePncpCompra": control_number(1),
        "orgaoEntidade": {"cnpj": CNPJ},
        "unidadeOrgao": {"codigoUnidade": "1"},
        "anoContrato": 2026,
        "sequencialContrato": sequence,
        "objetoContrato": "Fornecimento",
        "niFornecedor": SUPPLIER,
        "tipoPessoa": "PJ",
        "nomeRazaoSocialFornecedor": "FORNECEDORA",
        "valorGlobal": 1234.56,
        "dataAssinatura": "2026-03-10",
        "dataPublicacaoPncp": "2026-03-11T10:00:00",
        "dataAtualizacaoGlobal": "2026-03-11T10:00:00",
        **fields,
    }


@pytest.fixture
def bench(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[ExportBench]:
    with open_export_bench(database_url, redis_url, tmp_path) as opened:
        hands = Hands(opened.engine)
        hands.write(
            record(
                1,
                "Aquisição de reagentes",
                version="2026-03-02T12:00:00",
                linkSistemaOrigem="https://compras.example/1",
            ),
            record(2, "Serviço de limpeza para 529.982.247-25", unidadeOrgao={}),
        )
        first = {"version": "2026-03-02T12:00:00", "linkSistemaOrigem": "https://compras.example/1"}
        hands.write(
            record(1, "Aquisição de reagentes", **first),
            record(2, "Serviço de limpeza para 529.982.247-25", unidadeOrgao={}),
        )
        hands.write(record(1, "Aquisição de reagentes, retificada", version="2026-03-03T12:00:00"))
        named = {"nomeRazaoSocialFornecedor": "FORNECEDORA", "valorTotalHomologado": 0.11}
        person = {"niFornecedor": "52998224725", "tipoPessoa": "PF", "sequencialResultado": 2}
        hands.write_items(
            1,
            [item(1, has_result=True, materialOuServico="M", ncmNbsCodigo="30049099"), item(2, materialOuServico="S")],
            [
                (1, result(1, SUPPLIER) | named | {"tipoPessoa": "PJ"}),
                (1, result(1) | person | {"nomeRazaoSocialFornecedor": "Ana"}),
            ],
        )
        hands.write_contracts(contract(1), contract(2, niFornecedor="11222333000181", valorGlobal=10))
        yield opened
        opened.engine.record.execute(f"TRUNCATE {TABLES}, {WATCHED} CASCADE")  # type: ignore[arg-type] - a constant


def lines_of(bench: ExportBench, name: str, **query: Any) -> list[Any]:
    answer = bench.export(name, "jsonl", ocid_prefix=PREFIX, **query)
    assert answer.headers["content-type"] == "application/jsonl"
    assert "52998224725" not in answer.text
    assert "529.982.247-25" not in answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def test_releases_are_valid_and_tell_of_every_version(bench: ExportBench) -> None:
    releases = lines_of(bench, "ocds-releases")
    assert [fault for release in releases for fault in faults_of_release(release)] == []
    assert [release["ocid"][-11:] for release in releases] == ["000001-2026", "000001-2026", "000002-2026"]
    first = [release for release in releases if release["ocid"].endswith("000001-2026")]
    assert [release["tag"] for release in first] == [["tender"], ["tender", "award", "contract"]]
    assert [release["tender"]["title"] for release in first] == [
        "Aquisição de reagentes", "Aquisição de reagentes, retificada",
    ]  # fmt: skip
    assert first[1]["date"] >= first[0]["date"]
    tender = first[1]["tender"]
    assert (tender["mainProcurementCategory"], tender["procurementMethod"]) == ("goods", "open")
    assert tender["value"] == {"amount": 9999999999999.9999, "currency": "BRL"}
    assert [award["status"] for award in first[1]["awards"]] == ["active", "active", "active"]
    assert [contract["awardID"] for contract in first[1]["contracts"]] == ["1-1", f"contract-{CNPJ}-2-000002/2026"]


def test_records_are_valid_and_compiled_of_what_holds_now(bench: ExportBench, tmp_path: Path) -> None:
    records = lines_of(bench, "ocds-records")
    assert [faults_of_record(each) for each in records] == [[], []]
    [first] = [each for each in records if each["ocid"] == f"{PREFIX}-{CNPJ}-1-000001-2026"]
    assert first["compiledRelease"]["tag"] == ["compiled"]
    assert first["compiledRelease"]["tender"]["title"] == "Aquisição de reagentes, retificada"
    assert len(first["releases"]) == 2

    cardinal = pytest.importorskip("ocdscardinal")
    path = tmp_path / "compiled.jsonl"
    path.write_text("".join(json.dumps(each["compiledRelease"]) + "\n" for each in records))
    counted = cardinal.coverage(str(path))
    assert (counted[""], counted["/ocid"], counted["/tender/id"]) == (2, 2, 2)
    assert (counted["/awards[]"], counted["/contracts[]/awardID"], counted["/parties[]/id"]) == (3, 2, 7)


def test_the_compiled_releases_of_a_filter_are_only_its_own(bench: ExportBench) -> None:
    assert [each["ocid"][-11:] for each in lines_of(bench, "ocds-records", q="limpeza")] == ["000002-2026"]
    assert lines_of(bench, "ocds-records", uf=["SP"]) == []
    assert len(lines_of(bench, "ocds-records", ncm=["3004"])) == 1


@pytest.mark.parametrize("sheet", OCDS_SHEETS, ids=lambda sheet: sheet.name)
def test_each_kind_is_a_flat_sheet(bench: ExportBench, sheet: Any) -> None:
    answer = bench.export(sheet.name, "csv", ocid_prefix=PREFIX)
    heading, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";")
    assert len(heading) == len(sheet.columns) <= 16
    counts = {"ocds-tenders": 2, "ocds-items": 2, "ocds-awards": 3, "ocds-contracts": 2, "ocds-parties": 7}
    assert len(rows) == counts[sheet.name]
    assert all(row[0].startswith(PREFIX) for row in rows)
    assert "52998224725" not in answer.text
    assert bench.export(sheet.name, "xlsx", ocid_prefix=PREFIX).content[:2] == b"PK"


def test_a_document_fits_json_lines_only_and_a_prefix_is_one(bench: ExportBench) -> None:
    unfit = bench.ask("ocds-records", "csv")
    assert (unfit.status_code, unfit.json()["code"]) == (422, "export-format-unfit")
    for prefix in ("abc", "ocds-ABC123", "ocds-abc1234"):
        assert bench.ask("ocds-records", "jsonl", ocid_prefix=prefix).status_code == 422
    common = bench.ask("ocds-records", "jsonl", q="de para")
    assert (common.status_code, common.json()["code"]) == (422, "search-text-common")
    person = bench.ask("ocds-records", "jsonl", supplier=["52998224725"])
    assert (person.status_code, person.json()["code"]) == (403, "personal-number-refused")


def test_a_prefix_that_nobody_gave_is_warned_of(bench: ExportBench) -> None:
    with capture_logs() as logs:
        answer = bench.export("ocds-releases", "jsonl")
    assert f'"ocid":"{UNREGISTERED_PREFIX}-' in answer.text
    assert [log["setting"] for log in logs if log["event"] == "ocds.prefix_unregistered"] == ["OCDS_PREFIX"]
