"""`/api/v1/banking`: cost centres, accounts, statements, transactions, and Pluggy."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from malha.banking import service
from malha.banking.errors import (
    AccountNotConnectedError,
    AccountNotFoundError,
    CostCenterExistsError,
    CostCenterNotFoundError,
    MappingInvalidError,
    PluggyItemForeignError,
    PluggyUnavailableError,
    StatementMappingNeededError,
    StatementNotFoundError,
    StatementSettledError,
    TransactionNotFoundError,
    WebhookInvalidError,
    WebhookRefusedError,
)
from malha.banking.models import BankAccount, CostCenter
from malha.banking.rules.entries import Direction, Status
from malha.banking.schemas import (
    AccountChange,
    AccountRead,
    AccountWrite,
    Amount,
    ConnectTokenRead,
    CostCenterRead,
    CostCenterWrite,
    Document,
    ItemConnect,
    ItemConnected,
    JobAccepted,
    MappingWrite,
    MatchBatch,
    MatchRead,
    StatementRead,
    TotalsRead,
    TransactionRead,
    WebhookTaken,
)
from malha.banking.service import Sorting, TransactionFilter
from malha.banking.settings import PluggySettings
from malha.db.paging import Page, Window
from malha.dependencies import DatabaseDep, ReadSessionDep, SettingsDep, StorageDep, WriteSessionDep, window_of
from malha.errors import preferred_language, problem_responses
from malha.identity.policy import AuditTrailDep, Principal, require
from malha.identity.service import Act
from malha.jobs import ACCEPT_REFUSED, AcceptDep
from malha.kit.ids import new_id
from malha.storage.forms import FORM_REFUSED

router = APIRouter(prefix="/banking", tags=["banking"])

Reader = Annotated[Principal, Depends(require("banking:read"))]
Writer = Annotated[Principal, Depends(require("banking:write"))]
Listed = Annotated[Window, window_of(100, most=500)]
ACCOUNT = problem_responses(AccountNotFoundError)
MOST_WEBHOOK_BYTES = 256 * 1024


@router.get("/cost-centers")
async def list_cost_centers(principal: Reader, session: ReadSessionDep) -> list[CostCenterRead]:
    """Every cost centre of the workspace, by code."""
    return [CostCenterRead.model_validate(row) for row in await service.list_cost_centers(session, principal)]


@router.post("/cost-centers", status_code=201, responses=problem_responses(CostCenterExistsError))
async def create_cost_center(principal: Writer, session: WriteSessionDep, body: CostCenterWrite) -> CostCenterRead:
    """Make a cost centre."""
    center = CostCenter(id=new_id(), workspace_id=principal.workspace_id, **body.model_dump())
    await service.create_cost_center(session, center)
    return CostCenterRead.model_validate(await service.get_cost_center(session, principal, center.id))


@router.get("/accounts")
async def list_accounts(
    principal: Reader,
    session: ReadSessionDep,
    window: Listed,
    cost_center_id: UUID | None = None,
) -> Page[AccountRead]:
    """Accounts of the workspace, oldest first."""
    found = await service.list_accounts(session, principal, cost_center_id=cost_center_id, window=window)
    return found.map(AccountRead.model_validate)


@router.post("/accounts", status_code=201, responses=problem_responses(CostCenterNotFoundError))
async def create_account(principal: Writer, session: WriteSessionDep, body: AccountWrite) -> AccountRead:
    """Make an account that statements can be imported into."""
    if body.cost_center_id is not None:
        await service.get_cost_center(session, principal, body.cost_center_id)
    account = BankAccount(workspace_id=principal.workspace_id, **body.model_dump())
    await service.create_account(session, account)
    return AccountRead.model_validate(await service.get_account(session, principal, account.id))


@router.get("/accounts/{account_id}", responses=ACCOUNT)
async def get_account(principal: Reader, session: ReadSessionDep, account_id: UUID) -> AccountRead:
    """One account."""
    return AccountRead.model_validate(await service.get_account(session, principal, account_id))


@router.patch("/accounts/{account_id}", responses=ACCOUNT | problem_responses(CostCenterNotFoundError))
async def change_account(
    principal: Writer, session: WriteSessionDep, account_id: UUID, body: AccountChange
) -> AccountRead:
    """Rename an account, move it to another cost centre, or put it to rest."""
    account = await service.get_account(session, principal, account_id)
    changes = body.model_dump(exclude_unset=True)
    if changes.get("cost_center_id") is not None:
        await service.get_cost_center(session, principal, changes["cost_center_id"])
    for name, value in changes.items():
        if value is not None or name == "cost_center_id":
            setattr(account, name, value)
    return AccountRead.model_validate(account)


@router.post(
    "/accounts/{account_id}/statements",
    status_code=202,
    responses={200: {"model": JobAccepted}}
    | ACCOUNT
    | FORM_REFUSED
    | ACCEPT_REFUSED
    | problem_responses(MappingInvalidError, StatementMappingNeededError),
    openapi_extra=service.FORM.describe(),
)
async def import_statements(
    principal: Writer,
    accept: AcceptDep,
    database: DatabaseDep,
    storage: StorageDep,
    response: Response,
    account_id: UUID,
) -> JobAccepted:
    """Import OFX, CSV or CNAB 240 files into the account. Files may overlap and repeat: nothing is added twice."""
    accepted = await service.take_statements(accept, database, storage, principal, account_id)
    accepted.answer(response, f"/api/v1/jobs/{accepted.job_id}")
    return JobAccepted(job_id=accepted.job_id)


@router.post(
    "/accounts/{account_id}/sync", status_code=202, responses=ACCOUNT | problem_responses(AccountNotConnectedError)
)
async def sync_account(
    principal: Writer, session: WriteSessionDep, response: Response, account_id: UUID
) -> JobAccepted:
    """Bring a connected account up to date with Pluggy."""
    account = await service.get_account(session, principal, account_id)
    if account.pluggy_account_id is None:
        raise AccountNotConnectedError
    job = await service.submit_sync(session, account, owner_id=principal.user_id)
    response.headers["Location"] = f"/api/v1/jobs/{job.id}"
    return JobAccepted(job_id=job.id)


@router.get("/statements")
async def list_statements(
    request: Request,
    principal: Reader,
    session: ReadSessionDep,
    window: Listed,
    account_id: UUID | None = None,
    job_id: UUID | None = None,
) -> Page[StatementRead]:
    """Imported and refused statement files, newest first."""
    found = await service.list_statements(session, principal, account_id=account_id, job_id=job_id, window=window)
    language = preferred_language(request)
    return found.map(lambda row: service.show_statement(row, language=language))


@router.get("/statements/{statement_id}", responses=problem_responses(StatementNotFoundError))
async def get_statement(
    request: Request, principal: Reader, session: ReadSessionDep, statement_id: UUID
) -> StatementRead:
    """One statement file."""
    statement = await service.get_statement(session, principal, statement_id)
    return service.show_statement(statement, language=preferred_language(request))


@router.post(
    "/statements/{statement_id}/mapping",
    status_code=202,
    responses=problem_responses(StatementNotFoundError, StatementSettledError),
)
async def map_statement(
    principal: Writer, session: WriteSessionDep, response: Response, statement_id: UUID, body: MappingWrite
) -> JobAccepted:
    """Import a stored file that was refused or needs a mapping once more, with this mapping."""
    job = await service.map_statement(session, principal, statement_id, body)
    response.headers["Location"] = f"/api/v1/jobs/{job.id}"
    return JobAccepted(job_id=job.id)


async def transaction_filter(
    *,
    account_id: Annotated[list[UUID] | None, Query(max_length=100)] = None,
    cost_center_id: UUID | None = None,
    day_from: date | None = None,
    day_to: date | None = None,
    amount_from: Amount | None = None,
    amount_to: Amount | None = None,
    direction: Direction | None = None,
    status: Status | None = None,
    counterpart: Annotated[Document | None, Query(description="CNPJ or CPF.")] = None,
    q: Annotated[str | None, Query(max_length=100, description="Part of a description or a name.")] = None,
) -> TransactionFilter:
    """The filters that lists and totals share."""
    return TransactionFilter(
        account_ids=account_id or (),
        cost_center_id=cost_center_id,
        day_from=day_from,
        day_to=day_to,
        amount_from=amount_from,
        amount_to=amount_to,
        direction=direction,
        status=status,
        counterpart=counterpart,
        text=q,
    )


Filter = Annotated[TransactionFilter, Depends(transaction_filter)]


@router.get("/transactions")
async def list_transactions(
    principal: Reader,
    session: ReadSessionDep,
    wanted: Filter,
    window: Listed,
    *,
    sort: Sorting = Sorting.NEWEST,
) -> Page[TransactionRead]:
    """Transactions by date and amount, or by amount and date."""
    return await service.find_transactions(session, principal, wanted, sorting=sort, window=window)


@router.get("/transactions/totals")
async def get_transaction_totals(principal: Reader, session: ReadSessionDep, wanted: Filter) -> TotalsRead:
    """What the filtered transactions come to."""
    return await service.read_totals(session, principal, wanted)


@router.get("/transactions/{transaction_id}", responses=problem_responses(TransactionNotFoundError))
async def get_transaction(principal: Reader, session: ReadSessionDep, transaction_id: UUID) -> TransactionRead:
    """One transaction."""
    return TransactionRead.model_validate(await service.get_transaction(session, principal, transaction_id))


@router.post("/matches")
async def match_payments(principal: Reader, session: ReadSessionDep, body: MatchBatch) -> list[MatchRead]:
    """Find the transactions that paid these expenses, with reasons; changes nothing."""
    return await service.match_requests(session, principal.workspace_id, body.payments)


@router.post("/pluggy/connect-token", status_code=201, responses=problem_responses(PluggyUnavailableError))
async def create_connect_token(principal: Writer, settings: SettingsDep) -> ConnectTokenRead:
    """A token for Pluggy's widget. Items made with it belong to this workspace."""
    return ConnectTokenRead(access_token=await service.create_connect_token(settings, principal))


