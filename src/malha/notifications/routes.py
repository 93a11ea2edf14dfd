"""`/api/v1/notifications`: who is told, what was told, and what became of each delivery."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import HTMLResponse

from malha.db.paging import Page, Window
from malha.dependencies import DatabaseDep, ReadSessionDep, SettingsDep, WriteSessionDep, window_of
from malha.errors import problem_responses
from malha.identity.policy import AuditTrailDep, Principal, require
from malha.jobs import ACCEPT_REFUSED, AcceptDep
from malha.notifications import service
from malha.notifications.errors import (
    DeliveryNotFoundError,
    EndpointAddressRefusedError,
    EndpointExistsError,
    EndpointLimitError,
    EndpointNotFoundError,
    EndpointSecretlessError,
    EndpointUnconfirmedError,
    LinkInvalidError,
    MailUnavailableError,
)
from malha.notifications.rules.links import Purpose
from malha.notifications.rules.pages import link_page
from malha.notifications.schemas import (
    DeliveryDetail,
    DeliveryRead,
    DeliveryState,
    EndpointCreate,
    EndpointCreated,
    EndpointRead,
    EndpointUpdate,
    LinkUse,
    MessageRead,
    SecretRead,
    SecretRotation,
)

router = APIRouter(prefix="/notifications", tags=["notifications"])

Reader = Annotated[Principal, Depends(require("notifications:read"))]
Writer = Annotated[Principal, Depends(require("notifications:write"))]
WindowDep = Annotated[Window, window_of(50, most=200)]
NOT_FOUND = problem_responses(EndpointNotFoundError)
UNSEEN = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@router.post(
    "/endpoints",
    status_code=201,
    responses=problem_responses(
        EndpointAddressRefusedError, EndpointExistsError, EndpointLimitError, MailUnavailableError
    ),
)
async def create_endpoint(
    principal: Writer,
    session: WriteSessionDep,
    settings: SettingsDep,
    trail: AuditTrailDep,
    response: Response,
    *,
    body: EndpointCreate,
) -> EndpointCreated:
    """Have the workspace told somewhere. A webhook's secret is in this answer only."""
    response.headers["Cache-Control"] = "no-store"
    return await service.create_endpoint(session, principal, trail, settings, body)


@router.get("/endpoints")
async def list_endpoints(principal: Reader, session: ReadSessionDep, window: WindowDep) -> Page[EndpointRead]:
    """Endpoints, newest first."""
    return await service.read_endpoints(session, principal, window)


@router.get("/endpoints/{endpoint_id}", responses=NOT_FOUND)
async def get_endpoint(principal: Reader, session: ReadSessionDep, endpoint_id: UUID) -> EndpointRead:
    """One endpoint, and why it is switched off if it is."""
    return await service.read_endpoint(session, principal, endpoint_id)


@router.patch("/endpoints/{endpoint_id}", responses=NOT_FOUND | problem_responses(EndpointUnconfirmedError))
async def update_endpoint(
    principal: Writer, session: WriteSessionDep, trail: AuditTrailDep, endpoint_id: UUID, body: EndpointUpdate
) -> EndpointRead:
    """Change an endpoint, switch it off, or on again."""
    return await service.update_endpoint(session, principal, trail, endpoint_id, body)


@router.delete("/endpoints/{endpoint_id}", status_code=204, responses=NOT_FOUND)
async def delete_endpoint(principal: Writer, session: WriteSessionDep, trail: AuditTrailDep, endpoint_id: UUID) -> None:
    """Delete an endpoint with the log of its deliveries."""
    await service.delete_endpoint(session, principal, trail, endpoint_id)


@router.post("/endpoints/{endpoint_id}/secret", responses=NOT_FOUND | problem_responses(EndpointSecretlessError))
async def rotate_secret(
    principal: Writer,
    session: WriteSessionDep,
    settings: SettingsDep,
    trail: AuditTrailDep,
    endpoint_id: UUID,
    response: Response,
    *,
    body: SecretRotation,
) -> SecretRead:
    """Give a webhook a new secret, which is in this answer only; the old one signs beside it for a while."""
    response.headers["Cache-Control"] = "no-store"
    return await service.rotate_secret(
        session, principal, trail, settings, endpoint_id, overlap_hours=body.overlap_hours
    )


@router.post(
    "/endpoints/{endpoint_id}/test",
    status_code=202,
    responses={200: {"model": DeliveryDetail}} | NOT_FOUND | ACCEPT_REFUSED,
)
async def test_endpoint(
    principal: Writer, accept: AcceptDep, response: Response, database: DatabaseDep, endpoint_id: UUID
) -> DeliveryDetail:
    """Send a test message, to an endpoint that is switched off too."""
    accepted = await service.send_test(accept, database, principal, endpoint_id)
    accepted.answer(response, f"/api/v1/notifications/deliveries/{accepted.job_id}")
    async with database.read_session() as session:
        return await service.read_delivery(session, principal, accepted.job_id)


@router.get("/messages")
async def list_messages(principal: Reader, session: ReadSessionDep, window: WindowDep) -> Page[MessageRead]:
    """What the workspace was told of, newest first: for those who listen live and were away."""
    return await service.read_messages(session, principal, window)


@router.get("/deliveries")
async def list_deliveries(
    principal: Reader,
    session: ReadSessionDep,
    window: WindowDep,
    endpoint_id: Annotated[UUID | None, Query()] = None,
    state: Annotated[list[DeliveryState] | None, Query()] = None,
) -> Page[DeliveryRead]:
    """Deliveries, newest first."""
    return await service.read_deliveries(session, principal, window, endpoint_id=endpoint_id, states=state or [])


@router.get("/deliveries/{delivery_id}", responses=problem_responses(DeliveryNotFoundError))
async def get_delivery(principal: Reader, session: ReadSessionDep, delivery_id: UUID) -> DeliveryDetail:
    """A delivery with what was sent, and every try with its answer."""
    return await service.read_delivery(session, principal, delivery_id)


@router.post(
    "/deliveries/{delivery_id}/replay",
    status_code=202,
    responses={200: {"model": DeliveryDetail}} | problem_responses(DeliveryNotFoundError) | ACCEPT_REFUSED,
)
async def replay_delivery(
    principal: Writer, accept: AcceptDep, response: Response, database: DatabaseDep, delivery_id: UUID
) -> DeliveryDetail:
    """Deliver the same message once more, under the same `webhook-id`."""
    accepted = await service.replay(accept, database, principal, delivery_id)
    accepted.answer(response, f"/api/v1/notifications/deliveries/{accepted.job_id}")
    async with database.read_session() as session:
        return await service.read_delivery(session, principal, accepted.job_id)


@router.get("/links/{purpose}/{token}", response_class=HTMLResponse, responses=problem_responses(LinkInvalidError))
async def show_link(session: ReadSessionDep, settings: SettingsDep, purpose: Purpose, token: str) -> HTMLResponse:
    """The page behind a letter's link: it asks, for programs that look into letters follow links by themselves."""
    await service.check_link(session, settings.security, purpose, token)
    return HTMLResponse(link_page(purpose), headers=UNSEEN)


@router.post("/links/{purpose}/{token}", responses=problem_responses(LinkInvalidError))
async def use_link(session: WriteSessionDep, settings: SettingsDep, purpose: Purpose, token: str) -> LinkUse:
    """Agree to letters, or ask for no more: with one click in a mail program too (RFC 8058)."""
    return LinkUse(state=await service.use_link(session, settings.security, purpose, token))
