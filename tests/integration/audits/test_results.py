"""What comes out: documents, findings, comparison, report."""

from __future__ import annotations

import csv
import html
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.factories.forms import FormFile
from tests.factories.identity import make_principal
from tests.factories.nfe import NoteBuilder, cancellation, samples
from tests.factories.samples import IS_A_SAMPLE
from tests.fakes.audit_bench import Bench
from typer.testing import CliRunner

from malha.audits.service._completion import tell_summary
from malha.cli import build_app


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return packed.getvalue()


def statuses(bench: Bench, audit: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["status"] for one in bench.get(f"/{audit['id']}/documents")["items"]}


def rules(bench: Bench, audit: dict[str, Any], **query: Any) -> set[str]:
    found = bench.get(f"/{audit['id']}/findings", limit=100, **query)["items"]
    return {one["rule_id"] for one in found} - {IS_A_SAMPLE}


def test_one_answer_speaks_one_language(bench: Bench) -> None:
    audit = bench.audit(FormFile("nota.xml", NoteBuilder(1).set("total/ICMSTot/vNF", "7.00").authorised()))
    path = f"/api/v1/audits/{audit['id']}"
    english = bench.client.get(path, headers={"Accept-Language": "en"}).json()
    [document] = english["result_payload"]["report"]["documents"]
    assert document["inconsistencies"][0]["message"].startswith("The total value of the note is not")
    assert english["input_summary"].startswith("1 file • ")
    assert "1 document" in english["result_payload"]["message"]
    assert "1 documento" in audit["result_payload"]["message"]
    report = bench.client.get(f"{path}/report?format=csv", headers={"Accept-Language": "en"}).text
    assert report.lstrip("\ufeff").startswith("file;document;key;issuer;")


def test_a_clean_note_is_completed_without_findings(bench: Bench) -> None:
    audit = bench.audit(FormFile("nota.xml", NoteBuilder(1).authorised()))
    assert (audit["status"], audit["state"], audit["document_count"]) == ("COMPLETED", "succeeded", 1)
    result = audit["result_payload"]
    assert set(result) == {"message", "files", "summary", "report"}
    assert result["files"] == audit["input_payload"]
    assert result["summary"]["documents_by_status"] == {"OK": 1, "ALERTA": 0, "ERRO": 0, "unsupported": 0}
    [document] = result["report"]["documents"]
    assert (document["status"], document["score"]) == ("OK", 0)
    assert [found["code"] for found in document["inconsistencies"]] == [IS_A_SAMPLE]
    assert document["classification"]["operationType"] == "Venda"
    assert result["report"]["aggregatedMetrics"]["numberOfNotes"] == 1
    [listed] = bench.get(f"/{audit['id']}/documents")["items"]
    assert (listed["id"], listed["kind"], listed["model"], len(listed["key"])) == ("0-0", "nfe", "55", 44)


def test_a_broken_note_has_findings_with_their_numbers(bench: Bench) -> None:
    wrong = NoteBuilder(2).set("det[1]/prod/vUnCom", "10.0000000000").authorised()
    audit = bench.audit(FormFile("errada.xml", wrong))
    assert statuses(bench, audit) == {"errada.xml": "ERRO"}
    findings = bench.get(f"/{audit['id']}/findings")["items"]
    [finding] = [one for one in findings if one["legacy_code"] == "VAL-ERR-01"]
    assert (finding["document_id"], finding["level"], finding["weight"], finding["n_item"]) == ("0-0", "ERRO", 10, 1)
    assert finding["xpath"].startswith("/nfeProc/NFe/infNFe/det[1]")
    [document] = bench.get(f"/{audit['id']}/documents")["items"]
    assert document["finding_count"] == len(findings)
    assert document["classification"] is None


@pytest.mark.parametrize("content", [b"", b"not xml", b"<nfeProc", b"<!DOCTYPE a><a/>"])
def test_a_file_that_cannot_be_read_is_a_document_with_import_fail(bench: Bench, content: bytes) -> None:
    audit = bench.audit(FormFile("ruim.xml", content), FormFile("boa.xml", NoteBuilder(3).authorised()))
    assert audit["status"] == "COMPLETED"
    assert audit["error_payload"] is None
    bad, good = bench.get(f"/{audit['id']}/documents")["items"]
    assert (bad["name"], bad["kind"], bad["status"], bad["score"]) == ("ruim.xml", "unreadable", "ERRO", 99)
    assert bad["message_pt"]
    assert good["status"] == "OK"
    assert rules(bench, audit) == {"IMPORT-FAIL"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("planilha.csv", b"a;b\n1;2\n"),
        ("danfe.pdf", b"%PDF-1.7"),
        ("foto.png", b"\x89PNG\r\n\x1a\n"),
        ("cte.xml", b"<cteProc xmlns='http://www.portalfiscal.inf.br/cte'/>"),
    ],
)
def test_a_kind_that_is_not_audited_is_said_so_without_fault(bench: Bench, name: str, content: bytes) -> None:
    audit = bench.audit(FormFile(name, content))
    [document] = bench.get(f"/{audit['id']}/documents")["items"]
    assert (document["status"], document["score"], document["finding_count"]) == ("unsupported", 0, 1)
    [finding] = bench.get(f"/{audit['id']}/findings")["items"]
    assert (finding["rule_id"], finding["severity"], finding["level"]) == ("NF-STR-008", "info", "INFO")
    assert document["message_pt"]
    assert document["message_en"]


