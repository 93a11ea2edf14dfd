"""Items of procurements that name a code of the NCM, for whoever learns from them."""

from __future__ import annotations

from sqlalchemy import select

from malha.db import ReadSession
from malha.procurement.models import Item


async def list_coded_items(session: ReadSession, *, most: int) -> list[tuple[str, str]]:
    """Descriptions with their NCM, the latest first; the codes are as the buyer wrote them, digits only."""
    query = (
        select(Item.description, Item.ncm_code)
        .where(Item.ncm_code.is_not(None), Item.description.is_not(None))
        .order_by(Item.control_number.desc(), Item.number)
        .limit(most)
    )
    rows = await session.execute(query)
    return [(text, "".join(filter(str.isdigit, code))) for text, code in rows if text and code]
