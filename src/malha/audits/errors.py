"""What a caller of the audits may be told."""

from __future__ import annotations

from http import HTTPStatus

from malha.errors import MalhaError, NotFoundError


class AuditNotFoundError(NotFoundError):
    """No such audit, or not the caller's."""

    code = "audit-not-found"
    pt = "Auditoria não encontrada."
    en = "Audit not found."


class AuditUnfinishedError(MalhaError):
    """The report is asked for before its time. Field: status."""

    status = HTTPStatus.CONFLICT
    code = "audit-unfinished"
    pt = "O relatório ainda não existe: a auditoria está em {status}."
    en = "There is no report yet: the audit is {status}."


class AuditActiveError(MalhaError):
    """An audit that may still write cannot be deleted. Field: status."""

    status = HTTPStatus.CONFLICT
    code = "audit-active"
    pt = "A auditoria está em {status}: cancele-a antes de excluir."
    en = "The audit is {status}: cancel it before you delete it."


class AuditOptionInvalidError(MalhaError):
    """A field of the form has a value that no audit can use. Fields: field, value."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "audit-option-invalid"
    pt = "O campo {field} não aceita o valor {value!r}."
    en = "The field {field} does not accept the value {value!r}."


class AuditRuleUnknownError(AuditOptionInvalidError):
    """No rule has this id or begins with it: the audit would check nothing and look clean. Fields: field, value."""

    code = "audit-rule-unknown"
    pt = "O campo {field} cita {value!r}, e nenhuma regra se chama nem começa assim."
    en = "The field {field} says {value!r}, and no rule is called so or begins so."
