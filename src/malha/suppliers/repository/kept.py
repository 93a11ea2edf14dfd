"""Queries of what is kept and of who is asking. The registry is public: its tables belong to no workspace."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import Row, any_, bindparam, delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import CHAR

from malha.db import ReadSession, Session
from malha.suppliers.models import SupplierClaim, SupplierRecord

CHUNK = 20_000

_STANDINGS = text(
    """
    SELECT cnpj, legal_name, status, status_since, main_cnae_code, secondary_cnaes, provider, fetched_at, is_found
    FROM suppliers WHERE cnpj = ANY(ARRAY(SELECT CAST(jsonb_array_elements_text(:cnpjs) AS bpchar)))
    """
)
# Locked in one order: batches may share many of them.
_TAKE_REFRESHES = text(
    """
    WITH taken AS MATERIALIZED (
        SELECT cnpj FROM suppliers
        WHERE cnpj = ANY(ARRAY(SELECT CAST(jsonb_array_elements_text(:cnpjs) AS bpchar)))
          AND (refresh_requested_at IS NULL OR refresh_requested_at < now() - make_interval(secs => :pause))
        ORDER BY cnpj FOR UPDATE
    )
    UPDATE suppliers s SET refresh_requested_at = now() FROM taken WHERE s.cnpj = taken.cnpj RETURNING s.cnpj
    """
)
# Exact columns find whoever may share something; whether they do is for the reader of the rows to say.
_NOTABLE = text(
    """
    WITH wanted AS MATERIALIZED (
        SELECT cnpj, left(cnpj, 8) AS root, status, opened_on, zip_code, upper(btrim(number)) AS number, partners
        FROM suppliers WHERE cnpj = ANY(ARRAY(SELECT CAST(jsonb_array_elements_text(:cnpjs) AS bpchar))) AND is_found
    ), places AS (
        SELECT zip_code, number FROM wanted
        WHERE zip_code IS NOT NULL AND number IS NOT NULL GROUP BY 1, 2 HAVING min(root) <> max(root)
    ), people AS MATERIALIZED (
        SELECT cnpj, root, coalesce(partner->>'document', upper(partner->>'name')) AS person
        FROM wanted, jsonb_array_elements(partners) AS partner
    ), ties AS (
        SELECT person FROM people GROUP BY person HAVING min(root) <> max(root)
    )
    SELECT cnpj FROM wanted WHERE status NOT IN ('ATIVA', 'UNKNOWN') OR opened_on > :opened_after
    UNION SELECT cnpj FROM wanted JOIN places USING (zip_code, number)
    UNION SELECT cnpj FROM people JOIN ties USING (person)
    """
)
REFRESH_PAUSE_SECONDS = 3600
_COLUMNS = [column for column in SupplierRecord.__table__.columns if column.name not in {"raw", "refresh_requested_at"}]
_KEPT = [
    column.name for column in SupplierRecord.__table__.columns if column.name not in {"cnpj", "refresh_requested_at"}
]


async def find_rows(session: ReadSession, cnpjs: Sequence[str]) -> list[Row[Any]]:
    """What is kept about these CNPJs, "no such" included."""
    rows: list[Row[Any]] = []
    query = select(*_COLUMNS).where(SupplierRecord.cnpj == any_(_array("cnpjs")))
    for start in range(0, len(cnpjs), CHUNK):
        rows += (await session.execute(query, {"cnpjs": list(cnpjs[start : start + CHUNK])})).all()
    return rows


async def find_standings(session: ReadSession, cnpjs: Sequence[str]) -> list[Row[Any]]:
    """The same with the columns that decisions need, in the order of a Standing, and `is_found`."""
    return list((await session.execute(_STANDINGS, {"cnpjs": Jsonb(list(cnpjs))})).all())


async def find_notable(session: ReadSession, cnpjs: Sequence[str], opened_after: date | None) -> list[str]:
    """Those that are not active, were opened after a day, or may share a partner or an address with another root."""
    rows = await session.execute(_NOTABLE, {"cnpjs": Jsonb(list(cnpjs)), "opened_after": opened_after})
    return list(rows.scalars())


async def find_raw(session: ReadSession, cnpj: str) -> dict[str, Any] | None:
    """The provider's answer as it came."""
    return await session.scalar(select(SupplierRecord.raw).where(SupplierRecord.cnpj == cnpj))


async def claim(session: Session, cnpj: str, token: UUID, *, seconds: float) -> bool:
    """Take or prolong the right to ask about a CNPJ; False while another holder's has not run out."""
    until = func.now() + text("make_interval(secs => :seconds)")
    statement = insert(SupplierClaim).values(cnpj=cnpj, token=token, until=until)
    statement = statement.on_conflict_do_update(
        index_elements=[SupplierClaim.cnpj],
        set_={"token": statement.excluded.token, "until": statement.excluded.until},
        where=or_(SupplierClaim.until < func.now(), SupplierClaim.token == statement.excluded.token),
    ).returning(SupplierClaim.cnpj)
    return (await session.execute(statement, {"seconds": seconds})).first() is not None


async def release(session: Session, cnpj: str, token: UUID) -> None:
    """Give the claim up, if it is still this holder's."""
    await session.execute(delete(SupplierClaim).where(SupplierClaim.cnpj == cnpj, SupplierClaim.token == token))


async def store(session: Session, values: dict[str, Any]) -> None:
    """Keep an answer, unless a newer one is there. "No such" never replaces a company: registries forget nobody."""
    statement = insert(SupplierRecord).values(**values)
    is_newer = statement.excluded.fetched_at >= SupplierRecord.fetched_at
    is_no_loss = or_(statement.excluded.is_found, SupplierRecord.is_found.is_(False))
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[SupplierRecord.cnpj],
            set_={name: statement.excluded[name] for name in _KEPT} | {"refresh_requested_at": None},
            where=is_newer & is_no_loss,
        )
    )


async def take_refreshes(session: Session, cnpjs: Sequence[str]) -> list[str]:
    """Those of the CNPJs whose renewal nobody asked for within the last hour; from now on somebody has."""
    rows = await session.execute(_TAKE_REFRESHES, {"cnpjs": Jsonb(list(cnpjs)), "pause": REFRESH_PAUSE_SECONDS})
    return sorted(rows.scalars())


def _array(name: str) -> Any:
    return bindparam(name, type_=ARRAY(CHAR(14)))
