"""Forms of attributes by code, and what becomes mandatory."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from malha.db import ReadSession
from malha.fiscal.tables import ncm as nomenclature
from malha.identity.policy import Principal
from malha.kit.clock import brazilian_day, utc_now
from malha.partnumbers.errors import NcmNotFoundError
from malha.partnumbers.models import NcmAttributeLink
from malha.partnumbers.repository import attributes, products
from malha.partnumbers.rules.attributes import Link, Stored, build_form, fill
from malha.partnumbers.rules.prefill import guess_values
from malha.partnumbers.schemas.products import AttributeRead, FormRead, SoonRequired

MODALITIES = ("Importação", "Importacao", "IMPORTAÇÃO", "IMPORTACAO", "")
"""As the file has written it, or left it out."""


class Forms:
    """The forms of some codes on a day."""

    def __init__(
        self, links: Collection[NcmAttributeLink], definitions: Mapping[str, Mapping[str, Any]], on: date
    ) -> None:
        self._definitions = definitions
        self._on = on
        self._links: dict[str, list[Link]] = {}
        for link in links:
            made = Link(link.attribute, link.since, link.until, link.is_required, link.is_multivalued)
            self._links.setdefault(link.ncm, []).append(made)

    @classmethod
    async def load(cls, session: ReadSession, ncms: Collection[str], on: date) -> Forms:
        """With the attributes of these codes."""
        links = await attributes.list_links(session, ncms, MODALITIES)
        definitions = await attributes.list_definitions(session, {link.attribute for link in links})
        return cls(links, definitions, on)

    def of(self, ncm: str | None, said: Mapping[str, Stored], evidence: Mapping[str, str]) -> list[AttributeRead]:
        """The form of a code with its values; nothing where no list was imported."""
        links = self.links_of(ncm or "")
        blank = build_form(links, self._definitions, said, self._on)
        guessed = guess_values(blank, evidence)
        form = build_form(links, self._definitions, {**guessed, **said}, self._on)
        fill(form, said, guessed)
        return [AttributeRead.model_validate(asdict(one)) for one in form]

    def links_of(self, ncm: str) -> list[Link]:
        """What a code asks, with what the levels above it ask."""
        return [link for size in attributes.LEVELS if size <= len(ncm) for link in self._links.get(ncm[:size], ())]

    def name_of(self, attribute: str) -> str:
        """What an attribute is called."""
        definition = self._definitions.get(attribute, {})
        return str(definition.get("nomeApresentacao") or definition.get("nome") or attribute)


async def read_form(session: ReadSession, ncm: str) -> FormRead:
    """What DUIMP asks for a code today; NcmNotFoundError."""
    digits = ncm.replace(".", "")
    if len(digits) != 8 or not nomenclature.is_known(digits):
        raise NcmNotFoundError
    forms = await Forms.load(session, [digits], brazilian_day(utc_now()))
    last = await attributes.find_last_import(session)
    return FormRead(
        ncm=digits,
        ncm_path=nomenclature.describe(digits),
        attributes=[one.model_copy(update={"problem": None}) for one in forms.of(digits, {}, {})],
        imported_at=last.imported_at if last else None,
    )


async def read_soon_required(session: ReadSession, principal: Principal, *, days: int) -> list[SoonRequired]:
    """What becomes mandatory within so many days, for the codes that the workspace has confirmed; the next first."""
    today = brazilian_day(utc_now())
    counts = await products.count_codes(session, principal)
    forms = await Forms.load(session, counts, today)
    found = [
        SoonRequired(
            ncm=ncm, attribute=one.code, name=one.name, required_from=one.required_from, partnumbers=counts[ncm]
        )
        for ncm in counts
        for one in build_form_reads(forms, ncm)
        if one.required_from is not None and today <= one.required_from <= today + timedelta(days=days)
    ]
    return sorted(found, key=lambda soon: (soon.required_from, soon.ncm, soon.attribute))


def build_form_reads(forms: Forms, ncm: str) -> list[AttributeRead]:
    """The form of a code without any value."""
    return forms.of(ncm, {}, {})