def test_an_archive_gives_its_documents(bench: Bench) -> None:
    inner = zipped({"b.xml": NoteBuilder(5).authorised()})
    data = zipped({"a.xml": NoteBuilder(4).authorised(), "mais.zip": inner, "leia.txt": b"oi", "a.pdf": b"%PDF"})
    audit = bench.audit(FormFile("lote.zip", data, "application/zip"))
    assert statuses(bench, audit) == {
        "lote.zip/a.xml": "OK",
        "lote.zip/mais.zip/b.xml": "OK",
    }
    assert audit["result_payload"]["summary"]["left_out"] == {"pdf": 1, "txt": 1}
    assert "2 arquivos deixados de lado (1 PDF, 1 TXT)" in audit["result_payload"]["message"]


@pytest.mark.parametrize("data", [b"PK\x03\x04 broken", zipped({}), zipped({"a.xml": b" " * 30_000_000})])
def test_an_archive_that_cannot_be_opened_is_a_document_with_import_fail(bench: Bench, data: bytes) -> None:
    audit = bench.audit(FormFile("lote.zip", data, "application/zip"))
    assert list(statuses(bench, audit).values()) == ["ERRO"]
    assert rules(bench, audit) == {"IMPORT-FAIL"}


def test_a_file_that_the_store_lost_or_changed_is_told(bench: Bench) -> None:
    posted = bench.post([FormFile("a.xml", NoteBuilder(1).authorised()), FormFile("b.xml", b"<a/>")]).json()
    first, second = (bench.uploads / file["stored_path"] for file in posted["input_payload"])
    first.unlink()
    second.write_bytes(b"<b/>")
    audit = bench.work(posted["id"])
    assert statuses(bench, audit) == {"a.xml": "ERRO", "b.xml": "ERRO"}
    assert rules(bench, audit) == {"IMPORT-FAIL"}


def test_products_are_compared_across_documents(bench: Bench) -> None:
    cheap, dear = NoteBuilder(6), NoteBuilder(7)
    for note, ncm in ((cheap, "84713012"), (dear, "84713019")):
        note.set("det[1]/prod/xProd", "Notebook 14").set("det[1]/prod/NCM", ncm)
    audit = bench.audit(FormFile("a.xml", cheap.authorised()), FormFile("b.xml", dear.authorised()))
    report = audit["result_payload"]["report"]
    [record] = [one for one in report["deterministicCrossValidation"] if one["attribute"] == "NCM"]
    assert record["comparisonKey"] == "Notebook 14"
    assert record["discrepancies"] == [{"valueA": "84713012", "docA": "a.xml", "valueB": "84713019", "docB": "b.xml"}]


def test_findings_across_documents_do_not_depend_on_how_the_files_are_cut_into_parts(bench: Bench) -> None:
    note = NoteBuilder(8)
    complement = NoteBuilder(9).set("ide/finNFe", "2")
    related = [
        FormFile("nota.xml", note.authorised()),
        FormFile("cancelamento.xml", cancellation(note.plan()).processed()),
        FormFile("complemento.xml", complement.authorised()),
    ]
    filler = [FormFile(f"{number}.xml", NoteBuilder(100 + number).authorised()) for number in range(20)]
    together = bench.audit(*related)
    apart = bench.audit(related[0], related[2], *filler, related[1])
    assert (together["progress"]["total"], apart["progress"]["total"]) == (1, 2)
    for name in ("nota.xml", "complemento.xml"):
        ids = {
            audit["id"]: next(
                one["id"] for one in bench.get(f"/{audit['id']}/documents", q=name)["items"] if one["name"] == name
            )
            for audit in (together, apart)
        }
        assert rules(bench, together, document=ids[together["id"]]) == rules(bench, apart, document=ids[apart["id"]])


