"""Endpoints made, changed and switched off."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from malha.db import ReadSession, Session
from malha.db.paging import Page, Window
from malha.identity.policy import Principal
from malha.identity.rules.addresses import EmailInvalidError, normalise_email
from malha.identity.service import Act, AuditTrail, sealer_of
from malha.kit.clock import utc_now
from malha.kit.ids import new_id
from malha.notifications.errors import (
    EndpointAddressRefusedError,
    EndpointExistsError,
    EndpointLimitError,
    EndpointSecretlessError,
    EndpointUnconfirmedError,
    MailUnavailableError,
)
from malha.notifications.models import NotificationEndpoint
from malha.notifications.repository import endpoints as repository
from malha.notifications.rules.signing import new_webhook_secret
from malha.notifications.schemas import (
    EndpointCreate,
    EndpointCreated,
    EndpointKind,
    EndpointRead,
    EndpointState,
    EndpointUpdate,
    SecretRead,
)
from malha.notifications.service._confirming import LEFT_NOTE, ask_to_confirm
from malha.notifications.settings import MailSettings
from malha.outbound.addresses import is_public
from malha.settings import Settings

MOST_ENDPOINTS = 50


def secret_purpose(endpoint_id: UUID) -> str:
    """What a webhook's secret is sealed for."""
    return f"notifications/webhook/{endpoint_id}"


async def create_endpoint(
    session: Session, principal: Principal, trail: AuditTrail, settings: Settings, body: EndpointCreate
) -> EndpointCreated:
    """Make an endpoint; a webhook's secret is in the answer, and nowhere else ever after.

    Raises EndpointAddressRefusedError, EndpointExistsError, EndpointLimitError and MailUnavailableError. An e-mail
    address that is not the caller's own waits for its owner to agree.
    """
    address = _check_address(settings, body)
    if await repository.count_endpoints(session, principal.workspace_id) >= MOST_ENDPOINTS:
        raise EndpointLimitError(limit=MOST_ENDPOINTS)
    secret = new_webhook_secret() if body.kind is EndpointKind.WEBHOOK else None
    is_foreign = body.kind is EndpointKind.EMAIL and address != principal.email
    endpoint = NotificationEndpoint(
        id=new_id(),
        workspace_id=principal.workspace_id,
        owner_id=principal.user_id,
        kind=body.kind.value,
        name=body.name,
        address=address,
        language=body.language,
        topics=sorted(set(body.topics)),
        state=(EndpointState.UNCONFIRMED if is_foreign else EndpointState.ACTIVE).value,
    )
    if secret is not None:
        endpoint.secret = sealer_of(settings.security).seal(secret, secret_purpose(endpoint.id))
    try:
        async with session.begin_nested():
            session.add(endpoint)
    except IntegrityError as error:
        raise EndpointExistsError from error
    await session.refresh(endpoint)
    if is_foreign:
        await ask_to_confirm(session, endpoint)
    await trail.record(session, _act(endpoint, "NOTIFICATION_ENDPOINT_CREATED"))
    return EndpointCreated.model_validate({**EndpointRead.model_validate(endpoint).model_dump(), "secret": secret})


async def read_endpoints(session: ReadSession, principal: Principal, window: Window) -> Page[EndpointRead]:
    """Endpoints, newest first."""
    return (await repository.list_endpoints(session, principal, window)).map(EndpointRead.model_validate)


async def read_endpoint(session: ReadSession, principal: Principal, endpoint_id: UUID) -> EndpointRead:
    """One endpoint; EndpointNotFoundError."""
    return EndpointRead.model_validate(await repository.get_endpoint(session, principal, endpoint_id))


