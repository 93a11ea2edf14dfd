"""The literal paths of the part numbers' contract, at the root and below `/api/v1`, and what goes beyond it.

Each module adds its routes to the same two routers: one more in between would double the work of finding a route.
"""

from malha.partnumbers.routes import (
    _classify,
    _decisions,
    _exports,
    _ncm,
    _partnumbers,
    _precedents,
    _products,
    _tasks,
)
from malha.partnumbers.routes._contract import root_router, router

__all__ = [
    "_classify",
    "_decisions",
    "_exports",
    "_ncm",
    "_partnumbers",
    "_precedents",
    "_products",
    "_tasks",
    "root_router",
    "router",
]
