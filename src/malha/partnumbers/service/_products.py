"""What a declaration says of part numbers: put together from evidence, from what people wrote, and from the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from malha.db import ReadSession, Session
from malha.db.paging import Page, Window
from malha.fiscal.tables import ncm as nomenclature
from malha.identity.policy import Principal
from malha.identity.service import Act, AuditTrail
from malha.kit.clock import brazilian_day, utc_now
from malha.partnumbers.errors import ProductChangedError
from malha.partnumbers.models import Classification, Manufacturer, PartNumber, Product
from malha.partnumbers.repository import decisions, known, products
from malha.partnumbers.rules.description import (
    MOST_DENOMINATION,
    Gap,
    Goods,
    Value,
    compose,
    find_gaps,
    measures_of,
    species_of,
)
from malha.partnumbers.schemas.products import AttributeRead, GapRead, ProductRead, ProductWrite, ValueRead
from malha.partnumbers.service._forms import Forms
from malha.partnumbers.service._manufacturers import maker_gaps, show_manufacturer

FIELDS = ("species", "brand", "model", "commercial_name", "scientific_name")


async def read_products(
    session: ReadSession,
    principal: Principal,
    window: Window,
    *,
    task_id: UUID | None = None,
    is_confirmed: bool | None = None,
    language: str = "pt",
) -> Page[ProductRead]:
    """Products by part number."""
    page = await products.list_parts(session, principal, window, task_id=task_id, is_confirmed=is_confirmed)
    shown = await show_products(session, principal, page.items, language=language)
    return Page(items=shown, next_cursor=page.next_cursor)


async def read_product(session: ReadSession, principal: Principal, code: str, *, language: str = "pt") -> ProductRead:
    """One of them; PartNumberNotFoundError."""
    part = await known.get_partnumber(session, principal, code.strip().upper())
    [shown] = await show_products(session, principal, [part], language=language)
    return shown


async def write_product(
    session: Session, principal: Principal, trail: AuditTrail, code: str, wanted: ProductWrite, *, language: str = "pt"
) -> ProductRead:
    """Write what a person says; raises PartNumberNotFoundError, ProductChangedError."""
    part = await known.get_partnumber(session, principal, code.strip().upper())
    product = await products.hold_product(session, part)
    if product.version != wanted.version:
        raise ProductChangedError(version=product.version)
    before = _state(product)
    for name in wanted.model_fields_set & {*FIELDS, "description"}:
        setattr(product, name, getattr(wanted, name) or None)
    if wanted.characteristics is not None:
        product.characteristics = _merged(product.characteristics, wanted.characteristics)
    if wanted.attributes is not None:
        product.attributes = _merged(product.attributes, wanted.attributes)
    if wanted.internal_codes is not None:
        product.internal_codes = list(dict.fromkeys(wanted.internal_codes))
    product.version += 1
    product.updated_by, product.updated_at = principal.user_id, utc_now()
    await session.flush()
    act = Act(
        entity_type="partnumber_product",
        entity_id=part.id,
        action="UPDATE",
        previous_state=before,
        new_state=_state(product),
        metadata={"partnumber": part.code},
    )
    await trail.record(session, act)
    [shown] = await show_products(session, principal, [part], language=language)
    return shown


def _merged(kept: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**kept, **changes}.items() if value is not None}


def _state(product: Product) -> dict[str, Any]:
    names = (*FIELDS, "description", "characteristics", "attributes", "internal_codes")
    return {name: getattr(product, name) for name in names}


async def show_products(
    session: ReadSession, principal: Principal, parts: Sequence[PartNumber], *, language: str
) -> list[ProductRead]:
    """Part numbers that the caller may see, in their order."""
    ids = [part.id for part in parts]
    answers = {part_id: found[0] for part_id, found in (await decisions.list_answers_of(session, ids)).items()}
    written = await products.list_products(session, ids)
    called = await products.list_descriptions(session, principal, [part.code for part in parts])
    maker_ids = {answer.manufacturer_id for answer in answers.values() if answer.manufacturer_id}
    makers = await products.list_makers(session, maker_ids)
    codes = {answer.ncm for answer in answers.values() if answer.ncm}
    forms = await Forms.load(session, codes, brazilian_day(utc_now()))
    shown: list[ProductRead] = []
    for part in parts:
        answer = answers.get(part.id)
        maker = makers.get(answer.manufacturer_id) if answer and answer.manufacturer_id else None
        sheet = _Sheet(part, answer, written.get(part.id), maker, called.get(part.code, ""))
        shown.append(sheet.show(forms, language))
    return shown


class _Sheet:
    """One part number with all that is known of it."""

    def __init__(
        self,
        part: PartNumber,
        answer: Classification | None,
        product: Product | None,
        maker: Manufacturer | None,
        called: str,
    ) -> None:
        self._part = part
        self._answer = answer
        self._product = product
        self._maker = maker
        self._called = called
        self._said: Mapping[str, Any] = answer.answer if answer else {}
        self._ncm = answer.ncm if answer else None

    def show(self, forms: Forms, language: str) -> ProductRead:
        goods = Goods(self._ncm, self._fields(), self._characteristics(), self._question())
        own = self._product.description if self._product else None
        description = own or compose(goods)
        attributes = forms.of(self._ncm, dict(self._product.attributes) if self._product else {}, self._evidence(goods))
        gaps = [*find_gaps(goods, description), *_attribute_gaps(attributes), *maker_gaps(self._maker)]
        return ProductRead(
            code=self._part.code,
            ncm=self._ncm,
            ncm_path=self._ncm and nomenclature.describe(self._ncm),
            exception=self._answer.exception if self._answer else None,
            is_confirmed=self._part.confirmed_at is not None,
            fields=_shown(goods.fields),
            characteristics=_shown(goods.characteristics),
            denomination=self._denomination(goods),
            description=description,
            is_own_description=own is not None,
            attributes=attributes,
            internal_codes=self._product.internal_codes if self._product else [],
            manufacturer=show_manufacturer(self._maker) if self._maker else None,
            missing=[GapRead(field=gap.field, detail=gap.pt if language == "pt" else gap.en) for gap in gaps],
            version=self._product.version if self._product else 0,
        )

    def _fields(self) -> dict[str, Value]:
        told = "document" if self._answer is not None and self._answer.origin == "document" else "answer"
        maker = (self._maker.name if self._maker else None) or self._said.get("fabricante")
        evidence = {
            "species": (self._ncm and species_of(self._ncm), "nomenclature"),
            "brand": (maker, told),
            "model": (self._part.code, "partnumber"),
            "commercial_name": (self._called, "request"),
        }
        found = {name: Value(str(text), source) for name, (text, source) in evidence.items() if text}
        return found | {name: Value(text, "person") for name in FIELDS if (text := self._own(name))}

    def _own(self, name: str) -> str | None:
        return getattr(self._product, name) if self._product else None

    def _characteristics(self) -> dict[str, Value]:
        stated = self._said.get("attributes")
        answered = stated if isinstance(stated, dict) else {}
        found = {name: Value(text, "request") for name, text in measures_of(self._called, self._ncm).items()}
        found |= {str(name): Value(str(text), "answer") for name, text in answered.items() if text}
        written = self._product.characteristics if self._product else {}
        return found | {name: Value(str(text), "person") for name, text in written.items()}

    def _question(self) -> str | None:
        match self._said.get("candidates"):
            case [{"question": {"attribute": str(attribute)}}, *_]:
                return attribute
            case _:
                return None

    def _evidence(self, goods: Goods) -> dict[str, str]:
        values = {name: value.text for name, value in {**goods.characteristics, **goods.fields}.items()}
        return values | ({"manufacturer": self._maker.name} if self._maker else {})

    def _denomination(self, goods: Goods) -> str:
        names = ("commercial_name", "species")
        name = next((goods.fields[name].text for name in names if name in goods.fields), "")
        return f"{name} {self._part.code}".strip()[:MOST_DENOMINATION]


def _shown(values: Mapping[str, Value]) -> dict[str, ValueRead]:
    return {name: ValueRead(**asdict(value)) for name, value in values.items()}


def _attribute_gaps(attributes: Sequence[AttributeRead]) -> list[Gap]:
    return [
        Gap(f"attributes.{one.code}", f"{one.name}: {one.problem}", f"{one.name}: {one.problem}")
        for one in attributes
        if one.problem is not None
    ]
