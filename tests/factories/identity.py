"""Principals without a database, and accounts with one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from malha.db import Database, Session
from malha.identity.models import ApiToken, User, WorkspaceMember
from malha.identity.rules.access import Role
from malha.identity.rules.principal import Principal, Via
from malha.identity.service import (
    NewToken,
    NewUser,
    create_api_token,
    create_one_time_login,
    create_user,
    open_session,
    system_trail,
)
from malha.identity.service import Origin as LoginOrigin
from malha.kit.ids import new_id
from malha.settings import SecuritySettings

PASSWORD = "uma senha longa de teste"


def make_principal(
    *,
    role: Role = Role.OWNER,
    scopes: Iterable[str] | None = None,
    is_superuser: bool = False,
    bound_to: UUID | None = None,
) -> Principal:
    """A principal whom no database knows."""
    via: Via = "jwt" if scopes is None else "api-token"
    return Principal(
        user_id=new_id(),
        email="alguem@example.com",
        is_superuser=is_superuser,
        workspace_id=bound_to or new_id(),
        role=role,
        scopes=None if scopes is None else frozenset(scopes),
        via=via,
        credential_id=new_id(),
        bound_to=bound_to,
    )


@dataclass(frozen=True, slots=True)
class Account:
    """A stored user with their workspace and an access token of an open session."""

    id: UUID
    email: str
    workspace_id: UUID
    access_token: str
    refresh_token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"}


@dataclass(frozen=True, slots=True)
class Accounts:
    """Makes accounts in a database, each in a transaction of its own."""

    database: Database
    security: SecuritySettings

    async def add(self, *, email: str | None = None, is_superuser: bool = False, is_active: bool = True) -> Account:
        """A user whose password is PASSWORD, logged in."""
        async with self.database.session() as session:
            user = await self._create(session, email or f"{new_id().hex}@example.com", is_superuser=is_superuser)
            opened = await open_session(session, self.security, user.id, LoginOrigin(), how="test")
            user.is_active = is_active
            await session.commit()
        assert user.default_workspace_id is not None
        return Account(user.id, user.email, user.default_workspace_id, opened.access_token, opened.refresh_token)

    async def add_member(self, workspace_id: UUID, role: Role) -> Account:
        """Another user who is a member of the workspace, too."""
        account = await self.add()
        async with self.database.session() as session:
            session.add(WorkspaceMember(workspace_id=workspace_id, user_id=account.id, role=role))
            await session.commit()
        return account

    async def add_token(self, account: Account, *scopes: str, workspace_id: UUID | None = None) -> tuple[ApiToken, str]:
        """An API token of the account's and its secret."""
        async with self.database.session() as session:
            new = NewToken(name="test", scopes=list(scopes), workspace_id=workspace_id)
            made = await create_api_token(session, account.id, new, system_trail(self.security))
            await session.commit()
        return made

    async def add_one_time_login(self, account: Account) -> str:
        """The secret of a one-time link."""
        async with self.database.session() as session:
            secret = await create_one_time_login(session, account.id)
            await session.commit()
        return secret

    async def _create(self, session: Session, email: str, *, is_superuser: bool) -> User:
        new = NewUser(email=email, hashed_password=_password_hash(), is_superuser=is_superuser)
        return await create_user(session, new, system_trail(self.security))


@cache
def _password_hash() -> str:
    # As cheap as the tests' own hashing, so that a login does not hash it again.
    return PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),)).hash(PASSWORD)
