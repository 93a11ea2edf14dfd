"""`malha audit` and `malha rules`: the fiscal library on files, without any server."""

from __future__ import annotations

import contextlib
import csv
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from malha.cli._audit_table import print_table
from malha.fiscal.bulk import BulkReport, audit_files, find_files
from malha.fiscal.findings import Severity
from malha.fiscal.identifiers import is_tax_id
from malha.fiscal.options import AuditOptions
from malha.fiscal.reports import (
    HTML_TAIL,
    csv_document,
    csv_head,
    describe_document,
    html_comparisons,
    html_document,
    html_head,
    summarize,
)
from malha.fiscal.rules import all_rules
from malha.fiscal.selection import unknown_rules
from malha.fiscal.sums import Sums
from malha.fiscal.wording import PAGE, count_of, list_left_out, list_statuses

MANY_FILES = 20
_NO_SUCH_PATH = {"pt": "{path}: não existe esse arquivo ou pasta.", "en": "{path}: no such file or folder."}


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
    """Audit fiscal documents and print what is wrong with them, with the numbers and the reference.

    Exits with 0 when nothing reaches --fail-on, with 1 when something does, with 2 when the command itself is wrong or
    a path does not exist: what does exist is audited and reported all the same.
    """
    if as_json + as_csv + as_html > 1:
        raise typer.BadParameter("choose one of --json, --csv and --html")
    options = AuditOptions(
        own_companies=frozenset(_own_company(value) for value in own_cnpj or ()),
        now=datetime.now(UTC),
        only=_chosen(only, "--only"),
        skip=_chosen(skip, "--skip"),
    )
    found = find_files(paths)
    for path in found.missing:
        typer.echo(_NO_SUCH_PATH[language].format(path=path), err=True)
    if not found.files:
        if not found.missing:
            raise typer.BadParameter("no XML or ZIP file found there", param_hint="PATHS")
        raise typer.Exit(2)
    with _progress(len(found.files)) as advance:
        report = audit_files(found.files, options, processes=processes, advance=advance)
    report.left_out.update(found.left_out)
    with _open(output) as write:
        if as_json:
            _write_json(report, language, write)
        elif as_csv:
            write(csv_head(language) + "".join(map(csv_document, _described(report, language))))
        elif as_html:
            _write_html(report, language, write)
        else:
            print_table(report, language=language, write=None if output is None else write)
    is_faulty = _tell_faults(report)
    if found.missing or is_faulty:
        raise typer.Exit(2)
    if _reaches(report, fail_on):
        raise typer.Exit(1)


def _chosen(names: list[str] | None, option: str) -> frozenset[str]:
    """Rules by id or prefix; a name that no rule has would check nothing and look like success."""
    chosen = frozenset(name.strip().upper() for name in names or ())
    if unknown := unknown_rules(chosen):
        raise typer.BadParameter(
            f"no rule is called {', '.join(map(repr, unknown))}; `malha rules` lists them", param_hint=option
        )
    return chosen


def _tell_faults(report: BulkReport) -> bool:
    """Faults of this program, with what is needed to report them; False when there was none."""
    for file in report.files:
        if file.crash is not None:
            typer.echo(f"{file.name}:\n{file.crash}", err=True)
    if report.fault is not None:
        typer.echo(f"The documents could not be compared with each other: {report.fault!r}", err=True)
    return report.fault is not None


def rules(*, as_json: Annotated[bool, typer.Option("--json", help="Print all that is known of each.")] = False) -> None:
    """List every rule with its severity, validity, reference and meaning."""
    if as_json:
        known = [
            {
                "id": rule.id,
                "severity": rule.severity,
                "scope": rule.scope,
                "valid_from": rule.valid_from,
                "valid_from_source": rule.since and rule.since.source,
                "valid_from_is_read": rule.since and rule.since.is_read,
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


def _described(report: BulkReport, language: str) -> Iterator[dict[str, Any]]:
    for file, document in report.documents:
        yield describe_document(
            document.facts,
            document.status,
            document.score,
            document.findings,
            name=file.name,
            size=file.size,
            sha256=file.sha256,
            language=language,
        )


def _summary(report: BulkReport) -> tuple[dict[str, Any], Sums]:
    documents = ((document.facts, document.status, document.findings) for _, document in report.documents)
    return summarize(documents, report.left_out)


def _write_json(report: BulkReport, language: str, write: Callable[[str], object]) -> None:
    summary, sums = _summary(report)
    shown = {
        "summary": summary,
        "aggregatedMetrics": sums.as_metrics(),
        "deterministicCrossValidation": report.comparisons,
        "documents": list(_described(report, language)),
    }
    write(orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode() + "\n")


def _write_html(report: BulkReport, language: str, write: Callable[[str], object]) -> None:
    summary, sums = _summary(report)
    told = (
        f"{count_of(summary['document_count'], 'document', language)}: "
        f"{list_statuses(summary['documents_by_status'], language)}",
        list_left_out(report.left_out, language),
    )
    lead = "; ".join(filter(None, told))
    write(html_head(PAGE[language]["title"], f"{lead}.", sums.as_metrics(), language=language))
    write(html_comparisons(report.comparisons, language=language))
    for document in _described(report, language):
        write(html_document(document, language=language))
    write(HTML_TAIL)


def _reaches(report: BulkReport, fail_on: FailOn) -> bool:
    if fail_on is FailOn.NEVER:
        return False
    order = list(Severity)
    least = order.index(Severity(fail_on.value))
    return any(
        order.index(finding.severity) <= least for _, document in report.documents for finding in document.findings
    )
