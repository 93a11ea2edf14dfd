"""Who sees the numbers of persons: administrators of the installation.

A role is no right to them: whoever signs up owns a workspace of their own, and public contracting is the same in all.
"""

from __future__ import annotations

from malha.identity.policy import Principal
from malha.identity.rules.access import ADMIN
from malha.procurement.errors import PersonalNumberRefusedError
from malha.procurement.rules.masks import Eyes
from malha.procurement.rules.queries import find_cpfs
from malha.procurement.schemas.search import RecordQuery

PERSON_DIGITS = 11
ANYBODY = Eyes(sees_persons=False)
"""For what others than the caller may get to see: files, messages."""


def eyes_of(principal: Principal) -> Eyes:
    """What the caller sees; both user and credential must have the right."""
    return Eyes(sees_persons=principal.can(ADMIN))


def check_numbers(principal: Principal, query: RecordQuery) -> None:
    """PersonalNumberRefusedError for a search by a CPF: its hits would tell whose it is."""
    check_text(principal, query.q)
    if not principal.can(ADMIN) and any(len(number) == PERSON_DIGITS for number in query.supplier):
        raise PersonalNumberRefusedError


def check_text(principal: Principal, text: str | None) -> None:
    """PersonalNumberRefusedError for a text with a CPF."""
    if not principal.can(ADMIN) and find_cpfs(text or ""):
        raise PersonalNumberRefusedError
