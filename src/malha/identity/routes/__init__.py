"""Routes of identity, below `/api/v1`."""

from fastapi import APIRouter, Depends

from malha.identity.policy import forget_principals
from malha.identity.routes import _audit_log, _login, _members, _tokens, _users, _workspaces

router = APIRouter(dependencies=[Depends(forget_principals, scope="function")])
for _module in (_login, _users, _tokens, _workspaces, _members, _audit_log):
    router.include_router(_module.router)

__all__ = ["router"]
