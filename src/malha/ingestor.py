"""The consumer of requests to synchronise: `python -m malha.ingestor`."""

from __future__ import annotations

import asyncio
import signal
from uuid import UUID

import structlog

from malha.db import Database
from malha.jobs.celery import make_celery
from malha.jobs.delivery import Delivery
from malha.jobs.dispatcher import Dispatcher
from malha.jobs.feed import Feed
from malha.observability.logs import configure_logging
from malha.procurement.client.requests import SyncRequest
from malha.procurement.service import Ingestor, take_request
from malha.procurement.settings import ProcurementSettings
from malha.settings import Settings, get_settings


def run(settings: Settings) -> None:
    """Consume until SIGTERM or SIGINT; the broker may be away for as long as it likes."""
    configure_logging(settings)
    database = Database(settings.database.model_copy(update={"pool_size": 1}), application_name="malha ingestor")
    dispatcher, feed = Dispatcher(make_celery(settings)), Feed(settings.broker.redis_url)
    database.deliver = Delivery(dispatcher, feed)
    with asyncio.Runner() as runner:

        async def take(request: SyncRequest, request_id: UUID) -> UUID | None:
            async with database.session() as session:
                return await take_request(session, request, request_id, settings.of(ProcurementSettings))

        ingestor = Ingestor(
            settings.broker.message_broker_url,
            settings.of(ProcurementSettings).queue,
            lambda request, request_id: runner.run(take(request, request_id)),
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: setattr(ingestor, "should_stop", True))
        structlog.get_logger(__name__).info("ingestor.started", queue=settings.of(ProcurementSettings).queue)
        ingestor.run()
        ingestor.close()
        runner.run(database.dispose())
    dispatcher.close()
    feed.close()


if __name__ == "__main__":
    run(get_settings())
