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


class PriceReferenceNotFoundError(NotFoundError):
    """No such price reference, or not the caller's."""

    code = "price-reference-not-found"
    pt = "Referência de preços não encontrada."
    en = "Price reference not found."


class PriceBasketTooWideError(MalhaError):
    """More prices than one item of a reference may have: which of them count must not be chance."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "price-basket-too-wide"
    pt = "O item {item} tem mais de {most} preços; restrinja o filtro ou o período."
    en = "Item {item} has more than {most} prices; narrow its filter or the period."


class PricesTooFewError(MalhaError):
    """Fewer than three prices count (art. 6): nothing is fixed."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "prices-too-few"
    pt = "O item {item} tem {count} preços válidos; o art. 6º da IN SEGES/ME 65/2021 pede três ou mais."
    en = "Item {item} has {count} prices that count; art. 6 of IN SEGES/ME 65/2021 asks for three or more."


class PriceUnknownError(MalhaError):
    """A price chosen by hand is not among those of its item."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "price-unknown"
    pt = "O item {item} não tem estes preços: {prices}."
    en = "Item {item} does not have these prices: {prices}."


class PriceIndexMissingError(MalhaError):
    """The index table lacks months that a correction needs."""

    status = HTTPStatus.CONFLICT
    code = "price-index-missing"
    pt = "A tabela do índice {index} não tem os meses {months}; importe-a."
    en = "The table of index {index} lacks the months {months}; import it."


class PriceUnitUnknownError(MalhaError):
    """The unit of measure of an item says nothing."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "price-unit-unknown"
    pt = "A unidade de medida do item {item} não diz nada: {unit}."
    en = "The unit of measure of item {item} says nothing: {unit}."


class TableFileBrokenError(MalhaError):
    """A table that was to be imported cannot be read. Fields: problem."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "table-file-broken"
    pt = "A tabela não pôde ser lida: {problem}."
    en = "The table cannot be read: {problem}."
