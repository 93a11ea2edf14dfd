"""`malha demo`: the bundled sample documents through the API and the real worker, and the findings as a table."""

from __future__ import annotations

import time
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any

import httpx2
import typer
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from malha.embedded.home import default_home
from malha.fiscal.wording import show_value
from malha.kit.ids import new_id
from malha.simulators.nfe import samples

AUDIT_TIMEOUT_SECONDS = 120
POLL_SECONDS = 0.1
FINAL = frozenset({"COMPLETED", "FAILED", "CANCELLED"})
SAID_BY_THE_TITLE = "NF-SIG-011"
"""That a note is signed with a certificate for tests, as all samples are."""
COLOURS = {"OK": "green", "ALERTA": "yellow", "ERRO": "red", "unsupported": "cyan"}


class DemoFailedError(Exception):
    """The platform did not do what the demonstration shows."""


def register(app: typer.Typer) -> None:
    """Add `malha demo`."""
    app.command()(demo)


def demo(
    url: Annotated[str, typer.Option(help="The API's base URL.")] = "http://127.0.0.1:8000",
    token: Annotated[
        str | None, typer.Option(envvar="MALHA_TOKEN", help="An API token; this machine's if left out.")
    ] = None,
) -> None:
    """Audit the bundled sample documents through a running API and print what was found."""
    raise typer.Exit(run_demo(url, token=token))


def run_demo(base_url: str, *, token: str | None = None) -> int:
    """Post the samples, wait for the worker, print the table; returns the exit status."""
    console = Console()
    headers = {"Authorization": f"Bearer {token or _local_token(default_home())}", "Accept-Language": "pt"}
    try:
        with httpx2.Client(base_url=base_url, headers=headers, timeout=30) as client:
            audit = _wait(client, _post(client), console)
            documents = _all_pages(client, f"/api/v1/audits/{audit['id']}/documents")
            findings = _all_pages(client, f"/api/v1/audits/{audit['id']}/findings")
    except (DemoFailedError, httpx2.HTTPError, OSError) as error:
        console.print(f"[red]A demonstração falhou:[/] {error}")
        return 1
    print_audit(console, audit, documents, findings)
    return 0


def _local_token(home: Path) -> str:
    return (home / "token").read_text("ascii").strip()


def _post(client: httpx2.Client) -> str:
    files = [("files", (name, data, "application/xml")) for name, data in samples()]
    answer = client.post("/api/v1/audits", files=files, headers={"Idempotency-Key": f"demo-{new_id()}"})
    if answer.status_code != httpx2.codes.ACCEPTED:
        raise DemoFailedError(f"POST /api/v1/audits: {answer.status_code} {answer.text[:400]}")
    return answer.json()["id"]


def _wait(client: httpx2.Client, audit_id: str, console: Console) -> dict[str, Any]:
    deadline = time.monotonic() + AUDIT_TIMEOUT_SECONDS
    with console.status("Na fila") as status:
        while time.monotonic() < deadline:
            audit = client.get(f"/api/v1/audits/{audit_id}").raise_for_status().json()
            if audit["status"] in FINAL:
                if audit["status"] != "COMPLETED":
                    raise DemoFailedError(f"{audit['status']}: {audit['error_payload']}")
                return audit
            if audit["status"] != "PENDING":
                status.update(f"Auditando {audit['progress']['message'] or audit['input_summary']}")
            time.sleep(POLL_SECONDS)
    raise DemoFailedError(f"the audit was not over after {AUDIT_TIMEOUT_SECONDS} s")


def _all_pages(client: httpx2.Client, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = client.get(path, params={"cursor": cursor} if cursor else None).raise_for_status().json()
        items += page["items"]
        cursor = page.get("next_cursor")
        if cursor is None:
            return items


def print_audit(
    console: Console, audit: dict[str, Any], documents: list[dict[str, Any]], findings: list[dict[str, Any]]
) -> None:
    """Documents with their findings, the gravest first, as a table that reads well on 80 columns, and the result."""
    table = Table(title="Documentos de exemplo, gerados e assinados por um certificado de teste", title_justify="left")
    table.add_column("Situação", no_wrap=True)
    table.add_column("Pontos", justify="right", no_wrap=True)
    table.add_column("Documento e achados", overflow="fold")
    for document in documents:
        own = [one for one in findings if one["document_id"] == document["id"] and one["rule_id"] != SAID_BY_THE_TITLE]
        told = [_finding(one) for one in sorted(own, key=itemgetter("weight"), reverse=True)]
        status = Text(document["status"], COLOURS.get(document["status"], ""))
        table.add_row(status, str(document["score"]), Group(Text(document["name"], "bold"), *told))
    console.print(table)
    console.print(audit["result_payload"]["message"])


def _finding(finding: dict[str, Any]) -> Padding:
    """One finding below its document; as text, because brackets in a document's values are no markup."""
    place = "" if finding["n_item"] is None else f" (item {finding['n_item']})"
    told = Text(f"{finding['rule_id']}{place} ", "cyan").append(finding["message_pt"], "none")
    values = [
        f"{word} {show_value(finding[name], finding['xpath'], 'pt')}"
        for word, name in (("tem", "found"), ("espera-se", "expected"))
        if finding[name]
    ]
    told.append(f" [{', '.join(values)}]" if values else "", "dim")
    return Padding(told, (0, 0, 0, 2))
