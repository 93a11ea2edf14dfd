"""The kept answers as the resolver uses them: each act in its own transaction, so that no caller's end undoes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from malha.db import Database
from malha.kit.clock import utc_now
from malha.suppliers.client.providers import enabled_sources
from malha.suppliers.repository import kept
from malha.suppliers.rules.denials import Denial, is_denied, valid_denials
from malha.suppliers.service._known import supplier_of
from malha.suppliers.service._result import LookUpResult
from malha.suppliers.settings import SupplierSettings

ESTABLISHED = ("00000000000191", "33000167000101")
"""Banco do Brasil and Petrobras, which every base of companies has; where ours has nobody yet."""


class Cache:
    """Reads what is known, and keeps what is learned."""

    def __init__(self, database: Database, settings: SupplierSettings) -> None:
        self._database = database
        self._fresh = timedelta(days=settings.fresh_days)
        self._believed = timedelta(days=settings.not_found_days)
        self._sources = enabled_sources(settings)

    async def sort_known(self, cnpjs: Sequence[str], result: LookUpResult) -> list[str]:
        """Put what is known into the result, stale companies too; returns those that are still to be asked about."""
        async with self._database.read_session() as session:
            rows = await kept.find_rows(session, cnpjs)
        now = utc_now()
        answered: set[str] = set()
        for row in rows:
            if row.is_found:
                is_stale = now - row.fetched_at > self._fresh
                result.found[row.cnpj] = supplier_of(row, is_stale=is_stale)
                if not is_stale:
                    answered.add(row.cnpj)
            elif now - row.fetched_at <= self._believed and is_denied(self._valid(row.denials, now), self._sources):
                result.not_found.add(row.cnpj)
                answered.add(row.cnpj)
        return [cnpj for cnpj in cnpjs if cnpj not in answered]

    async def denials_of(self, cnpj: str) -> dict[str, Denial]:
        """The sources that have no such company, as far as they were heard."""
        async with self._database.read_session() as session:
            found = await kept.list_denials(session, [cnpj])
        return self._valid(found[0], utc_now()) if found else {}

    async def claim(self, cnpj: str, token: UUID, *, seconds: float) -> bool:
        """The right to ask about a CNPJ, for this long."""
        async with self._database.session() as session:
            return await kept.claim(session, cnpj, token, seconds=seconds)

    async def release(self, cnpj: str, token: UUID) -> None:
        """Give that right up."""
        async with self._database.session() as session:
            await kept.release(session, cnpj, token)

    async def store(self, values: dict[str, Any], token: UUID) -> None:
        """Keep a company and give the right up, in one transaction."""
        async with self._database.session() as session:
            await kept.store(session, values)
            await kept.release(session, values["cnpj"], token)

    async def deny(self, cnpj: str, source: str, denial: Denial, raw: dict[str, Any]) -> bool:
        """Keep a denial; False when the company is known."""
        async with self._database.session() as session:
            return await kept.deny(session, cnpj, source, denial, raw)

    async def find_established(self, cnpj: str) -> str:
        """A company that exists for sure, another one than that of the CNPJ."""
        async with self._database.read_session() as session:
            found = await kept.find_established(session, cnpj)
        return found or next(known for known in ESTABLISHED if known != cnpj)

    async def withdraw(self, source: str, provider: str) -> None:
        """Take back what a provider that lost its base has denied."""
        async with self._database.session() as session:
            await kept.withdraw_denials(session, source, provider)

    def _valid(self, denials: dict[str, Any], now: datetime) -> dict[str, Denial]:
        return valid_denials(denials, oldest=now - self._believed)
