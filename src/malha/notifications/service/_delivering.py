"""One try to deliver a message: sent, noted, and judged."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson

from malha.identity.rules.sealing import SealBrokenError
from malha.identity.service import sealer_of
from malha.jobs import FinishContext, PartContext, PermanentError, TransientError
from malha.kit.clock import utc_now
from malha.kit.ids import new_id
from malha.notifications.client.mail import send_mail
from malha.notifications.client.outcomes import Outcome
from malha.notifications.client.webhooks import post_webhook
from malha.notifications.events import EVENT as LIVE_EVENT
from malha.notifications.models import NotificationAttempt
from malha.notifications.repository import deliveries, endpoints
from malha.notifications.repository.deliveries import Errand
from malha.notifications.rules.links import Purpose
from malha.notifications.rules.mail import compose
from malha.notifications.rules.notices import Letter
from malha.notifications.rules.signing import message_name, signature_headers
from malha.notifications.rules.waits import wait_seconds
from malha.notifications.schemas import DeliveryState, EndpointKind, EndpointState
from malha.notifications.service._confirming import CONFIRM_TOPIC, link_to
from malha.notifications.service._endpoints import secret_purpose
from malha.notifications.service._failing import note_failure
from malha.notifications.settings import MailSettings, NotificationSettings
from malha.settings import Settings

TEST_TOPIC = "notifications.test"


async def deliver(part: PartContext) -> dict[str, Any]:
    """Send the part's message and note how it went.

    A success is noted with the part's end, so that a worker killed in between sends again, under the same
    `webhook-id`. A failure is noted at once: the part's own writes are undone with it.
    """
    async with part.runtime.database.read_session() as session:
        errand = await deliveries.find_errand(session, part.job_id)
    if errand is None or errand.delivery.state in deliveries.ENDED:
        part.log.info("notifications.delivery_gone", skipped=True)
        return {"skipped": "there is nothing to deliver any more"}
    if not _is_wanted(errand):
        session = await part.session()
        ended = {"state": DeliveryState.SKIPPED.value, "finished_at": utc_now(), "next_attempt_at": None}
        await deliveries.change_delivery(session, part.job_id, **ended)
        return {"skipped": "the endpoint is switched off"}
    started = time.monotonic()
    outcome = await _send(part.runtime.settings, errand)
    attempt = _attempt(errand, outcome, round(1000 * (time.monotonic() - started)))
    if outcome.is_success:
        await _note_success(part, errand, outcome, attempt)
        return {"status": outcome.status}
    await _fail(part, errand, outcome, attempt)
    raise AssertionError  # _fail always raises


async def tell_live(job: FinishContext) -> dict[str, Any] | None:
    """The event of a live delivery, in the transaction that ends its job; and no delivery outlives its job unended."""
    errand = await deliveries.find_errand(job.session, job.job_id)
    if errand is None:
        return None
    if errand.delivery.state == DeliveryState.SENT.value and errand.endpoint.kind == EndpointKind.LIVE.value:
        message = errand.message
        told = {"webhook_id": message_name(message.id), "topic": message.topic, "data": message.data}
        await job.emit(LIVE_EVENT, told | {"title": message.letters[errand.endpoint.language]["subject"]})
    ended = {"state": DeliveryState.FAILED.value, "finished_at": utc_now(), "next_attempt_at": None}
    await deliveries.change_delivery(job.session, job.job_id, **ended)  # only one that has not ended
    return {"state": errand.delivery.state}


def _is_wanted(errand: Errand) -> bool:
    if errand.message.topic in {CONFIRM_TOPIC, TEST_TOPIC}:
        return True
    return errand.endpoint.state == EndpointState.ACTIVE.value


async def _send(settings: Settings, errand: Errand) -> Outcome:
    match errand.endpoint.kind:
        case EndpointKind.WEBHOOK.value:
            return await _send_webhook(settings, errand)
        case EndpointKind.EMAIL.value:
            return await _send_mail(settings, errand)
        case _:
            return Outcome()


async def _send_webhook(settings: Settings, errand: Errand) -> Outcome:
    endpoint, message, now = errand.endpoint, errand.message, utc_now()
    sealer, purpose = sealer_of(settings.security), secret_purpose(endpoint.id)
    sealed = [endpoint.secret]
    if endpoint.former_secret_until is not None and endpoint.former_secret_until > now:
        sealed.append(endpoint.former_secret)
    try:
        secrets = [sealer.open(each, purpose) for each in sealed if each is not None]
    except SealBrokenError as error:
        return Outcome(error=str(error), is_hopeless=True)
    content = {"type": message.topic, "timestamp": message.created_at.isoformat(), "data": message.data}
    body = orjson.dumps(content)
    headers = signature_headers(message_name(message.id), now, body, secrets)
    timeout_seconds = settings.of(NotificationSettings).timeout_seconds
    return await post_webhook(settings.outbound, timeout_seconds, endpoint.address, body, headers)


async def _send_mail(settings: Settings, errand: Errand) -> Outcome:
    mail, endpoint = settings.of(MailSettings), errand.endpoint
    if not mail.host:
        return Outcome(error="SMTP_HOST is not set")
    letter = Letter.from_json(errand.message.letters[endpoint.language])
    leave_link = link_to(settings, Purpose.UNSUBSCRIBE, endpoint.id)
    if errand.message.topic == CONFIRM_TOPIC:
        confirm_link = link_to(settings, Purpose.CONFIRM, endpoint.id)
        if not confirm_link:
            return Outcome(error="PUBLIC_URL is not set: a link cannot be made", is_hopeless=True)
        letter = replace(letter, entries=tuple(replace(entry, link=confirm_link) for entry in letter.entries))
        leave_link = ""
    message = compose(
        letter,
        language="pt" if endpoint.language == "pt" else "en",
        sender=(mail.from_name, mail.from_address),
        recipient=endpoint.address,
        message_id=f"{message_name(errand.message.id)}.{endpoint.id.hex}",
        at=errand.message.created_at,
        leave_link=leave_link,
    )
    return await send_mail(mail, message)


def _attempt(errand: Errand, outcome: Outcome, milliseconds: int) -> NotificationAttempt:
    return NotificationAttempt(
        id=new_id(),
        delivery_id=errand.delivery.id,
        milliseconds=milliseconds,
        status=outcome.status,
        excerpt=outcome.excerpt,
        error=outcome.error,
    )


async def _note_success(part: PartContext, errand: Errand, outcome: Outcome, attempt: NotificationAttempt) -> None:
    session, now = await part.session(), utc_now()
    session.add(attempt)
    await deliveries.change_delivery(
        session,
        part.job_id,
        state=DeliveryState.SENT.value,
        attempts=errand.delivery.attempts + 1,
        last_status=outcome.status,
        last_error=None,
        next_attempt_at=None,
        finished_at=now,
    )
    await endpoints.change_endpoint(session, errand.endpoint.id, failing_since=None, last_success_at=now)


async def _fail(part: PartContext, errand: Errand, outcome: Outcome, attempt: NotificationAttempt) -> None:
    """Note the failure, then raise what has the engine try again, or not."""
    now = utc_now()
    wait = wait_seconds(part.attempt, asked_seconds=outcome.asked_seconds)
    if outcome.is_hopeless or outcome.is_unwanted:
        wait = None
    async with part.runtime.database.session() as session:
        if await note_failure(session, part.runtime.settings, errand, outcome, now):
            wait = None
        session.add(attempt)
        await deliveries.change_delivery(
            session,
            part.job_id,
            state=(DeliveryState.FAILED if wait is None else DeliveryState.RETRYING).value,
            attempts=errand.delivery.attempts + 1,
            last_status=outcome.status,
            last_error=outcome.error,
            next_attempt_at=None if wait is None else now + timedelta(seconds=wait),
            finished_at=now if wait is None else None,
        )
    if wait is None:
        raise PermanentError(outcome.error or "")
    raise TransientError(outcome.error or "", retry_after_seconds=wait)
