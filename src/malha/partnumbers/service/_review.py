"""The review queue: what one answer would settle most comes first."""

from __future__ import annotations

from collections import defaultdict

from malha.db import ReadSession
from malha.db.paging import Page, Window
from malha.identity.policy import Principal
from malha.partnumbers.repository import decisions
from malha.partnumbers.repository.decisions import Proposal
from malha.partnumbers.schemas.decisions import WaitingPartNumber, WaitingSeriesRead
from malha.partnumbers.service._presentation import show_classification


async def read_review_queue(session: ReadSession, principal: Principal, window: Window) -> Page[WaitingSeriesRead]:
    """Series with part numbers that wait for a person, those first of which most do."""
    page = await decisions.list_waiting_series(session, principal, window)
    proposals: dict[str, list[Proposal]] = defaultdict(list)
    for proposal in await decisions.list_proposals(session, principal, [entry.series for entry in page.items]):
        proposals[proposal.series].append(proposal)
    return page.map(lambda entry: _show(entry.series, entry.waiting, proposals[entry.series]))


def _show(series: str, waiting: int, proposals: list[Proposal]) -> WaitingSeriesRead:
    codes = sorted(code for proposal in proposals for code in proposal.codes)
    return WaitingSeriesRead(
        series=series,
        waiting=waiting,
        proposals={proposal.ncm: proposal.parts for proposal in proposals if proposal.ncm is not None},
        unanswered=sum(proposal.parts for proposal in proposals if proposal.ncm is None),
        question=next((proposal.question for proposal in proposals if proposal.question), None),
        partnumbers=codes[: decisions.MOST_SHOWN],
    )


async def read_waiting(
    session: ReadSession, principal: Principal, series: str | None, window: Window
) -> Page[WaitingPartNumber]:
    """Part numbers that wait, by code, each with its best answer."""
    page = await decisions.list_waiting(session, principal, series, window)
    answers = await decisions.list_answers_of(session, [part.id for part in page.items])
    return page.map(
        lambda part: WaitingPartNumber(
            code=part.code,
            series=part.series,
            best_classification=show_classification(answers[part.id][0], part.code) if answers[part.id] else None,
        )
    )
