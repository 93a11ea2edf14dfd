"""The ASGI application: API, live updates and console. Run it with `uvicorn malha.main:app`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute
from redis.asyncio import Redis

from malha import __version__
from malha.console import mount_console
from malha.db import Database
from malha.errors import install_error_handlers
from malha.http import BodyMiddleware, ConnectionLimits, answer_outages, guard_connections
from malha.identity.routes import router as identity_router
from malha.identity.service import Authenticator, Housekeeping, ensure_first_superuser
from malha.jobs.accept import REPLAYED
from malha.jobs.celery import make_celery
from malha.jobs.delivery import Delivery
from malha.jobs.dispatcher import Dispatcher
from malha.jobs.feed import Feed
from malha.jobs.outbox import OutboxSender
from malha.jobs.routes import router as jobs_router
from malha.observability import health, metrics
from malha.observability.logs import configure_logging
from malha.realtime import Realtime, mount_realtime
from malha.realtime.routes import router as streams_router
from malha.settings import Settings, get_settings
from malha.slices import SLICES, load_routers, load_socket_services, load_tasks
from malha.storage import Storage

API_PREFIX = "/api/v1"


def create_app(settings: Settings | None = None, slices: Iterable[str] = SLICES) -> FastAPI:
    """The application with every slice's routes; its resources live from start-up to shutdown."""
    settings = settings or get_settings()
    configure_logging(settings)
    api = FastAPI(
        title="Malha",
        version=__version__,
        docs_url="/docs" if settings.enable_docs else None,
        redoc_url="/redoc" if settings.enable_docs else None,
        openapi_url="/openapi.json",
        lifespan=_lifespan,
        generate_unique_id_function=_operation_id,
    )
    api.state.settings = settings
    api.state.slices = tuple(slices)
    settings.read_groups(slices)
    load_tasks(slices)  # what a route submits has a handler
    install_error_handlers(api)
    answer_outages(api)
    api.add_middleware(BodyMiddleware)
    api.add_middleware(metrics.MetricsMiddleware)
    if settings.security.cors_origins:
        api.add_middleware(
            CORSMiddleware,
            allow_origins=settings.security.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["Location", "Retry-After", REPLAYED],
        )
    # Each directly below the application: every router in between doubles the work of finding a route.
    routers = load_routers(slices)
    for router in (*routers.versioned, jobs_router, streams_router, identity_router, health.router):
        api.include_router(router, prefix=API_PREFIX)
    for router in routers.at_root:  # the same routes under the seeds' literal paths
        api.include_router(router, include_in_schema=False)
    api.include_router(metrics.router)
    mount_realtime(api)
    mount_console(api)
    return api


@asynccontextmanager
async def _lifespan(api: FastAPI) -> AsyncIterator[None]:
    settings: Settings = api.state.settings
    guard_connections(ConnectionLimits(per_address=settings.connections_per_address))
    api.state.database = Database(settings.database, application_name="malha api")
    if not hasattr(api.state, "authenticator"):  # one who put another there before the start keeps it
        api.state.authenticator = Authenticator(api.state.database, settings.security)
    api.state.redis = Redis.from_url(settings.broker.redis_url)
    api.state.storage = Storage.from_settings(settings.uploads)
    api.state.dispatcher = Dispatcher(make_celery(settings, api.state.slices))
    api.state.feed = Feed(settings.broker.redis_url)
    api.state.database.deliver = Delivery(api.state.dispatcher, api.state.feed)
    api.state.outbox = OutboxSender(settings)
    async with api.state.database.session() as session:
        await ensure_first_superuser(session, settings)
    try:
        async with (
            Housekeeping(api.state.database, settings.security),
            Realtime(settings, api.state.database, api.state.authenticator.authenticate) as realtime,
        ):
            for serve in load_socket_services(api.state.slices):
                serve(realtime, api.state.database)
            api.state.realtime = realtime
            yield
    finally:
        api.state.outbox.close()
        api.state.dispatcher.close()
        api.state.feed.close()
        await api.state.redis.aclose()
        await api.state.database.dispose()


def _operation_id(route: APIRoute) -> str:
    return f"{route.tags[0]}_{route.name}" if route.tags else route.name


app = create_app()
