"""Signals of a procurement, kept signals by who bought and when, and the rules behind them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from malha.db.paging import Page, Window
from malha.dependencies import ReadSessionDep, window_of
from malha.errors import preferred_language, problem_responses
from malha.identity.policy import Principal, require
from malha.kit.clock import SAO_PAULO
from malha.procurement import service
from malha.procurement.errors import ProcurementNotFoundError
from malha.procurement.rules.signals import SignalRule
from malha.procurement.schemas.signals import ProcurementSignals, SignalRead, SignalRulesRead
from malha.procurement.service import SignalFilter

router = APIRouter(prefix="/signals")

Reader = Annotated[Principal, Depends(require("procurement:read"))]
Cnpj = Annotated[str, Path(pattern=r"^[0-9A-Z]{12}[0-9]{2}$")]


@router.get("")
async def list_signals(
    _principal: Reader,
    session: ReadSessionDep,
    request: Request,
    window: Annotated[Window, window_of(50, most=200)],
    *,
    organ: Annotated[str | None, Query(pattern=r"^[0-9A-Z]{12}[0-9]{2}$")] = None,
    unit: Annotated[str | None, Query(max_length=30)] = None,
    uf: Annotated[str | None, Query(pattern=r"^[A-Z]{2}$")] = None,
    first: Annotated[date | None, Query(description="Published from this day on.")] = None,
    last: Annotated[date | None, Query(description="Published up to this day.")] = None,
    rule: Annotated[list[SignalRule] | None, Query()] = None,
) -> Page[SignalRead]:
    """Signals as the last pass has kept them, by procurement. Support for an analysis, never an accusation."""
    wanted = SignalFilter(
        organ=organ,
        unit=unit,
        uf=uf,
        first=_beginning(first),
        last=_beginning(last + timedelta(days=1)) if last and last < date.max else None,
        rules=rule or (),
    )
    return await service.read_signals(session, wanted, window, preferred_language(request))


@router.get("/rules")
async def list_signal_rules(_principal: Reader, request: Request) -> SignalRulesRead:
    """Every rule with its formula and its law, dated limits, and the red flags that PNCP's data cannot carry."""
    return service.list_rules(preferred_language(request))


@router.get("/{cnpj}/{year}/{sequence}", responses=problem_responses(ProcurementNotFoundError))
async def get_procurement_signals(
    _principal: Reader,
    session: ReadSessionDep,
    request: Request,
    cnpj: Cnpj,
    *,
    year: Annotated[int, Path(ge=2021, le=9999)],
    sequence: Annotated[int, Path(ge=1, le=999_999)],
) -> ProcurementSignals:
    """The signals and value marks of one procurement, computed of what is known now."""
    return await service.read_signals_of(session, cnpj, year, sequence, preferred_language(request))


def _beginning(day: date | None) -> datetime | None:
    return datetime.combine(day, datetime.min.time(), SAO_PAULO) if day else None
