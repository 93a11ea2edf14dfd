"""The slices of the platform: the one list, which the application, the workers, the migrations and the linters read.

A slice is a package. Of its modules `routes` has a `router` for `/api/v1` and perhaps a `root_router`, whose paths a
seed wants at the root too; `tasks` registers handlers; `models` has tables; `settings` has `GROUPS`, its
classes of settings; `events` may have a function `serve`, which adds rooms and messages to an API process's sockets;
`health` has `check`, for readiness, and `measure`, which sets its metrics before they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:  # migrations read the list too, and need no framework
    from fastapi import APIRouter

SLICES = (
    # Their routes are tried in this order: what is asked for most comes first.
    "malha.audits",
    "malha.expenses",
    "malha.suppliers",
    "malha.banking",
    "malha.procurement",
    "malha.partnumbers",
    "malha.exports",
    "malha.notifications",
    "malha.schedules",
)


class Routers(NamedTuple):
    """The routes of a slice: all of them, and those that also stand at the root."""

    versioned: list[APIRouter]
    at_root: list[APIRouter]


def load_routers(slices: Iterable[str] = SLICES) -> Routers:
    """Every slice's routers, in the order of the list."""
    found = Routers([], [])
    for routes in _modules(slices, "routes"):
        root: APIRouter | None = getattr(routes, "root_router", None)
        found.versioned.append(routes.router)
        if root is not None:
            found.versioned.append(root)
            found.at_root.append(root)
    return found


def load_tasks(slices: Iterable[str] = SLICES) -> None:
    """Register every slice's handlers with the job engine."""
    for _ in _modules(slices, "tasks"):
        pass


def load_models(slices: Iterable[str] = SLICES) -> None:
    """Register every slice's tables with the metadata."""
    for _ in _modules(slices, "models"):
        pass


def load_settings(slices: Iterable[str] = SLICES) -> list[type[Any]]:
    """The classes of every slice's settings, each a `SettingsGroup`, in the order of the list."""
    return [group for settings in _modules(slices, "settings") for group in settings.GROUPS]


def load_socket_services(slices: Iterable[str] = SLICES) -> list[Callable[[Any, Any], None]]:
    """Every slice's `events.serve(realtime, database)`."""
    return [events.serve for events in _modules(slices, "events") if hasattr(events, "serve")]


def load_health(slices: Iterable[str] = SLICES) -> dict[str, ModuleType]:
    """The modules `health` of the slices that have one, by the slice's own name."""
    return {module.__name__.split(".")[-2]: module for module in _modules(slices, "health")}


def _modules(slices: Iterable[str], name: str) -> Iterator[ModuleType]:
    for package in slices:
        if find_spec(f"{package}.{name}") is not None:
            yield import_module(f"{package}.{name}")
