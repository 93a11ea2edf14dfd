"""The catalogue of products as it is filed: confirmed part numbers with their attributes, makers and foreign operators.

The names of the JSON are those of Portal Único's interface for the catalogue of products.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict

from malha.db import Database, ReadSession
from malha.db.paging import Window
from malha.exports.service import Column, ExportList, Format, Kind, Pages, register, write_file
from malha.identity.policy import Principal
from malha.partnumbers.errors import CatalogueEmptyError, CatalogueIncompleteError
from malha.partnumbers.repository import tasks
from malha.partnumbers.schemas.products import AttributeRead, ManufacturerRead, ProductRead
from malha.partnumbers.service._products import read_products

PAGE = 200
MOST_NAMED = 200
"""Products with gaps that a refusal names; all are counted."""

COLUMNS = (
    Column("partnumber", "Part number"),
    Column("ncm", "NCM"),
    Column("exception", "Ex"),
    Column("denomination", "Denominação"),
    Column("description", "Descrição"),
    Column("manufacturer", "Fabricante"),
    Column("address", "Endereço"),
    Column("country", "País"),
    Column("operator_code", "Operador estrangeiro"),
    Column("internal_codes", "Códigos internos"),
    Column("attributes", "Atributos", Kind.OBJECT),
    Column("missing", "Pendências"),
)


class CatalogueQuery(BaseModel):
    """Of one task, or all that are confirmed."""

    model_config = ConfigDict(extra="forbid")

    task_id: UUID | None = None


async def check_catalogue(session: ReadSession, principal: Principal, query: CatalogueQuery) -> None:
    """TaskNotFoundError for a task that the principal cannot see."""
    if query.task_id is not None:
        await tasks.get_task(session, principal, query.task_id)


async def refuse_incomplete(
    database: Database, principal: Principal, query: CatalogueQuery, *, allows_gaps: bool
) -> None:
    """Raise CatalogueEmptyError, or CatalogueIncompleteError with what each product lacks."""
    errors: list[dict[str, Any]] = []
    total = lacking = 0
    async for page in _walk(database, principal, query):
        total += len(page)
        for product in page:
            lacking += bool(product.missing)
            if product.missing and len(errors) < MOST_NAMED:
                told = "; ".join(gap.detail for gap in product.missing)
                errors.append({"loc": ["partnumber", product.code], "msg": told, "type": "product-incomplete"})
        if allows_gaps:
            break
    if not total:
        raise CatalogueEmptyError
    if lacking and not allows_gaps:
        raise CatalogueIncompleteError(count=lacking, errors=errors)


async def _walk(database: Database, principal: Principal, query: CatalogueQuery) -> AsyncIterator[list[ProductRead]]:
    window: Window | None = Window(PAGE)
    while window is not None:
        async with database.read_session() as session:
            page = await read_products(session, principal, window, task_id=query.task_id, is_confirmed=True)
        yield page.items
        window = Window(PAGE, page.next_cursor) if page.next_cursor is not None else None


async def read_rows(database: Database, principal: Principal, query: CatalogueQuery, _language: str) -> Pages:
    """Products by part number, as a table has them."""
    async for page in _walk(database, principal, query):
        yield [_row(product) for product in page]


def _row(product: ProductRead) -> list[Any]:
    maker = product.manufacturer
    return [
        product.code,
        product.ncm,
        product.exception,
        product.denomination,
        product.description,
        maker and maker.name,
        maker and maker.address,
        maker and maker.country,
        maker and maker.operator_code,
        ", ".join(product.internal_codes) or None,
        {one.code: one.value for one in product.attributes if one.is_asked and one.value is not None},
        "; ".join(gap.detail for gap in product.missing) or None,
    ]


def export_table(database: Database, principal: Principal, query: CatalogueQuery) -> AsyncIterator[bytes]:
    """The catalogue as CSV, made while it is sent."""
    return write_file(Format.CSV, CATALOGUE, read_rows(database, principal, query, CATALOGUE.language))


async def export_json(
    database: Database, principal: Principal, query: CatalogueQuery, *, root: str | None
) -> AsyncIterator[bytes]:
    """The catalogue as JSON: an object with `produtos`, `operadoresEstrangeiros` and `fabricantes`.

    `root` is the importer's CNPJ root, which each of them names.
    """
    makers: dict[UUID, ManufacturerRead] = {}
    links: list[dict[str, Any]] = []
    seq = 0
    yield b'{"produtos":['
    async for page in _walk(database, principal, query):
        for product in page:
            yield (b"," if seq else b"") + orjson.dumps(_product(product, seq := seq + 1, root))
            if product.manufacturer is not None:
                makers[product.manufacturer.id] = product.manufacturer
                links.append(_link(product, product.manufacturer, seq, root))
    operators = [_operator(maker, place, root) for place, maker in enumerate(makers.values(), start=1)]
    yield b'],"operadoresEstrangeiros":' + orjson.dumps(operators)
    yield b',"fabricantes":' + orjson.dumps(links) + b"}"


def _product(product: ProductRead, seq: int, root: str | None) -> dict[str, Any]:
    asked = [one for one in product.attributes if one.is_asked and one.value is not None]
    return {
        "seq": seq,
        "cpfCnpjRaiz": root,
        "denominacao": product.denomination,
        "descricao": product.description,
        "situacao": "Ativado",
        "modalidade": "IMPORTACAO",
        "ncm": product.ncm,
        "atributos": [{"atributo": one.code, "valor": one.value} for one in asked if isinstance(one.value, str)],
        "atributosMultivalorados": [
            {"atributo": one.code, "valores": one.value} for one in asked if isinstance(one.value, list)
        ],
        "atributosCompostos": [_composite(one) for one in asked if isinstance(one.value, dict)],
        "atributosCompostosMultivalorados": [],
        "codigosInterno": product.internal_codes or [product.code],
    }


def _composite(one: AttributeRead) -> dict[str, Any]:
    assert isinstance(one.value, dict)  # noqa: S101 - looked at before
    return {"atributo": one.code, "valores": [{"atributo": code, "valor": value} for code, value in one.value.items()]}


def _operator(maker: ManufacturerRead, seq: int, root: str | None) -> dict[str, Any]:
    return {
        "seq": seq,
        "cpfCnpjRaiz": root,
        "codigo": maker.operator_code,
        "tin": maker.tin,
        "nome": maker.name,
        "situacao": "Ativado",
        "logradouro": maker.address,
        "nomeCidade": maker.city,
        "codigoSubdivisaoPais": maker.region,
        "codigoPais": maker.country,
        "cep": maker.postal_code,
        "email": maker.email,
    }


def _link(product: ProductRead, maker: ManufacturerRead, seq: int, root: str | None) -> dict[str, Any]:
    return {
        "seq": seq,
        "cpfCnpjRaiz": root,
        "codigoInternoProduto": product.code,
        "conhecido": True,
        "codigoOperadorEstrangeiro": maker.operator_code,
        "nomeFabricante": maker.name,
        "codigoPais": maker.country,
    }


CATALOGUE = register(
    ExportList(
        name="product_catalogue",
        title="Catalogo",
        english="Catalogue",
        scope="partnumbers:read",
        columns=COLUMNS,
        filter=CatalogueQuery,
        pages=read_rows,
        check=check_catalogue,
    )
)
