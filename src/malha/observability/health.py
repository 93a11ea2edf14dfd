"""Liveness, and readiness that names what fails."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import HTTPConnection

from malha.dependencies import get_app_settings, get_database, get_redis
from malha.slices import load_health

CHECK_TIMEOUT_SECONDS = 3.0

router = APIRouter(prefix="/health", tags=["health"])

Status = Literal["ok", "degraded", "error"]


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Each check by name."""

    status: Status
    checks: dict[str, Status]


async def check_database(connection: HTTPConnection) -> Status:
    """The database answers a query in time."""
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_SECONDS), (await get_database(connection)).read_session() as session:
            await session.execute(text("SELECT 1"))
    except (SQLAlchemyError, TimeoutError, OSError):
        return "error"
    return "ok"


async def check_redis(connection: HTTPConnection) -> Status:
    """Redis answers in time."""
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
            await (await get_redis(connection)).ping()
    except (RedisError, TimeoutError, OSError):
        return "error"
    return "ok"


async def check_slices(connection: HTTPConnection) -> dict[str, Status]:
    """What slices say of themselves: `degraded` at the worst, for requests are served all the same."""
    database, settings = await get_database(connection), await get_app_settings(connection)
    checks = load_health(connection.app.state.slices)
    return {name: await module.check(database, settings) for name, module in checks.items()}


@router.get("/live")
async def read_liveness() -> Health:
    """200 as long as the process answers; asks nothing of anybody else."""
    return Health()


@router.get("/ready", responses={503: {"model": Readiness}})
async def read_readiness(
    response: Response,
    database: Annotated[Status, Depends(check_database)],
    redis: Annotated[Status, Depends(check_redis)],
    slices: Annotated[dict[str, Status], Depends(check_slices)],
) -> Readiness:
    """200 when requests can be served (`degraded`: what they find may be old), 503 with the failing check's name."""
    checks: dict[str, Status] = {"database": database, "celery": redis, **slices}
    found = set(checks.values())
    status: Status = "error" if "error" in found else "degraded" if "degraded" in found else "ok"
    response.status_code = 503 if status == "error" else 200
    return Readiness(status=status, checks=checks)
