"""Errors of public contracting that callers may see."""

from __future__ import annotations

from http import HTTPStatus

from malha.errors import MalhaError, NotFoundError


class SyncRunNotFoundError(NotFoundError):
    """No run of this request, or none at all."""

    code = "sync-run-not-found"
    pt = "Nenhuma sincronização encontrada."
    en = "No synchronisation found."


class ProcurementNotFoundError(NotFoundError):
    """Not among what was synchronised."""

    code = "procurement-not-found"
    pt = "Contratação não encontrada entre as sincronizadas."
    en = "Procurement not found among those synchronised."


class SearchTextCommonError(MalhaError):
    """The text has no word that tells records apart. Field: text."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "search-text-common"
    pt = "O texto “{text}” só tem palavras comuns demais para uma busca."
    en = "The text “{text}” has only words that are too common to search for."


class PersonalNumberRefusedError(MalhaError):
    """Whoever may not see CPFs may not search by one either: a hit would confirm it."""

    status = HTTPStatus.FORBIDDEN
    code = "personal-number-refused"
    pt = "Só administradores podem pesquisar por CPF."
    en = "Only administrators may search by a CPF."


class SavedSearchNotFoundError(NotFoundError):
    """No such saved search, or not the caller's."""

    code = "saved-search-not-found"
    pt = "Pesquisa salva não encontrada."
    en = "Saved search not found."


class SavedSearchLimitError(MalhaError):
    """Too many saved searches in one workspace. Field: limit."""

    status = HTTPStatus.CONFLICT
    code = "saved-search-limit"
    pt = "Um espaço de trabalho tem no máximo {limit} pesquisas salvas."
    en = "A workspace has at most {limit} saved searches."


class SavedSearchEndpointUnknownError(MalhaError):
    """An endpoint that the workspace does not have. Field: ids."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "saved-search-endpoint-unknown"
    pt = "O espaço de trabalho não tem estes destinos de avisos: {ids}."
    en = "The workspace has no such notification endpoints: {ids}."


class ContractNotFoundError(NotFoundError):
    """Not among what was synchronised."""

    code = "contract-not-found"
    pt = "Contrato não encontrado entre os sincronizados."
    en = "Contract not found among those synchronised."


class SellerNotFoundError(NotFoundError):
    """Neither a result nor a contract names it."""

    code = "seller-not-found"
    pt = "Nenhum resultado ou contrato sincronizado é deste fornecedor."
    en = "No synchronised result or contract is of this supplier."


class OrganNotFoundError(NotFoundError):
    """It has bought nothing that was synchronised."""

    code = "organ-not-found"
    pt = "Órgão não encontrado entre os sincronizados."
    en = "Organ not found among those synchronised."