async def update_endpoint(
    session: Session, principal: Principal, trail: AuditTrail, endpoint_id: UUID, body: EndpointUpdate
) -> EndpointRead:
    """Change an endpoint; EndpointNotFoundError, EndpointUnconfirmedError. Enabled again, it begins without a past."""
    endpoint = await repository.get_endpoint(session, principal, endpoint_id, lock=True)
    if body.name is not None:
        endpoint.name = body.name
    if body.language is not None:
        endpoint.language = body.language
    if body.topics is not None:
        endpoint.topics = sorted(set(body.topics))
    if body.enabled is not None:
        if endpoint.state == EndpointState.UNCONFIRMED.value and body.enabled:
            raise EndpointUnconfirmedError
        has_left = endpoint.note == LEFT_NOTE and endpoint.state == EndpointState.DISABLED.value
        endpoint.state = (EndpointState.ACTIVE if body.enabled else EndpointState.DISABLED).value
        if body.enabled and has_left:  # the recipient's word stands until the recipient takes it back
            endpoint.state = EndpointState.UNCONFIRMED.value
            await ask_to_confirm(session, endpoint)
        endpoint.note, endpoint.failing_since = None, None
    await session.flush()
    await session.refresh(endpoint)
    await trail.record(session, _act(endpoint, "NOTIFICATION_ENDPOINT_UPDATED"))
    return EndpointRead.model_validate(endpoint)


async def delete_endpoint(session: Session, principal: Principal, trail: AuditTrail, endpoint_id: UUID) -> None:
    """Delete an endpoint with the log of its deliveries; EndpointNotFoundError."""
    endpoint = await repository.get_endpoint(session, principal, endpoint_id, lock=True)
    await session.delete(endpoint)
    await session.flush()
    await trail.record(session, _act(endpoint, "NOTIFICATION_ENDPOINT_DELETED"))


async def rotate_secret(
    session: Session,
    principal: Principal,
    trail: AuditTrail,
    settings: Settings,
    endpoint_id: UUID,
    *,
    overlap_hours: int,
) -> SecretRead:
    """Give a webhook a new secret; the old one goes on signing beside it for a while.

    Raises EndpointNotFoundError and EndpointSecretlessError. One that is older still stops at once: there are never
    more than two.
    """
    endpoint = await repository.get_endpoint(session, principal, endpoint_id, lock=True)
    if endpoint.secret is None:
        raise EndpointSecretlessError
    secret = new_webhook_secret()
    endpoint.former_secret = endpoint.secret if overlap_hours else None
    endpoint.former_secret_until = utc_now() + timedelta(hours=overlap_hours) if overlap_hours else None
    endpoint.secret = sealer_of(settings.security).seal(secret, secret_purpose(endpoint.id))
    await trail.record(session, _act(endpoint, "NOTIFICATION_SECRET_ROTATED"))
    return SecretRead(secret=secret, former_secret_until=endpoint.former_secret_until)


async def find_endpoint_ids(session: ReadSession, workspace_id: UUID, ids: set[UUID]) -> set[UUID]:
    """Of these ids those of endpoints of the workspace, for slices that let people choose some."""
    return await repository.find_known(session, workspace_id, ids)


def _check_address(settings: Settings, body: EndpointCreate) -> str:
    if body.kind is EndpointKind.EMAIL:
        if not settings.of(MailSettings).host:
            raise MailUnavailableError
        try:
            return normalise_email(body.address)
        except EmailInvalidError as error:
            raise _refused("não é um endereço de e-mail", "it is no e-mail address") from error
    return _check_url(settings, body.address) if body.kind is EndpointKind.WEBHOOK else ""


def _check_url(settings: Settings, address: str) -> str:
    """What can be told from the text alone; what its name leads to is judged each time when connecting."""
    try:
        parts = urlsplit(address)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise _refused("não é uma URL", "it is no URL") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise _refused("a URL começa com https://", "a URL begins with https://")
    if parts.username is not None or parts.password is not None:
        raise _refused("a URL não pode conter usuário e senha", "the URL must not hold a user or a password")
    if f"{parts.hostname}:{port}" in {host.lower() for host in settings.outbound.allowed_hosts}:
        return address
    if parts.scheme != "https":
        raise _refused("a URL começa com https://", "a URL begins with https://")
    try:
        if not is_public(ipaddress.ip_address(parts.hostname)):
            raise _refused("não é um endereço público", "it is no public address")
    except ValueError:
        pass  # a name
    return address


def _refused(pt: str, en: str) -> EndpointAddressRefusedError:
    return EndpointAddressRefusedError(problem_pt=pt, problem_en=en)


def _act(endpoint: NotificationEndpoint, action: str) -> Act:
    state = {"kind": endpoint.kind, "name": endpoint.name, "address": endpoint.address, "state": endpoint.state}
    return Act(entity_type="notification_endpoint", entity_id=endpoint.id, action=action, new_state=state)