def test_running_a_part_twice_leaves_the_same_rows(bench: Bench) -> None:
    audit = bench.audit(FormFile("ruim.xml", b"nope"), FormFile("boa.xml", NoteBuilder(3).authorised()))
    before = bench.get(f"/{audit['id']}/documents")
    bench.engine.record.execute("UPDATE job_parts SET state = 'queued', run_after = now()")
    bench.engine.record.execute("UPDATE jobs SET state = 'running', done = 0, finished_at = NULL")
    bench.work(audit["id"])
    assert bench.get(f"/{audit['id']}/documents") == before


def test_lists_are_filtered_and_walked_by_cursor(bench: Bench) -> None:
    mistyped = NoteBuilder(90).set("det[1]/prod/cEAN", "7891234567890").authorised()
    files = [*samples(), ("cte.xml", b"<cteProc/>"), ("digitado.xml", mistyped)]
    audit = bench.audit(*(FormFile(name, content) for name, content in files))
    path = f"/{audit['id']}"
    everything = bench.get(f"{path}/documents", limit=100)["items"]
    walked: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = bench.get(f"{path}/documents", limit=3, **({"cursor": cursor} if cursor else {}))
        walked += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert walked == everything
    wrong = bench.get(f"{path}/documents", status=["ERRO", "ALERTA"], limit=100)["items"]
    assert wrong == [one for one in everything if one["status"] in {"ERRO", "ALERTA"}]
    assert len(wrong) not in {0, len(everything)}
    for kinds in (["unsupported"], ["unsupported", "event"], ["nfce"]):
        chosen = bench.get(f"{path}/documents", kind=kinds, limit=100)["items"]
        assert chosen == [one for one in everything if one["kind"] in kinds] != []
    [found] = bench.get(f"{path}/documents", q="07-CFOP")["items"]
    findings = bench.get(f"{path}/findings", limit=100)["items"]
    of_one = bench.get(f"{path}/findings", document=found["id"], limit=100)["items"]
    assert of_one == [one for one in findings if one["document_id"] == found["id"]] != []
    assert bench.get(f"{path}/findings", document=found["key"], limit=100)["items"] == of_one
    assert rules(bench, audit, rule="IMPORT-FAIL") == {"IMPORT-FAIL"}
    assert {one["severity"] for one in bench.get(f"{path}/findings", severity="critical", limit=100)["items"]} == {
        "critical"
    }
    assert {one["level"] for one in bench.get(f"{path}/findings", level="ALERTA", limit=100)["items"]} == {"ALERTA"}


def test_the_report_holds_everything_in_each_form(bench: Bench) -> None:
    files = [FormFile(name, content) for name, content in samples()]
    files.append(FormFile('=cmd|"/c calc"!A1.xml', b"nope"))
    audit = bench.audit(*files)
    findings = bench.get(f"/{audit['id']}/findings", limit=100)["items"]
    as_json = bench.client.get(f"/api/v1/audits/{audit['id']}/report")
    report = json.loads(as_json.content)
    assert len(report["documents"]) == len(files)
    assert sum(len(one["inconsistencies"]) for one in report["documents"]) == len(findings)
    assert {"summary", "aggregatedMetrics", "deterministicCrossValidation", "reconciliationResult"} <= set(report)
    as_csv = bench.client.get(f"/api/v1/audits/{audit['id']}/report", params={"format": "csv"})
    rows = list(csv.DictReader(io.StringIO(as_csv.content.decode("utf-8-sig")), delimiter=";"))
    assert len([row for row in rows if row["regra"]]) == len(findings)
    assert {row["arquivo"] for row in rows} >= {"01-venda-interna.xml", "'" + files[-1].filename.replace('"', '"')}  # type: ignore[union-attr]
    assert not any(value.startswith(("=", "+", "@")) for row in rows for value in row.values() if value)
    as_html = bench.client.get(f"/api/v1/audits/{audit['id']}/report", params={"format": "html"})
    assert as_html.text.count("<section>") == len(files)
    assert "<script" not in as_html.text
    assert as_html.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("form", ["json", "csv", "html"])
def test_the_report_speaks_the_language_of_who_asks(bench: Bench, form: str) -> None:
    wrong = NoteBuilder(2).set("det[1]/prod/vUnCom", "10.0000000000").authorised()
    audit = bench.audit(FormFile("errada.xml", wrong))
    [finding] = bench.get(f"/{audit['id']}/findings", rule="VAL-ERR-01")["items"]
    told = {
        language: html.unescape(
            bench.client.get(
                f"/api/v1/audits/{audit['id']}/report", params={"format": form}, headers={"Accept-Language": language}
            ).text
        )
        for language in ("pt-BR", "en")
    }
    assert finding["message_pt"] in told["pt-BR"]
    assert finding["message_en"] in told["en"]
    assert finding["message_en"] not in told["pt-BR"]
    assert finding["message_pt"] not in told["en"]


