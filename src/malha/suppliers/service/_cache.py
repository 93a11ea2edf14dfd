"""The kept answers as the desk uses them: each act in a transaction of its own, so that no caller's end undoes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from malha.db import Database
from malha.kit.clock import utc_now
from malha.settings import SupplierSettings
from malha.suppliers import repository
from malha.suppliers.service._known import supplier_of
from malha.suppliers.service._result import LookUpResult


class Cache:
    """Reads what is known, and keeps what is learned."""

    def __init__(self, database: Database, settings: SupplierSettings) -> None:
        self._database = database
        self._fresh = timedelta(days=settings.fresh_days)
        self._not_found = timedelta(days=settings.not_found_days)

    async def sort_known(self, cnpjs: Sequence[str], result: LookUpResult) -> list[str]:
        """Put what is known into the result, stale companies too; returns those that are still to be asked about."""
        async with self._database.read_session() as session:
            rows = await repository.find_rows(session, cnpjs)
        now = utc_now()
        answered: set[str] = set()
        for row in rows:
            age = now - row.fetched_at
            if row.is_found:
                is_stale = age > self._fresh
                result.found[row.cnpj] = supplier_of(row, is_stale=is_stale)
                if not is_stale:
                    answered.add(row.cnpj)
            elif age <= self._not_found:
                result.not_found.add(row.cnpj)
                answered.add(row.cnpj)
        return [cnpj for cnpj in cnpjs if cnpj not in answered]

    async def claim(self, cnpj: str, token: UUID, *, seconds: float) -> bool:
        """The right to ask about a CNPJ, for this long."""
        async with self._database.session() as session:
            return await repository.claim(session, cnpj, token, seconds=seconds)

    async def release(self, cnpj: str, token: UUID) -> None:
        """Give that right up."""
        async with self._database.session() as session:
            await repository.release(session, cnpj, token)

    async def store(self, values: dict[str, Any], token: UUID) -> None:
        """Keep an answer and give the right up, in one transaction."""
        async with self._database.session() as session:
            await repository.store(session, values)
            await repository.release(session, values["cnpj"], token)
