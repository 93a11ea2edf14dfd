"""Routes of public contracting: `/sync` as the seed has it, and `/api/v1/procurement`."""

from fastapi import APIRouter

from malha.procurement.routes import _sync

router = APIRouter(prefix="/procurement", tags=["procurement"])
root_router = _sync.root_router
for _module in (_sync,):
    router.include_router(_module.router)

__all__ = ["root_router", "router"]