def test_a_finding_names_the_rules_that_are_broken_as_its_consequence(bench: Bench) -> None:
    wrong = NoteBuilder(2).set("det[1]/prod/vUnCom", "10.0000000000").authorised()
    audit = bench.audit(FormFile("errada.xml", wrong))
    findings = bench.get(f"/{audit['id']}/findings", limit=100)["items"]
    [cause] = [one for one in findings if "NF-ITM-001" in one["related"]]
    assert "NF-ITM-001" not in {one["rule_id"] for one in findings}
    report = json.loads(bench.client.get(f"/api/v1/audits/{audit['id']}/report").content)
    shown = {one["ruleId"]: one for one in report["documents"][0]["inconsistencies"]}
    assert shown[cause["rule_id"]]["related"] == cause["related"]
    assert [one["gravity"] for one in report["documents"][0]["inconsistencies"]] == sorted(
        (one["gravity"] for one in report["documents"][0]["inconsistencies"]),
        key=["critical", "high", "medium", "low", "info"].index,
    )


def test_the_server_and_the_command_line_judge_alike(bench: Bench, tmp_path: Path) -> None:
    files = [*samples(), ("cte.xml", b"<cteProc/>"), ("ruim.xml", b"<NFe"), ("danfe.pdf", b"%PDF-1.7")]
    for name, data in files:
        (tmp_path / name).write_bytes(data)
    audit = bench.audit(*(FormFile(name, data) for name, data in files))
    there = json.loads(bench.client.get(f"/api/v1/audits/{audit['id']}/report").content)
    here = json.loads(
        CliRunner().invoke(build_app("audit"), ["audit", *(str(tmp_path / name) for name, _ in files), "--json"]).stdout
    )
    assert here["aggregatedMetrics"] == there["aggregatedMetrics"]
    assert here["summary"].items() <= there["summary"].items()
    for mine, theirs in zip(here["documents"], there["documents"], strict=True):
        assert Path(mine["doc"]["name"]).name == theirs["doc"]["name"]
        for name in ("status", "score", "inconsistencyCount", "classification"):
            assert mine[name] == theirs[name], mine["doc"]["name"]
        assert _rules(mine) == _rules(theirs)


def _rules(document: dict[str, Any]) -> list[tuple[str, str, str, list[str]]]:
    return [(one["ruleId"], one["gravity"], one["xpath"], one["related"]) for one in document["inconsistencies"]]


def test_there_is_no_report_before_the_end(bench: Bench) -> None:
    posted = bench.post([FormFile("a.xml", b"<a/>")]).json()
    response = bench.client.get(f"/api/v1/audits/{posted['id']}/report")
    assert (response.status_code, response.json()["code"]) == (409, "audit-unfinished")


def test_another_tenant_sees_nothing(bench: Bench) -> None:
    audit = bench.audit(FormFile("a.xml", NoteBuilder(1).authorised()))
    bench.become(make_principal())
    assert bench.get("")["items"] == []
    for path in ("", "/documents", "/findings", "/report"):
        response = bench.client.get(f"/api/v1/audits/{audit['id']}{path}")
        assert (response.status_code, response.json()["code"]) == (404, "audit-not-found")
    for action in ("cancel", "retry", "retry-failed"):
        assert bench.client.post(f"/api/v1/audits/{audit['id']}/{action}").status_code == 404
    assert bench.client.delete(f"/api/v1/audits/{audit['id']}").status_code == 404


def test_every_document_is_compared_however_many_there_are_between_two(bench: Bench) -> None:
    twice = NoteBuilder(1).authorised()
    between = {f"{n}.xml": NoteBuilder(n).authorised() for n in range(20, 80)}
    packed = zipped({"first.xml": twice, **between, "last.xml": twice})
    audit = bench.audit(FormFile("notes.zip", packed))
    assert audit["result_payload"]["summary"]["compared_documents"] == 62
    [finding] = bench.get(f"/{audit['id']}/findings", rule="NF-DUP-001")["items"]
    assert [other.rpartition("/")[2] for other in finding["others"]] == ["first.xml"]


def test_documents_that_an_earlier_version_has_read_are_told_to_be_left_out() -> None:
    summary = {
        "document_count": 3,
        "total_size_bytes": 100,
        "documents_by_status": {"OK": 3},
        "documents_by_kind": {"nfe": 2, "unreadable": 1},
    }
    assert "versão anterior" not in tell_summary(summary | {"compared_documents": 2}, "pt")
    assert "Só 1 foram" in tell_summary(summary | {"compared_documents": 1}, "pt")
