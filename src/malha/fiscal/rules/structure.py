"""The file itself: readable, well written, following its schema."""

from __future__ import annotations

import re

from malha.fiscal.documents import Document, Event, Note, Unreadable
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._registry import Scope, rule
from malha.fiscal.rules._since import LAYOUT_4_00, NT_2019_001
from malha.fiscal.rules._trust import is_as_authorised
from malha.fiscal.schema import Problem, event_schema, note_schema
from malha.fiscal.tree import Element, local_name, path_of

_LAYOUTS = frozenset({"1.10", "2.00", "3.10", "4.00"})


@rule(
    "IMPORT-FAIL", severity=Severity.CRITICAL, scope=Scope.FILE, legacy_code="IMPORT-FAIL",
    pt="O arquivo não pôde ser lido.", en="The file could not be read.",
)  # fmt: skip
def file_is_readable(document: Document) -> Breach | None:
    """Rules that say more exactly what is wrong with the file are folded into this one, whose code the seed knows."""
    if not isinstance(document, Unreadable) or document.is_unsupported:
        return None
    error = document.error
    return Breach(
        None, pt=error.message_pt, en=error.message_en,
        related=("NF-STR-001", "NF-STR-004"),
    )  # fmt: skip


@rule(
    "NF-STR-008", severity=Severity.INFO, scope=Scope.FILE,
    pt="O arquivo é de um tipo que não se audita aqui.", en="The file is of a kind that is not audited here.",
)  # fmt: skip
def file_is_of_an_audited_kind(document: Document) -> Breach | None:
    if not isinstance(document, Unreadable) or not document.is_unsupported:
        return None
    return Breach(None, pt=document.error.message_pt, en=document.error.message_en)


@rule(
    "NF-STR-001", severity=Severity.CRITICAL, scope=Scope.FILE, reference="Rejeição 243",
    pt="O XML está malformado.", en="The XML is malformed.",
)  # fmt: skip
def file_is_well_formed(document: Document) -> Breach | None:
    return _unread(document, "malformed")


@rule(
    "NF-STR-004", severity=Severity.CRITICAL, scope=Scope.FILE, reference="OWASP, XML External Entity",
    pt="O arquivo traz DOCTYPE ou entidades, usados para atacar quem o abre.",
    en="The file holds a DOCTYPE or entities, which are used to attack whoever opens it.",
)  # fmt: skip
def file_has_no_document_type(document: Document) -> Breach | None:
    return _unread(document, "doctype")


def _unread(document: Document, code: str) -> Breach | None:
    if not isinstance(document, Unreadable) or document.error.code != code:
        return None
    return Breach(None, pt=document.error.message_pt, en=document.error.message_en)


@rule(
    "NF-SIG-009", severity=Severity.CRITICAL, scope=Scope.FILE, reference="Rejeição 402",
    pt="A codificação do arquivo pode esconder outra nota: nenhuma assinatura vale para o que se lê nele.",
    en="The file's encoding may hide another note: no signature vouches for what is read in it.",
)  # fmt: skip
def encoding_hides_nothing(document: Document) -> Breach | None:
    """Of a file that claims to hold a signature: in UTF-7, say, the bytes that were signed are no tags, or others."""
    if not isinstance(document, Unreadable) or document.error.code != "encoding":
        return None
    return Breach(None) if b"Signature" in document.source.data else None


@rule(
    "NF-STR-003", severity=Severity.LOW, scope=Scope.FILE, reference="Rejeições 402, 404, 587 e 588",
    pt="O arquivo não está escrito como a SEFAZ exige.", en="The file is not written as SEFAZ demands.",
)  # fmt: skip
def file_is_written_as_demanded(document: Document) -> list[Breach]:
    element = None if isinstance(document, Unreadable) else document.group.element
    if element is None:
        return []
    breaches: list[Breach] = []
    encoding = element.getroottree().docinfo.encoding
    if encoding and encoding.upper() not in {"UTF-8", "ASCII", "US-ASCII"}:
        breaches.append(
            Breach(None, found=encoding, expected="UTF-8", pt="A codificação do arquivo não é UTF-8.",
                   en="The encoding of the file is not UTF-8.")
        )  # fmt: skip
    data = document.source.data
    if data[: data.find(b"<")].strip():  # nothing but marks and blanks gets past the reader
        breaches.append(
            Breach(None, found="BOM", pt="O arquivo começa com a marca BOM.", en="The file starts with a BOM.")
        )
    prefix = element.prefix or (_envelope(document).prefix if isinstance(document, Note) else None)
    if prefix:
        breaches.append(
            Breach(None, found=prefix, pt="Os elementos trazem prefixo de namespace.",
                   en="The elements carry a namespace prefix.")
        )  # fmt: skip
    return breaches


