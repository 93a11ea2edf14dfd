"""The demonstration's table."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from malha.cli.demo import print_audit

DOCUMENT = {"id": "0-0", "name": "05-valor-do-item-errado-com-nome-comprido.xml", "status": "ERRO", "score": 20}
FINDING = {
    "document_id": "0-0",
    "rule_id": "VAL-ERR-01",
    "n_item": 1,
    "weight": 10,
    "message_pt": "Quantidade x valor unitário [bold]difere[/] do total do item, e não por pouco.",
    "xpath": "/nfeProc/NFe/infNFe/det[1]/prod/vProd",
    "found": "3516.03",
    "expected": "578.39",
}


def printed(*findings: dict[str, Any]) -> str:
    target = io.StringIO()
    console = Console(file=target, width=80, color_system=None)
    print_audit(console, {"result_payload": {"message": "1 documento auditado."}}, [DOCUMENT], list(findings))
    return target.getvalue()


def test_documents_and_findings_fit_eighty_columns() -> None:
    shown = printed(FINDING, FINDING | {"n_item": None, "found": None, "expected": None})
    assert max(map(len, shown.splitlines())) <= 80
    assert DOCUMENT["name"] in shown
    assert "VAL-ERR-01 (item 1) Quantidade" in shown
    assert "tem R$ 3.516,03, espera-se R$ 578,39" in " ".join(shown.replace("│", " ").split())
    assert shown.count("espera-se") == 1
    assert shown.rstrip().endswith("1 documento auditado.")


def test_a_documents_own_brackets_are_shown_not_obeyed() -> None:
    assert "[bold]difere[/]" in " ".join(printed(FINDING).replace("│", " ").split())


def test_the_gravest_finding_comes_first_and_what_the_title_says_of_all_is_left_out() -> None:
    shown = printed(FINDING | {"rule_id": "NF-SIG-011"}, FINDING | {"weight": 1}, FINDING | {"rule_id": "NF-EVT-001"})
    assert "NF-SIG-011" not in shown
    assert shown.index("NF-EVT-001") < shown.index("VAL-ERR-01")
