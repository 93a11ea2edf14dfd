"""Routes of public contracting: `/sync` as the seed has it, and `/api/v1/procurement`."""

from fastapi import APIRouter

from malha.procurement.routes import _parties, _prices, _records, _saved, _search, _signals, _sync

router = APIRouter(prefix="/procurement", tags=["procurement"])
root_router = _sync.root_router
for _module in (_sync, _search, _parties, _prices, _saved, _signals, _records):
    router.include_router(_module.router)

__all__ = ["root_router", "router"]
