"""What an invoice says of a code stands as a classification: people who shipped the goods have named it."""

from __future__ import annotations

from decimal import Decimal

from malha.db import Session
from malha.kit.ids import new_id
from malha.partnumbers.models import ClassificationTask
from malha.partnumbers.repository import known
from malha.partnumbers.service._reading import Taken

CONFIDENCE = Decimal("0.98")
"""That of the contract."""


async def prefill(session: Session, task: ClassificationTask, taken: Taken) -> None:
    """Write the document's own codes for part numbers without an answer: the AI server is not asked for these."""
    items = {item["partnumber"]: item for item in taken.items if item["partnumber"] in taken.prefilled}
    answered = await known.find_known(session, task.workspace_id, list(items))
    fresh = {code: item for code, item in items.items() if code not in answered}
    if not fresh:
        return
    ids = await known.ensure_partnumbers(session, task.workspace_id, list(fresh))
    makers = {code: (item["manufacturer"], None, None) for code, item in fresh.items() if item["manufacturer"]}
    maker_ids = await known.ensure_manufacturers(session, task.workspace_id, set(makers.values()))
    await known.add_classifications(
        session,
        [
            {
                "id": new_id(),
                "workspace_id": task.workspace_id,
                "partnumber_id": ids[code],
                "task_id": task.job_id,
                "created_by": task.owner_id,
                "manufacturer_id": maker_ids[makers[code]] if code in makers else None,
                "origin": "document",
                "ncm": taken.prefilled[code],
                "exception": None,
                "description": item["description"],
                "confidence": CONFIDENCE,
                "answer": {
                    "partnumber": code,
                    "ncm": taken.prefilled[code],
                    "description": item["description"],
                    "fabricante": item["manufacturer"],
                    "endereco": None,
                    "pais": None,
                    "country_of_origin": item["country"],
                    "confidence_score": float(CONFIDENCE),
                },
            }
            for code, item in fresh.items()
        ],
    )
