"""`malha audit` and `malha rules` as a user runs them, without any server."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from tests.factories.samples import IS_A_SAMPLE
from typer.testing import CliRunner, Result

from malha.cli import build_app
from malha.fiscal import bulk, leaves
from malha.fiscal.documents import Document
from malha.fiscal.readers import read_or_explain
from malha.simulators.nfe import samples

APP = build_app("audit")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("notas")
    for name, data in samples():
        (made / name).write_bytes(data)
    return made


def run(*arguments: object) -> Result:
    return CliRunner().invoke(APP, ["audit", *map(str, arguments)])


def statuses(result: Result) -> dict[str, str]:
    return {Path(one["doc"]["name"]).name: one["status"] for one in json.loads(result.stdout)["documents"]}


def test_a_clean_note_exits_with_0_and_a_wrong_one_with_1(folder: Path) -> None:
    assert run(folder / "01-venda-interna.xml").exit_code == 0
    wrong = run(folder / "05-valor-do-item-errado.xml")
    assert wrong.exit_code == 1
    assert "NF-ITM-001" in wrong.stdout


def test_the_severity_that_fails_can_be_chosen(folder: Path) -> None:
    wrong = folder / "05-valor-do-item-errado.xml"
    assert run(wrong, "--fail-on", "never").exit_code == 0
    assert run(wrong, "--fail-on", "critical").exit_code == 0
    assert run(wrong, "--fail-on", "high").exit_code == 1


def test_files_of_a_folder_are_compared_with_each_other(folder: Path) -> None:
    result = run(folder, "--json")
    found = statuses(result)
    assert found["10-nota-cancelada.xml"] == "ERRO"
    assert "NF-EVT-001" in result.stdout
    assert "NF-DUP-001" in result.stdout


def test_processes_find_the_same_as_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "FILES_PER_TASK", 4)
    assert json.loads(run(folder, "--json", "-j", "2").stdout) == json.loads(run(folder, "--json", "-j", "1").stdout)


def test_a_zip_gives_what_its_files_give(folder: Path, tmp_path: Path) -> None:
    archive = tmp_path / "notas.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for file in sorted(folder.iterdir()):
            target.write(file, file.name)
    assert statuses(run(archive, "--json")) == statuses(run(folder, "--json"))


def test_csv_has_a_line_for_each_finding_and_for_each_clean_document(folder: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run(folder, "--csv").stdout.lstrip("\ufeff")), delimiter=";"))
    assert {Path(row["arquivo"]).name for row in rows} == {file.name for file in folder.iterdir()}
    assert [row["regra"] for row in rows if row["arquivo"].endswith("08-ncm-inexistente.xml")] == [
        "NF-PRD-002",
        IS_A_SAMPLE,
    ]


def test_html_goes_to_a_file_and_escapes_what_documents_say(folder: Path, tmp_path: Path) -> None:
    hostile = tmp_path / "<b>.xml"
    hostile.write_bytes((folder / "01-venda-interna.xml").read_bytes())
    page = tmp_path / "report.html"
    run(hostile, "--html", "-o", page)
    text = page.read_text(encoding="utf-8")
    assert "&lt;b&gt;.xml" in text
    assert "<b>.xml" not in text


def test_a_path_that_is_not_there_is_a_mistake_of_the_command_and_the_others_are_audited(
    folder: Path, tmp_path: Path
) -> None:
    result = run(tmp_path / "nada.xml", folder / "05-valor-do-item-errado.xml")
    assert result.exit_code == 2
    assert "nada.xml: não existe" in result.stderr
    assert "nada.xml" not in result.stdout
    assert "NF-ITM-001" in result.stdout
    assert run(tmp_path / "nada.xml", "--lang", "en").stderr.strip().endswith("nada.xml: no such file or folder.")


@pytest.mark.parametrize("option", ["--only", "--skip"])
@pytest.mark.parametrize("name", ["NF-TOTO", "", "NF-KEY-0011"])
def test_a_rule_that_does_not_exist_is_named_and_nothing_is_audited(option: str, name: str, folder: Path) -> None:
    result = run(folder, "--only", "NF-KEY", option, name)
    assert result.exit_code == 2
    assert f"'{name}'" in result.stderr
    assert result.stdout == ""


def test_rules_are_chosen_in_any_case(folder: Path) -> None:
    wrong = folder / "08-ncm-inexistente.xml"
    assert run(wrong, "--only", "nf-prd").exit_code == 1
    assert run(wrong, "--skip", " nf-prd ").exit_code == 0


def test_what_one_file_does_is_its_own_finding(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(data: bytes, name: str) -> list[Document]:
        if data == b"<boom/>":
            raise RecursionError("a fault of the program")
        return read_or_explain(data, name)

    monkeypatch.setattr(leaves, "read_or_explain", fail)
    (tmp_path / "ruim.xml").write_bytes(b"<boom/>")
    result = run(tmp_path, folder / "01-venda-interna.xml", "--json", "-j", "1")
    assert statuses(result) == {"ruim.xml": "ERRO", "01-venda-interna.xml": "OK"}
    assert result.exit_code == 1
    assert "RecursionError: a fault of the program" in result.stderr


def test_a_fault_across_files_leaves_what_each_file_says(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("a fault of the program")

    monkeypatch.setattr(bulk, "compare", fail)
    result = run(folder / "01-venda-interna.xml", folder / "05-valor-do-item-errado.xml")
    assert result.exit_code == 2
    assert "NF-ITM-001" in result.stdout
    assert "a fault of the program" in result.stderr


def test_other_files_of_a_folder_and_of_a_zip_are_left_out_and_counted(folder: Path, tmp_path: Path) -> None:
    note = (folder / "01-venda-interna.xml").read_bytes()
    with zipfile.ZipFile(tmp_path / "notas.zip", "w") as target:
        for name, data in {"a.xml": note, "a.pdf": b"%PDF-1.7", "a.xml.p7s": b"0\x82", "__MACOSX/._a.xml": b""}.items():
            target.writestr(name, data)
    for name in ("b.pdf", "leia.txt", "README", ".oculto", "Thumbs.db"):
        (tmp_path / name).write_bytes(b"x")
    report = json.loads(run(tmp_path, "--json").stdout)
    assert report["summary"]["left_out"] == {"?": 1, "p7s": 1, "pdf": 2, "txt": 1}
    assert [document["status"] for document in report["documents"]] == ["OK"]
    assert "5 arquivos deixados de lado (1 ?, 1 P7S, 2 PDF, 1 TXT)" in run(tmp_path).stdout


def test_a_file_that_was_named_is_told_to_be_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "danfe.pdf").write_bytes(b"%PDF-1.7")
    result = run(tmp_path / "danfe.pdf")
    assert result.exit_code == 0
    assert "NÃO AUDITADO" in result.stdout


def test_the_counts_speak_of_one_and_of_many(folder: Path) -> None:
    note = folder / "01-venda-interna.xml"
    assert "1 documento: 1 sem problemas; 1 achado" in run(note).stdout
    assert "1 document: 1 clean; 1 finding" in run(note, "--lang", "en").stdout
    assert "2 documentos: 1 com erro, 1 sem problemas" in run(note, folder / "05-valor-do-item-errado.xml").stdout


def test_amounts_are_written_as_people_do(folder: Path) -> None:
    wrong = folder / "05-valor-do-item-errado.xml"
    amounts = [run(wrong, "--lang", language).stdout for language in ("pt", "en")]
    assert re.search(r"R\$ [0-9.]*[0-9],[0-9]{2}\b", amounts[0])
    assert re.search(r"R\$ [0-9,]*[0-9]\.[0-9]{2}\b", amounts[1])


def test_the_report_adds_up_valid_notes(folder: Path) -> None:
    report = json.loads(run(folder / "01-venda-interna.xml", folder / "05-valor-do-item-errado.xml", "--json").stdout)
    [clean] = [document for document in report["documents"] if document["status"] == "OK"]
    assert report["summary"]["documents_by_status"] == {"OK": 1, "ALERTA": 0, "ERRO": 1, "unsupported": 0}
    assert report["aggregatedMetrics"]["numberOfNotes"] == 1
    assert report["aggregatedMetrics"]["notesTotal"] == clean["doc"]["total"]


def test_severity_and_level_are_two_columns(folder: Path) -> None:
    rows = csv.DictReader(
        io.StringIO(run(folder / "05-valor-do-item-errado.xml", "--csv").stdout.lstrip("\ufeff")), delimiter=";"
    )
    assert {(row["severidade"], row["nivel"]) for row in rows} >= {("high", "ERRO")}


@pytest.mark.parametrize("arguments", [["--json", "--csv", "x.xml"], ["--own-cnpj", "123", "x.xml"], ["."]])
def test_bad_usage_exits_with_2(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*arguments).exit_code == 2


def test_rules_lists_every_rule_once() -> None:
    result = CliRunner().invoke(APP, ["rules", "--json"])
    known = json.loads(result.stdout)
    assert len({rule["id"] for rule in known}) == len(known) >= 90
    assert all(rule["pt"] and rule["en"] for rule in known)