@router.post(
    "/pluggy/items",
    status_code=202,
    responses=problem_responses(PluggyItemForeignError, PluggyUnavailableError, CostCenterNotFoundError),
)
async def connect_item(
    principal: Writer,
    session: WriteSessionDep,
    settings: SettingsDep,
    trail: AuditTrailDep,
    *,
    body: ItemConnect,
) -> ItemConnected:
    """Take over the accounts of an item that the widget has made, and bring them up to date."""
    accounts = await service.connect_item(session, settings, principal, body.item_id, body.cost_center_id)
    jobs = [await service.submit_sync(session, account, owner_id=principal.user_id) for account in accounts]
    await trail.record(session, Act(entity_type="pluggy_item", entity_id=body.item_id, action="ITEM_CONNECTED"))
    return ItemConnected(
        accounts=[AccountRead.model_validate(account) for account in accounts], job_ids=[job.id for job in jobs]
    )


@router.post("/pluggy/webhooks", responses=problem_responses(WebhookRefusedError, WebhookInvalidError))
async def take_webhook(
    request: Request,
    session: WriteSessionDep,
    settings: SettingsDep,
    x_webhook_secret: Annotated[str | None, Header()] = None,
) -> WebhookTaken:
    """For Pluggy, which delivers events at least once and in any order, and wants its answer within five seconds."""
    service.check_secret(settings.of(PluggySettings), x_webhook_secret)
    jobs = await service.take_webhook(session, await _read_event(request))
    return WebhookTaken(jobs=len(jobs))


async def _read_event(request: Request) -> dict[str, Any]:
    content = bytearray()
    async for block in request.stream():
        content += block
        if len(content) > MOST_WEBHOOK_BYTES:
            raise WebhookInvalidError
    try:
        event = json.loads(content)
    except ValueError as error:
        raise WebhookInvalidError from error
    if not isinstance(event, dict) or not isinstance(event.get("eventId"), str) or not 0 < len(event["eventId"]) <= 200:
        raise WebhookInvalidError
    return event
