"""Imports and syncs as the worker runs them."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any
from uuid import UUID

from malha.banking import service
from malha.banking.client import PluggyBrokenError, PluggyLimitedError, PluggyRefusedError, open_pluggy
from malha.banking.rules.remarks import StatementInvalidError
from malha.banking.settings import PluggySettings
from malha.guarded import GuardedError
from malha.jobs import FinishContext, PartContext, PermanentError, Queue, Snooze, TransientError, handler


@handler(service.IMPORT_KIND, queue=Queue.LONG, batch=1, timeout_seconds=600)
async def import_statement(part: PartContext) -> dict[str, Any]:
    """Import one file. One that cannot be told apart is refused whole, or asks for a mapping, and says why."""
    statement_id = UUID(part.input["statement_id"])
    session = await part.session()
    statement = await service.find_statement(session, statement_id)
    if statement is None:
        part.log.warning("banking.statement_missing", skipped=True)
        return {"skipped": "the statement was deleted"}
    try:
        mapping = part.job_input.get("mapping")
        told = service.stream_file(
            part.runtime.storage, statement.storage_path, mapping, is_cancelled=part.is_cancelled
        )
        async with aclosing(told) as items:
            result = await service.import_statement(session, statement_id, items)
    except FileNotFoundError as error:
        raise PermanentError(f"the file of statement {statement_id} is gone") from error
    except GuardedError as error:  # the same file would end the same way again
        if not part.is_cancelled():
            refusal = StatementInvalidError(error.message_en, error.message_pt)
            await service.refuse_statement(part.runtime.database, statement_id, refusal)
        raise PermanentError(error.message_en) from error
    except StatementInvalidError as error:
        await service.refuse_statement(part.runtime.database, statement_id, error)
        raise PermanentError(str(error)) from error
    return result or {"skipped": "the account was deleted"}


@import_statement.on_finish
async def finish_import(job: FinishContext) -> dict[str, Any]:
    """Count what all files of the request brought."""
    return dict(await service.sum_statements(job.session, job.job_id))


@handler(service.SYNC_KIND, queue=Queue.SHORT, batch=1, timeout_seconds=300)
async def sync_account(part: PartContext) -> dict[str, Any] | Snooze:
    """Bring one account up to date with Pluggy, within its limits."""
    session = await part.session()
    account = await service.find_account(session, UUID(part.input["account_id"]))
    if account is None or account.pluggy_account_id is None:
        part.log.warning("banking.account_missing", skipped=True)
        return {"skipped": "the account is not connected"}
    wanted = service.Wanted(part.input.get("created_at_from"), part.input.get("ids") or ())
    settings = part.runtime.settings
    try:
        async with open_pluggy(settings) as client:
            answer = await service.fetch_changes(
                session, client, account, wanted, history_days=settings.of(PluggySettings).history_days
            )
    except PluggyLimitedError as error:
        return Snooze(until=error.retry_at)
    except PluggyRefusedError as error:
        raise PermanentError(str(error)) from error
    except PluggyBrokenError as error:
        raise TransientError(str(error)) from error
    result = await service.apply_changes(session, account.id, answer)
    return {
        "added": result.added,
        "changed": result.changed,
        "replaced": result.replaced,
        "removed": result.removed,
    }


@handler(service.SYNC_OVERDUE_KIND, queue=Queue.SHORT, every_seconds=3600)
async def sync_overdue_accounts(part: PartContext) -> dict[str, Any]:
    """Ask for syncs of the accounts that nothing has brought up to date for hours."""
    if not part.runtime.settings.of(PluggySettings).client_id:
        return {"syncs": 0}
    return {"syncs": await service.submit_overdue_syncs(await part.session())}
