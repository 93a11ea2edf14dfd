"""From files to findings, as a person does it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.console._browser import Page
from tests.console.conftest import Backend, log_in
from tests.factories.nfe import NoteBuilder, samples

pytestmark = pytest.mark.chromium

WRONG = "det[1]/prod/vProd"


@pytest.fixture
def notes(tmp_path: Path) -> list[Path]:
    """A note without a fault and one whose first item does not add up."""
    good, bad = tmp_path / "boa.xml", tmp_path / "errada.xml"
    good.write_bytes(NoteBuilder(seed=1).authorised())
    bad.write_bytes(NoteBuilder(seed=2).set(WRONG, "7.00").authorised())
    return [good, bad]


@pytest.fixture
def many(tmp_path: Path) -> list[Path]:
    """So many files that an audit of them has two parts."""
    files = [tmp_path / f"nota-{number:02}.xml" for number in range(22)]
    for number, file in enumerate(files):
        file.write_bytes(NoteBuilder(seed=3).numbered(number + 1).authorised())
    return files


def upload(page: Page, files: list[Path]) -> str:
    page.choose_files("#files", files)
    page.click("#start")
    return shown_audit(page)


def shown_audit(page: Page) -> str:
    page.wait_for(".tracker")
    return page.wait("location.hash.match(/audits\\/([0-9a-f-]{36})/)?.[1]")


def test_an_upload_is_audited_and_its_findings_tell_everything(home: Page, backend: Backend, notes: list[Path]) -> None:
    audit = upload(home, notes)
    home.wait_for(".chip[data-status=PENDING]")
    backend.work(audit)
    home.wait_for(".chip[data-status=COMPLETED]")
    home.wait_for(".finding[data-rule='VAL-ERR-01']")
    finding = ".finding[data-rule='VAL-ERR-01']"
    assert home.text(f"{finding} .severity") == "Alto"
    assert home.text(f"{finding} .found") == "7.00"
    home.click(f"{finding} summary")
    assert "qCom" in home.text(f"{finding} [data-field=formula]")
    assert home.text(f"{finding} [data-field=where]") == "/nfeProc/NFe/infNFe/det[1]/prod/vProd"
    assert home.text(f"{finding} [data-field=reference]")
    assert any("errada.xml" in head for head in home.texts(".document-head"))
    assert "1 com erro" in home.text(".overview")


def test_files_can_be_dropped_anywhere_looked_over_and_taken_away(
    home: Page, backend: Backend, notes: list[Path]
) -> None:
    home.drop("h1", notes)
    home.wait_for("#start", text="Auditar 2 arquivos")
    assert [line.split("\n")[0] for line in home.texts(".chosen li")] == ["boa.xml", "errada.xml"]
    home.click("[aria-label='Tirar boa.xml']")
    home.wait_for("#start", text="Auditar 1 arquivo")
    home.click("#start")
    backend.work(shown_audit(home))
    home.wait_for(".overview", text="1 documento")


def test_an_upload_that_broke_is_sent_again_under_the_same_key(home: Page, notes: list[Path]) -> None:
    home.call("Network.setBlockedURLs", urls=["*/api/v1/audits"])
    home.choose_files("#files", notes)
    home.click("#start")
    home.wait_for(".upload .problem", text="O servidor não respondeu")
    home.call("Network.setBlockedURLs", urls=[])
    home.click(".upload .problem button")
    shown_audit(home)
    keys = [
        event["params"]["request"]["headers"]["Idempotency-Key"]
        for event in home.events()
        if event["method"] == "Network.requestWillBeSent" and event["params"]["request"]["method"] == "POST"
        if event["params"]["request"]["url"].endswith("/audits")
    ]
    assert len(keys) == 2
    assert len(keys[0]) == 32
    assert keys[0] == keys[1]


def test_a_refused_upload_says_why(home: Page, tmp_path: Path) -> None:
    program = tmp_path / "programa.exe"
    program.write_bytes(b"MZ")
    home.choose_files("#files", [program])
    home.click("#start")
    home.wait_for(".upload .problem", text="exe")


def test_progress_survives_a_reload(home: Page, backend: Backend, many: list[Path]) -> None:
    audit = upload(home, many)
    backend.work(audit, part=0)
    home.wait_for(".steps-detail", text="1 de 2 lotes")
    assert home.evaluate("document.querySelector('.steps-detail progress').value") == 0.5
    home.reload()
    home.wait_for(".steps-detail", text="1 de 2 lotes")
    backend.work(audit, part=1)
    home.wait_for(".chip[data-status=COMPLETED]")
    home.click("#tab-log")
    home.wait_for(".log", text="Concluída")
    seqs = [
        int(seq) for seq in home.evaluate("[...document.querySelectorAll('.log li')].map((one) => one.dataset.seq)")
    ]
    assert seqs == sorted(set(seqs))
    assert seqs[0] == 1


def test_without_the_socket_events_come_as_a_stream(
    backend: Backend, open_page: Callable[..., Page], many: list[Path]
) -> None:
    page = open_page("about:blank")
    deaf = "window.WebSocket = class extends WebSocket { constructor() { super('/nowhere'); } };"
    page.call("Page.addScriptToEvaluateOnNewDocument", source=deaf)
    page.open(backend.url)
    page.fill("#email", "ana@empresa.example")
    page.fill("#password", "uma senha longa e tranquila")
    page.press("Enter")
    page.wait_for(".live[data-state=fallback]")
    audit = upload(page, many)
    backend.work(audit, part=0)
    page.wait_for(".steps-detail", text="1 de 2 lotes")
    backend.work(audit, part=1)
    page.wait_for(".chip[data-status=COMPLETED]")


def test_the_list_shows_what_others_do_without_being_asked(home: Page, backend: Backend, many: list[Path]) -> None:
    audit = backend.audit(many, key=f"others-{time.time_ns()}")
    row = f".audit[href*='{audit}']"
    backend.work(audit, part=0)
    home.wait_for(f"{row} .chip[data-status=RUNNING]")
    home.wait(f'document.querySelector("{row} progress")?.value === 0.5')
    backend.work(audit, part=1)
    home.wait_for(f"{row} .chip[data-status=COMPLETED]")
    home.wait_for(f"{row} .counts")


def test_filters_narrow_the_findings_and_stay_in_the_address(home: Page, backend: Backend, tmp_path: Path) -> None:
    files = [tmp_path / name for name, _ in samples()[:9]]
    for file, (_, data) in zip(files, samples(), strict=False):
        file.write_bytes(data)
    backend.work(upload(home, files))
    home.wait_for(".finding")
    everything = len(home.texts(".finding"))
    home.click(".toggle[data-value=critical]")
    home.wait("[...document.querySelectorAll('.finding')].every((one) => one.dataset.severity === 'critical')")
    assert 0 < len(home.texts(".finding")) < everything
    home.reload()
    home.wait_for(".finding")
    assert set(home.evaluate("[...document.querySelectorAll('.finding')].map((one) => one.dataset.severity)")) == {
        "critical"
    }
    home.click(".toggle[data-value=critical]")
    home.wait(f"document.querySelectorAll('.finding').length === {everything}")
    home.click(".finding .code")
    home.wait("document.querySelectorAll('.filter').length === 1")
    home.wait("new Set([...document.querySelectorAll('.finding')].map((one) => one.dataset.rule)).size === 1")
    home.click(".filter")
    home.wait(f"document.querySelectorAll('.finding').length === {everything}")
    home.fill(".filters input", "cfop")
    home.wait(f"document.querySelectorAll('.finding').length < {everything}")
    assert all("CFOP" in text.upper() for text in home.texts(".finding"))


def test_a_document_leads_to_its_findings(home: Page, backend: Backend, notes: list[Path]) -> None:
    backend.work(upload(home, notes))
    home.wait_for(".chip[data-status=COMPLETED]")
    home.click("#tab-documents")
    home.wait_for("table.documents")
    assert len(home.texts("table.documents tbody tr")) == 2
    home.click("tr[data-document=ERRO] .code")
    home.wait_for(".filter", text="errada.xml")
    home.wait("document.querySelectorAll('.document-head').length === 1")


def test_an_audit_can_be_cancelled_and_taken_up_again(home: Page, backend: Backend, notes: list[Path]) -> None:
    audit = upload(home, notes)
    home.answer_dialogs()
    home.click("[data-action=cancel]")
    home.wait_for(".chip[data-status=CANCELLED]")
    home.click("[data-action=retry]")
    home.wait_for(".chip[data-status=PENDING]")
    backend.work(audit)
    home.wait_for(".chip[data-status=COMPLETED]")


def test_the_report_is_saved_as_a_file(home: Page, backend: Backend, notes: list[Path], tmp_path: Path) -> None:
    audit = upload(home, notes)
    backend.work(audit)
    home.save_downloads_in(tmp_path)
    home.click("[data-report=json]")
    saved = tmp_path / f"auditoria-{audit}.json"
    home.wait_until(saved.exists)
    report = json.loads(saved.read_text())
    assert len(report["documents"]) == 2


def test_names_that_look_like_markup_stay_text(home: Page, backend: Backend, tmp_path: Path) -> None:
    markup = "<img src=x onerror=window.wasRun=1>"
    hostile = tmp_path / f"{markup}.xml"
    hostile.write_bytes(NoteBuilder(seed=4).set("det[1]/prod/xProd", "&lt;script&gt;").set(WRONG, "7.00").authorised())
    backend.work(upload(home, [hostile]))
    home.wait_for(".finding")
    assert markup in home.text("h1")
    for tab in ("documents", "files", "log"):
        home.click(f"#tab-{tab}")
    assert home.evaluate("window.wasRun") is None
    assert home.evaluate("document.querySelectorAll('#app img, #app script').length") == 0


def test_an_audit_that_is_not_there_says_so(home: Page, backend: Backend) -> None:
    home.open(f"{backend.url}/#/audits/01990000-0000-7000-8000-000000000000")
    home.wait_for(".problem", text="Auditoria não encontrada.")


def test_a_second_page_of_the_same_browser_needs_no_second_login(
    backend: Backend, open_page: Callable[..., Page]
) -> None:
    page = open_page(backend.url)
    log_in(page)
    page.evaluate("sessionStorage.clear()")
    page.open(f"{backend.url}/console")
    page.wait_for(".upload")
