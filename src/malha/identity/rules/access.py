"""Roles in a workspace and scopes of a credential.

A scope is `resource:action` with the actions `read`, `write` and `manage`, or `admin`. `*` stands for any resource,
any action, or, alone, for everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

ADMIN = "admin"
EVERYTHING = "*"
_SCOPE = re.compile(r"\*|admin|(\*|[a-z][a-z-]{0,39}):(\*|read|write|manage)")


class Role(StrEnum):
    """What a member is in a workspace, from least to most."""

    VIEWER = "viewer"
    EDITOR = "editor"
    OWNER = "owner"

    @property
    def scopes(self) -> frozenset[str]:
        """What the role allows inside its workspace."""
        return _ROLE_SCOPES[self]

    def includes(self, other: Role) -> bool:
        """Whether this role may do all that the other may."""
        return _RANK[self] >= _RANK[other]


_RANK = {role: rank for rank, role in enumerate(Role)}
_ROLE_SCOPES = {
    Role.VIEWER: frozenset({"*:read"}),
    Role.EDITOR: frozenset({"*:read", "*:write"}),
    Role.OWNER: frozenset({"*:read", "*:write", "*:manage"}),
}


def is_scope(text: str) -> bool:
    """Whether the text is a well-formed scope. A scope of a resource that does not exist grants nothing."""
    return _SCOPE.fullmatch(text) is not None


def covers(granted: Iterable[str], needed: str) -> bool:
    """Whether any granted scope includes the needed one, which may itself hold wildcards."""
    return any(_includes(scope, needed) for scope in granted)


def _includes(scope: str, needed: str) -> bool:
    if scope in {EVERYTHING, needed}:
        return True
    if ":" not in scope or ":" not in needed:
        return False
    pairs = zip(scope.split(":"), needed.split(":"), strict=True)
    return all(mine in {"*", theirs} for mine, theirs in pairs)
