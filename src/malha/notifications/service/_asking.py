"""Deliveries that people ask for: a test, or the same message once more."""

from __future__ import annotations

from uuid import UUID

from malha.db import Database, Session
from malha.identity.policy import Principal
from malha.jobs import Accept, Accepted, NewJob, SubmittedJob
from malha.kit.ids import new_id
from malha.notifications.repository import deliveries, endpoints
from malha.notifications.rules.notices import Entry, Letter, Notice
from malha.notifications.service._delivering import TEST_TOPIC
from malha.notifications.service._sending import DELIVER_KIND, record_delivery


async def send_test(accept: Accept, database: Database, principal: Principal, endpoint_id: UUID) -> Accepted:
    """Send a message that means nothing, to an endpoint that is switched off too.

    Raises EndpointNotFoundError and the errors of idempotency keys.
    """
    async with database.read_session() as session:
        endpoint = await endpoints.get_endpoint(session, principal, endpoint_id)

    async def record(session: Session, job: SubmittedJob) -> None:
        notice = _test_notice(job.id, endpoint.name)
        message_id = new_id()
        await deliveries.add_message(
            session,
            id=message_id,
            workspace_id=endpoint.workspace_id,
            topic=notice.topic,
            key=notice.key,
            data=dict(notice.data),
            letters=notice.letters,
        )
        record_delivery(session, endpoint, message_id, job.id)
        await session.flush()

    new = NewJob(kind=DELIVER_KIND, input={"kind": endpoint.kind}, parts=[{}], record=record)
    return await accept.body("notifications.test", str(endpoint_id), new)


async def replay(accept: Accept, database: Database, principal: Principal, delivery_id: UUID) -> Accepted:
    """Deliver a message once more to the same endpoint, under the same `webhook-id`.

    Raises DeliveryNotFoundError and the errors of idempotency keys.
    """
    async with database.read_session() as session:
        row = await deliveries.get_delivery(session, principal, delivery_id)
        endpoint = await endpoints.get_endpoint(session, principal, row.delivery.endpoint_id)

    async def record(session: Session, job: SubmittedJob) -> None:
        record_delivery(session, endpoint, row.message.id, job.id)
        await session.flush()

    new = NewJob(kind=DELIVER_KIND, input={"kind": endpoint.kind}, parts=[{}], record=record)
    return await accept.body("notifications.replay", str(delivery_id), new)


def _test_notice(job_id: UUID, name: str) -> Notice:
    return Notice(
        topic=TEST_TOPIC,
        key=f"{TEST_TOPIC}/{job_id}",
        data={"test": True, "endpoint": name},
        pt=Letter("Teste de aviso da Malha", "Este é um teste: o destino recebe avisos.", (Entry(name),)),
        en=Letter("Test notification of Malha", "This is a test: the endpoint gets notifications.", (Entry(name),)),
    )
