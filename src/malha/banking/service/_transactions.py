"""Lists and totals of transactions."""

from __future__ import annotations

from decimal import Decimal

from malha.banking.repository import listing
from malha.banking.repository.listing import Sorting, Total, TransactionFilter
from malha.banking.schemas import TotalsRead, TransactionRead
from malha.db import ReadSession
from malha.db.paging import Page, Window
from malha.identity.policy import Principal


async def find_transactions(
    session: ReadSession,
    principal: Principal,
    wanted: TransactionFilter,
    *,
    sorting: Sorting,
    window: Window,
) -> Page[TransactionRead]:
    """Transactions in the asked order."""
    found = await listing.list_transactions(session, principal, wanted, sorting=sorting, window=window)
    return found.map(TransactionRead.model_validate)


async def read_totals(session: ReadSession, principal: Principal, wanted: TransactionFilter) -> TotalsRead:
    """What the filtered transactions come to; pending ones are told apart."""
    totals = await listing.sum_transactions(session, principal, wanted)
    posted = {each.direction: each for each in totals if each.status == "POSTED"}
    credits_, debits = _amount(posted.get("CREDIT")), _amount(posted.get("DEBIT"))
    return TotalsRead(
        count=sum(each.count for each in totals),
        credit_count=posted["CREDIT"].count if "CREDIT" in posted else 0,
        debit_count=posted["DEBIT"].count if "DEBIT" in posted else 0,
        credits=credits_,
        debits=debits,
        net=credits_ - debits,
        pending_count=sum(each.count for each in totals if each.status == "PENDING"),
    )


def _amount(total: Total | None) -> Decimal:
    return total.amount if total else Decimal("0.00")
