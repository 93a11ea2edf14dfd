"""Cost centres and accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from malha.banking.errors import AccountNotFoundError, CostCenterExistsError, CostCenterNotFoundError
from malha.banking.models import BankAccount, CostCenter
from malha.db import ReadSession, Session
from malha.db.paging import Order, Page, Window, fetch_page
from malha.identity.policy import Principal, visible_to

_OLDEST = Order(BankAccount.created_at, BankAccount.id)


async def create_cost_center(session: Session, center: CostCenter) -> None:
    """Add a cost centre; CostCenterExistsError when its code is taken."""
    values = {
        "id": center.id,
        "workspace_id": center.workspace_id,
        "code": center.code,
        "name": center.name,
        "cnpj": center.cnpj,
    }
    statement = insert(CostCenter).values(**values).on_conflict_do_nothing(index_elements=["workspace_id", "code"])
    if (await session.execute(statement.returning(CostCenter.id))).first() is None:
        raise CostCenterExistsError(code=center.code)


async def list_cost_centers(session: ReadSession, principal: Principal) -> Sequence[CostCenter]:
    """All of the workspace, by code: there are hundreds of condominiums, not millions."""
    return (await session.scalars(visible_to(principal, CostCenter).order_by(CostCenter.code).limit(20_000))).all()


async def get_cost_center(session: ReadSession, principal: Principal, center_id: UUID) -> CostCenter:
    """One cost centre; CostCenterNotFoundError."""
    found = await session.scalar(visible_to(principal, CostCenter).where(CostCenter.id == center_id))
    if found is None:
        raise CostCenterNotFoundError
    return found


async def create_account(session: Session, account: BankAccount) -> None:
    """Add an account."""
    session.add(account)
    await session.flush()


async def get_account(session: ReadSession, principal: Principal, account_id: UUID) -> BankAccount:
    """One account; AccountNotFoundError when absent or another tenant's."""
    found = await session.scalar(visible_to(principal, BankAccount).where(BankAccount.id == account_id))
    if found is None:
        raise AccountNotFoundError
    return found


async def list_accounts(
    session: ReadSession,
    principal: Principal,
    *,
    cost_center_id: UUID | None,
    window: Window,
) -> Page[BankAccount]:
    """Accounts, oldest first."""
    query = visible_to(principal, BankAccount)
    if cost_center_id is not None:
        query = query.where(BankAccount.cost_center_id == cost_center_id)
    return await fetch_page(session, query, _OLDEST, window)


async def find_account(session: ReadSession, account_id: UUID) -> BankAccount | None:
    """The account of a job that is being worked on."""
    return await session.get(BankAccount, account_id)


async def lock_account(session: Session, account_id: UUID) -> BankAccount | None:
    """The account, with every other import or sync of it waiting until this transaction ends."""
    query = (
        select(BankAccount)
        .where(BankAccount.id == account_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return await session.scalar(query)


async def find_connected_account(
    session: ReadSession, principal: Principal, pluggy_account_id: UUID
) -> BankAccount | None:
    """The workspace's account for one of Pluggy's."""
    query = visible_to(principal, BankAccount)
    return await session.scalar(query.where(BankAccount.pluggy_account_id == pluggy_account_id))


async def find_pluggy_accounts(
    session: ReadSession, *, item_id: UUID | None = None, pluggy_account_id: UUID | None = None
) -> Sequence[BankAccount]:
    """Active accounts of an item or of one Pluggy account, in whatever workspace: for webhooks."""
    if item_id is None and pluggy_account_id is None:
        return []
    query = select(BankAccount).where(BankAccount.is_active)
    if item_id is not None:
        query = query.where(BankAccount.pluggy_item_id == item_id)
    if pluggy_account_id is not None:
        query = query.where(BankAccount.pluggy_account_id == pluggy_account_id)
    return (await session.scalars(query.limit(1000))).all()


async def find_overdue_accounts(session: ReadSession, *, hours: float, limit: int) -> Sequence[BankAccount]:
    """Active connected accounts, in whatever workspace, that no sync has reached for so long: for the worker."""
    query = select(BankAccount).where(
        BankAccount.is_active,
        BankAccount.pluggy_account_id.is_not(None),
        func.coalesce(BankAccount.synced_at, BankAccount.created_at) < func.now() - timedelta(hours=hours),
    )
    return (await session.scalars(query.order_by(BankAccount.synced_at.nulls_first()).limit(limit))).all()
