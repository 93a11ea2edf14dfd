"""Documents and findings of an audit as lists that can be exported."""

from __future__ import annotations

from operator import attrgetter
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from malha.audits.models import AuditDocument, AuditFinding
from malha.audits.repository import audits, listings
from malha.audits.repository.listings import DocumentFilter
from malha.audits.schemas import DocumentStatus
from malha.audits.service._filters import choose_findings
from malha.audits.service._presentation import show_document, show_finding
from malha.db import Database, ReadSession
from malha.db.paging import Page, Window, walk_pages
from malha.exports.service import Column, ExportList, Kind, Pages, register
from malha.fiscal.findings import Level, Severity
from malha.identity.policy import Principal

PAGE = 1_000

DOCUMENT_COLUMNS = (
    Column("id", "Documento", english="Document"),
    Column("name", "Arquivo"),
    Column("kind", "Tipo"),
    Column("status", "Situação"),
    Column("score", "Pontuação", Kind.NUMBER),
    Column("finding_count", "Ocorrências", Kind.NUMBER),
    Column("key", "Chave de acesso", english="Access key"),
    Column("model", "Modelo"),
    Column("series", "Série"),
    Column("number", "Número"),
    Column("issued_at", "Emissão", Kind.INSTANT),
    Column("issuer_id", "CNPJ ou CPF do emitente", english="Issuer's CNPJ or CPF"),
    Column("issuer_name", "Emitente"),
    Column("issuer_uf", "UF do emitente", english="Issuer's state"),
    Column("recipient_id", "CNPJ ou CPF do destinatário", english="Recipient's CNPJ or CPF"),
    Column("recipient_name", "Destinatário"),
    Column("recipient_uf", "UF do destinatário", english="Recipient's state"),
    Column("item_count", "Itens", Kind.NUMBER),
    Column("total", "Valor total", Kind.MONEY),
    Column("message_pt", "Mensagem", english="Message in Portuguese"),
    Column("message_en", "Mensagem em inglês", english="Message"),
    Column("classification", "Classificação", Kind.OBJECT),
    Column("size", "Bytes", Kind.NUMBER, "Bytes"),
    Column("sha256", "SHA-256", english="SHA-256"),
)
FINDING_COLUMNS = (
    Column("document_id", "Documento", english="Document"),
    Column("key", "Chave de acesso", english="Access key"),
    Column("rule_id", "Regra", english="Rule"),
    Column("severity", "Severidade"),
    Column("level", "Nível"),
    Column("weight", "Peso", Kind.NUMBER),
    Column("n_item", "Item", Kind.NUMBER, "Item"),
    Column("message_pt", "Mensagem", english="Message in Portuguese"),
    Column("found", "Encontrado"),
    Column("expected", "Esperado", english="Expected in Portuguese"),
    Column("formula", "Cálculo", english="Calculation in Portuguese"),
    Column("reference", "Referência"),
    Column("xpath", "Caminho", english="Path"),
    Column("message_en", "Mensagem em inglês", english="Message"),
    Column("expected_en", "Esperado em inglês", english="Expected"),
    Column("formula_en", "Cálculo em inglês", english="Calculation"),
    Column("legacy_code", "Código antigo"),
    Column("related", "Regras em consequência", Kind.OBJECT, "Rules in consequence"),
    Column("others", "Comparado com", Kind.OBJECT, "Compared with"),
    Column("no", "Nº no documento", Kind.NUMBER, "No. in the document"),
)
_document_row = attrgetter(*(column.name for column in DOCUMENT_COLUMNS))
_finding_row = attrgetter(*(column.name for column in FINDING_COLUMNS))


class _OfAudit(BaseModel):
    model_config = ConfigDict(extra="forbid")

    audit_id: UUID


class DocumentQuery(_OfAudit):
    """An audit, and as the query of `GET /audits/{job_id}/documents`."""

    status: list[DocumentStatus] = []
    kind: list[str] = []
    q: Annotated[str, Field(max_length=200)] | None = None


class FindingQuery(_OfAudit):
    """An audit, and as the query of `GET /audits/{job_id}/findings`."""

    severity: list[Severity] = []
    level: list[Level] = []
    rule: list[str] = []
    document: list[str] = []


async def check_audit(session: ReadSession, principal: Principal, query: _OfAudit) -> None:
    """AuditNotFoundError for an audit that the principal cannot see."""
    await audits.get_audit(session, principal, query.audit_id)


async def read_document_pages(database: Database, principal: Principal, query: DocumentQuery, _language: str) -> Pages:
    """Documents in the order of the files."""
    wanted = DocumentFilter([one.value for one in query.status], query.kind, query.q)

    async def fetch(session: ReadSession, window: Window) -> Page[AuditDocument]:
        await check_audit(session, principal, query)
        return await listings.list_documents(session, query.audit_id, wanted, window)

    async for documents in walk_pages(database, fetch, size=PAGE):
        yield [_document_row(show_document(document)) for document in documents]


async def read_finding_pages(database: Database, principal: Principal, query: FindingQuery, _language: str) -> Pages:
    """Findings in the order of the documents."""
    wanted = choose_findings(query.severity, query.level, query.rule, query.document)

    async def fetch(session: ReadSession, window: Window) -> Page[AuditFinding]:
        await check_audit(session, principal, query)
        return await listings.list_findings(session, query.audit_id, wanted, window)

    async for findings in walk_pages(database, fetch, size=PAGE):
        yield [_finding_row(show_finding(finding)) for finding in findings]


AUDIT_DOCUMENTS = register(
    ExportList(
        name="audit-documents",
        title="Documentos",
        english="Documents",
        scope="audits:read",
        columns=DOCUMENT_COLUMNS,
        filter=DocumentQuery,
        pages=read_document_pages,
        check=check_audit,
    )
)
AUDIT_FINDINGS = register(
    ExportList(
        name="audit-findings",
        title="Ocorrências",
        english="Findings",
        scope="audits:read",
        columns=FINDING_COLUMNS,
        filter=FindingQuery,
        pages=read_finding_pages,
        check=check_audit,
    )
)
