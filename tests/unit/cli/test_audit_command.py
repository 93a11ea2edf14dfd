"""`malha audit` and `malha rules` as a user runs them, without any server."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from malha.cli import build_app
from malha.fiscal import bulk
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
    assert [row["regra"] for row in rows if row["arquivo"].endswith("08-ncm-inexistente.xml")] == ["NF-PRD-002"]


def test_html_goes_to_a_file_and_escapes_what_documents_say(folder: Path, tmp_path: Path) -> None:
    hostile = tmp_path / "<b>.xml"
    hostile.write_bytes((folder / "01-venda-interna.xml").read_bytes())
    page = tmp_path / "report.html"
    run(hostile, "--html", "-o", page)
    text = page.read_text(encoding="utf-8")
    assert "&lt;b&gt;.xml" in text
    assert "<b>.xml" not in text


def test_a_file_that_is_not_there_is_a_finding_and_not_silence(tmp_path: Path) -> None:
    result = run(tmp_path / "nada.xml")
    assert result.exit_code == 1
    assert "IMPORT-FAIL" in result.stdout


@pytest.mark.parametrize("arguments", [["--json", "--csv", "x.xml"], ["--own-cnpj", "123", "x.xml"], ["."]])
def test_bad_usage_exits_with_2(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*arguments).exit_code == 2


def test_rules_lists_every_rule_once() -> None:
    result = CliRunner().invoke(APP, ["rules", "--json"])
    known = json.loads(result.stdout)
    assert len({rule["id"] for rule in known}) == len(known) >= 90
    assert all(rule["pt"] and rule["en"] for rule in known)
