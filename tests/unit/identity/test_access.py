"""Scopes and roles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories.identity import make_principal

from malha.identity.rules.access import Role, covers, is_scope

ACTIONS = st.sampled_from(["read", "write", "manage", "*"])
RESOURCES = st.sampled_from(["audits", "jobs", "expenses", "audit-log", "*"])
SCOPES = st.one_of(st.builds("{}:{}".format, RESOURCES, ACTIONS), st.sampled_from(["*", "admin"]))


@pytest.mark.parametrize(
    ("granted", "needed", "allowed"),
    [
        ("audits:read", "audits:read", True),
        ("audits:read", "audits:write", False),
        ("audits:*", "audits:manage", True),
        ("audits:*", "jobs:read", False),
        ("*:read", "jobs:read", True),
        ("*:read", "*:*", False),
        ("*:*", "admin", False),
        ("*", "admin", True),
        ("admin", "audits:read", False),
        ("audits:read", "audits:*", False),
    ],
)
def test_a_scope_covers_what_it_names_and_no_more(granted: str, needed: str, allowed: bool) -> None:
    assert covers([granted], needed) is allowed


@given(SCOPES, SCOPES, SCOPES)
def test_covering_is_reflexive_and_transitive(first: str, second: str, third: str) -> None:
    assert covers([first], first)
    if covers([first], second) and covers([second], third):
        assert covers([first], third)


@given(SCOPES)
def test_every_scope_that_can_be_built_is_well_formed(scope: str) -> None:
    assert is_scope(scope)


@pytest.mark.parametrize("text", ["", "audits", "audits:", ":read", "audits:delete", "Audits:read", "a:read\n", "**"])
def test_what_is_not_a_scope_is_refused(text: str) -> None:
    assert not is_scope(text)


def test_each_role_may_do_all_that_the_roles_below_it_may() -> None:
    for lower, higher in [(Role.VIEWER, Role.EDITOR), (Role.EDITOR, Role.OWNER)]:
        assert higher.includes(lower)
        assert not lower.includes(higher)
        assert all(covers(higher.scopes, scope) for scope in lower.scopes)


@pytest.mark.parametrize(
    ("role", "scopes", "needed", "allowed"),
    [
        (Role.VIEWER, None, "audits:read", True),
        (Role.VIEWER, None, "audits:write", False),
        (Role.EDITOR, None, "audits:write", True),
        (Role.EDITOR, None, "audits:manage", False),
        (Role.OWNER, ["audits:read"], "audits:write", False),
        (Role.VIEWER, ["*"], "audits:write", False),
        (Role.EDITOR, ["audits:*"], "audits:write", True),
        (Role.VIEWER, None, "tokens:write", True),
        (Role.OWNER, ["audits:*"], "tokens:write", False),
    ],
)
def test_role_and_token_must_both_allow(role: Role, scopes: list[str] | None, needed: str, allowed: bool) -> None:
    assert make_principal(role=role, scopes=scopes).can(needed) is allowed


def test_admin_needs_a_superuser_whatever_the_token_says() -> None:
    assert not make_principal(scopes=["*"]).can("admin")
    assert not make_principal(is_superuser=True, scopes=["*:*"]).can("admin")
    assert make_principal(is_superuser=True, scopes=["admin"]).can("admin")
    assert make_principal(is_superuser=True).can("admin")


def test_a_token_passes_on_no_scope_that_it_lacks() -> None:
    narrow = make_principal(scopes=["audits:read", "tokens:write"])
    assert narrow.may_grant("audits:read")
    assert not narrow.may_grant("audits:*")
    assert not narrow.may_grant("*")
    assert make_principal().may_grant("*")
