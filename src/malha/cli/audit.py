"""`malha audit` and `malha rules`: the fiscal library on files, without any server."""

from __future__ import annotations

import contextlib
import csv
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer

from malha.cli._audit_table import print_table
from malha.fiscal.bulk import AuditedDocument, audit_files, find_files
from malha.fiscal.findings import Severity
from malha.fiscal.identifiers import is_tax_id
from malha.fiscal.options import AuditOptions
from malha.fiscal.reports import HTML_TAIL, csv_document, csv_head, html_document, html_head
from malha.fiscal.rules import all_rules

MANY_FILES = 20


class FailOn(StrEnum):
    """The least severity that makes the exit status 1."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NEVER = "never"


class Language(StrEnum):
    """Of messages."""

    PORTUGUESE = "pt"
    ENGLISH = "en"


def register(app: typer.Typer) -> None:
    """Add both commands."""
    app.command()(audit)
    app.command()(rules)


def audit(
    paths: Annotated[list[Path], typer.Argument(help="XML and ZIP files, and folders of them.", show_default=False)],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print one line for each finding, for spreadsheets.")] = False,
    as_html: Annotated[bool, typer.Option("--html", help="Print a page to read or print.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the report there.")] = None,
    fail_on: Annotated[FailOn, typer.Option(help="Exit with 1 from this severity on.")] = FailOn.HIGH,
    own_cnpj: Annotated[list[str] | None, typer.Option(help="CNPJ or CPF of your own companies.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only these rules (ids or prefixes).")] = None,
    skip: Annotated[list[str] | None, typer.Option(help="Not these rules (ids or prefixes).")] = None,
    language: Annotated[Language, typer.Option("--lang", help="Of messages.")] = Language.PORTUGUESE,
    processes: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Processes; all cores if left out.")
    ] = None,
) -> None:
    """Audit fiscal documents and print what is wrong with them, with the numbers and the reference."""
    if as_json + as_csv + as_html > 1:
        raise typer.BadParameter("choose one of --json, --csv and --html")
    files = find_files(paths)
    if not files:
        raise typer.BadParameter("no XML or ZIP file found there", param_hint="PATHS")
    options = AuditOptions(
        own_companies=frozenset(_own_company(value) for value in own_cnpj or ()),
        now=datetime.now(UTC),
        only=frozenset(rule.upper() for rule in only or ()),
        skip=frozenset(rule.upper() for rule in skip or ()),
    )
    with _progress(len(files)) as advance:
        audited = audit_files(files, options, processes=processes, language=language, advance=advance)
    with _open(output) as write:
        if as_json:
            _write_json(audited, language, write)
        elif as_csv:
            write(csv_head() + "".join(csv_document(one.describe(language=language)) for one in audited))
        elif as_html:
            _write_html(audited, language, write)
        else:
            print_table(audited, language=language, write=None if output is None else write)
    if _reaches(audited, fail_on):
        raise typer.Exit(1)


def rules(*, as_json: Annotated[bool, typer.Option("--json", help="Print all that is known of each.")] = False) -> None:
    """List every rule with its severity, validity, reference and meaning."""
    if as_json:
        known = [
            {
                "id": rule.id,
                "severity": rule.severity,
                "scope": rule.scope,
                "valid_from": rule.valid_from,
                "valid_to": rule.valid_to,
                "models": rule.models and sorted(rule.models),
                "reference": rule.reference,
                "facultative": rule.facultative,
                "pt": rule.pt,
                "en": rule.en,
            }
            for rule in all_rules()
        ]
        sys.stdout.write(orjson.dumps(known, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    lines = csv.writer(sys.stdout, delimiter="\t", lineterminator="\n")
    lines.writerows((rule.id, rule.severity, rule.scope, rule.reference or "", rule.pt) for rule in all_rules())


def _own_company(value: str) -> str:
    bare = "".join(character for character in value.upper() if character.isalnum())
    if not is_tax_id(bare):
        raise typer.BadParameter(f"{value} is no CNPJ or CPF", param_hint="--own-cnpj")
    return bare


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error for a person who waits for many files."""
    if total < MANY_FILES or not sys.stderr.isatty():
        yield lambda _count: None
        return
    # Imported here: half of the start-up time, and only needed for many files.
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Auditando", total=total)
        yield lambda count: bar.advance(task, count)


@contextlib.contextmanager
def _open(output: Path | None) -> Iterator[Callable[[str], object]]:
    if output is None:
        yield sys.stdout.write
        return
    with output.open("w", encoding="utf-8", newline="") as file:
        yield file.write


def _write_json(audited: list[AuditedDocument], language: str, write: Callable[[str], object]) -> None:
    report = {
        "summary": _summary(audited),
        "documents": [one.describe(language=language) for one in audited],
    }
    write(orjson.dumps(report, option=orjson.OPT_INDENT_2).decode() + "\n")


def _write_html(audited: list[AuditedDocument], language: str, write: Callable[[str], object]) -> None:
    write(html_head("Auditoria fiscal", f"{len(audited)} documentos", _summary(audited)))
    for one in audited:
        write(html_document(one.describe(language=language)))
    write(HTML_TAIL)


def _summary(audited: list[AuditedDocument]) -> dict[str, int]:
    counts = {"documents": len(audited), "findings": sum(len(one.findings) for one in audited)}
    for one in audited:
        counts[one.status.value] = counts.get(one.status.value, 0) + 1
    return counts


def _reaches(audited: list[AuditedDocument], fail_on: FailOn) -> bool:
    if fail_on is FailOn.NEVER:
        return False
    order = list(Severity)
    least = order.index(Severity(fail_on.value))
    return any(order.index(finding.severity) <= least for one in audited for finding in one.findings)