@rule(
    "NF-STR-002", severity=Severity.HIGH, scope=Scope.NOTE, reference="Rejeições 215 e 225",
    pt="O conteúdo não segue o leiaute oficial.", en="The content does not follow the official layout.",
)  # fmt: skip
def note_follows_schema(note: Note) -> list[Breach]:
    """Low for what SEFAZ authorised in these very bytes, if the schema here may only be older than SEFAZ's was."""
    root = _envelope(note)
    if note.layout not in _LAYOUTS:
        return [
            Breach(
                note.group, "@versao", note.layout, ", ".join(sorted(_LAYOUTS)),
                pt="A nota diz seguir um leiaute que nunca existiu.", en="The note claims a layout that never existed.",
            )
        ]  # fmt: skip
    schema = note_schema(local_name(root.tag), note.layout)
    problems = schema.problems(root) if schema else []
    if not problems:
        return []
    newer = Severity.LOW if is_as_authorised(note) else None
    return [
        _refused(problem, newer if problem.may_be_newer else None)
        for problem in problems
        if not _is_told_elsewhere(note, problem)
    ]


def _envelope(note: Note) -> Element:
    """The `nfeProc` that holds the note, else the `NFe` itself."""
    above = note.element.getparent()
    return note.element if above is None or local_name(above.tag) != "nfeProc" else above


def _is_told_elsewhere(note: Note, problem: Problem) -> bool:
    """A missing Signature and a missing protNFe have rules of their own, and so has an event inside the nfeProc."""
    if problem.found == "retEvento":
        return True
    if problem.found is not None or problem.expected is None:
        return False
    return (not note.signature and problem.expected.endswith("Signature")) or (
        note.protocol is None and problem.expected == "protNFe"
    )


def _refused(problem: Problem, severity: Severity | None = None) -> Breach:
    return Breach(
        problem.element, problem.field, problem.found, problem.expected,
        f"linha {problem.line}",
        pt=problem.pt, en=problem.en, severity=severity, related=_computed_from(problem),
    )  # fmt: skip


def _computed_from(problem: Problem) -> tuple[str, ...]:
    """The rules that compute from an amount, or a group that holds some, which is missing or overwritten here."""
    element = problem.element
    tags = (problem.expected or "").split(", ")
    if element is not None:
        tags.append(local_name(element.tag))
    if problem.may_be_newer or not any(_AMOUNT.match(tag) for tag in tags):
        return ()
    path = path_of(element).split("/")
    around = {part.partition("[")[0] for part in path}
    if around & _NOTHING_COUNTED:
        return ()
    return _COMPUTED_IN_REFORM if around & _REFORM else _COMPUTED


_AMOUNT = re.compile(r"[vqp][A-Z]|ICMS|IPI|PIS|COFINS|II$|ISSQN|IBSCBS|imposto$|prod$|total$")
_NOTHING_COUNTED = frozenset(
    {"rastro", "med", "veicProd", "arma", "DI", "detExport", "transp", "cana", "agropecuario", "infAdic", "infNFeSupl"}
)
"""Quantities and values there are of lots, vehicles and volumes: no total adds them up."""
_REFORM = frozenset({"IBSCBS", "IS", "IBSCBSTot", "ISTot"})
_COMPUTED_IN_REFORM = ("RTC-007", "RTC-008", "RTC-009", "RTC-010", "RTC-011", "RTC-012")
_COMPUTED = (
    *(f"NF-TOT-{number:03}" for number in range(1, 12)), "NF-ICMS-003", "NF-ST-001", "NF-ST-002", "NF-PAY-001",
    "NF-PAY-002", "NF-PIS-005", "NF-DUP-101", "NF-DUP-102", "NF-DUP-104", "RTC-008", "RTC-009", "RTC-010", "RTC-011",
    "RTC-012",
)  # fmt: skip
"""What is computed from amounts that may be the very ones that are missing or illegible."""


@rule(
    "NF-STR-007", severity=Severity.MEDIUM, scope=Scope.EVENT, reference="Rejeição 215",
    pt="O evento não segue o leiaute oficial.", en="The event does not follow the official layout.",
)  # fmt: skip
def event_follows_schema(event: Event) -> list[Breach]:
    """The published event schemas know digits only, so events of alphanumeric keys are not judged."""
    if event.element is None or not (event.key.isdigit() and event.author_id.isdigit()):
        return []
    schema = event_schema(event.kind)
    problems = schema.problems(event.element) if schema else []
    return [_refused(problem) for problem in problems]


@rule(
    "NF-STR-005", severity=Severity.MEDIUM, scope=Scope.NOTE,
    valid_from=NT_2019_001, reference="Rejeição 927",
    pt="Os itens não estão numerados de 1 em diante, em ordem.", en="The items are not numbered from 1 on, in order.",
)  # fmt: skip
def items_are_numbered_in_order(note: Note) -> Breach | None:
    for position, item in enumerate(note.items, 1):
        if item.number != position:
            return Breach(item.group, "@nItem", item.number, position)
    return None


@rule(
    "NF-STR-006", severity=Severity.MEDIUM, scope=Scope.NOTE, reference="Rejeição 239",
    valid_from=LAYOUT_4_00,
    explains=("NF-IDE-004", "RTC-001", "RTC-011", "NF-STR-002"),
    pt="A nota usa um leiaute já desativado na data da emissão.",
    en="The note uses a layout that was already retired on its day of issue.",
)  # fmt: skip
def note_uses_a_current_layout(note: Note) -> Breach | None:
    return None if note.layout == "4.00" else Breach(note.group, "@versao", note.layout, "4.00")
