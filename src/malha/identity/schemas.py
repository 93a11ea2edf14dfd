"""Accounts, credentials, workspaces and the audit log as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from malha.identity.rules.access import Role, is_scope
from malha.identity.rules.addresses import normalise_email
from malha.identity.rules.passwords import MAX_PASSWORD_LENGTH
from malha.kit.refusals import ValueRefusedError

Item = TypeVar("Item")

# PostgreSQL refuses NUL in text; other control characters have no place in a name either.
NO_CONTROLS = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_CONTROLS)]
OptionalName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=NO_CONTROLS)]
Prose = Annotated[str, StringConstraints(max_length=20_000, pattern=NO_CONTROLS)]
Email = Annotated[str, StringConstraints(max_length=320), AfterValidator(normalise_email)]
Password = Annotated[SecretStr, Field(max_length=MAX_PASSWORD_LENGTH)]


def _check_scope(scope: str) -> str:
    if not is_scope(scope):
        raise ValueRefusedError(
            pt="Um escopo é recurso:read, recurso:write, recurso:manage, admin ou *.",
            en="A scope is resource:read, resource:write, resource:manage, admin or *.",
        )
    return scope


Scope = Annotated[str, StringConstraints(max_length=60), AfterValidator(_check_scope)]


class _Read(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class _Write(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TokenPair(BaseModel):
    """A short access token and the refresh token that gets the next pair, once.

    `refresh_token` is null when it was set as a cookie instead.
    """

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - RFC 6750
    expires_in: int = Field(description="Life of the access token in seconds.")
    refresh_token: str | None


class RefreshRequest(_Write):
    """The refresh token, unless the browser sends it as a cookie."""

    refresh_token: Annotated[str, StringConstraints(max_length=200)] | None = None


class LogoutRequest(RefreshRequest):
    """What to end: the session of this refresh token, else of the bearer token; `everywhere`, all of its user's."""

    everywhere: bool = False


class OneTimeRequest(_Write):
    """The secret of a one-time login link."""

    token: Annotated[str, StringConstraints(max_length=200)]


class UserRead(_Read):
    """An account."""

    id: UUID
    email: str
    full_name: str
    is_active: bool
    is_superuser: bool
    default_workspace_id: UUID | None
    version: int
    created_at: datetime
    last_login_at: datetime | None


class Me(UserRead):
    """The caller, and how they come in."""

    workspace_id: UUID
    role: Role
    scopes: list[str] | None = Field(description="Scopes of the API token; null for a login.")


class MeUpdate(_Write):
    """What people change about their own account."""

    full_name: OptionalName | None = None
    default_workspace_id: UUID | None = None


class PasswordChange(_Write):
    """The password now and the one to be."""

    current_password: Password
    new_password: Password


class SignUp(_Write):
    """A new account by its own user."""

    email: Email
    password: Password
    full_name: OptionalName = ""


class UserCreate(SignUp):
    """A new account by a superuser."""

    is_superuser: bool = False


class UserUpdate(_Write):
    """What a superuser changes about an account."""

    email: Email | None = None
    full_name: OptionalName | None = None
    password: Password | None = None
    is_active: bool | None = None
    is_superuser: bool | None = None


class Message(BaseModel):
    """Something to tell the user."""

    message: str


class ApiTokenCreate(_Write):
    """A new API token. Without a workspace it works in all of its user's."""

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=50)]
    workspace_id: UUID | None = None
    expires_in_days: Annotated[int, Field(ge=1, le=3_650)] | None = None


class ApiTokenUpdate(_Write):
    """A token's name is all that changes."""

    name: Name


class ApiTokenRead(_Read):
    """An API token, without its secret."""

    id: UUID
    name: str
    prefix: str
    scopes: list[str]
    workspace_id: UUID | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class ApiTokenCreated(ApiTokenRead):
    """The one answer that holds the secret."""

    token: str


class WorkspaceCreate(_Write):
    """A new workspace; its creator is its owner."""

    name: Name
    description: Prose | None = None
    icon: OptionalName | None = None
    system_prompt: Prose | None = None


class WorkspaceUpdate(_Write):
    """What changes; null clears all but the name."""

    name: Name | None = None
    description: Prose | None = None
    icon: OptionalName | None = None
    system_prompt: Prose | None = None


class WorkspaceRead(_Read):
    """A workspace."""

    id: UUID
    name: str
    description: str | None
    icon: str | None
    system_prompt: str | None
    version: int
    created_at: datetime
    updated_at: datetime


class MemberRead(_Read):
    """A member of a workspace."""

    user_id: UUID
    email: str
    full_name: str
    role: Role


class RoleUpdate(_Write):
    """What the member becomes."""

    role: Role


class InvitationCreate(_Write):
    """Whom to invite. The answer is the same whether or not the address has an account."""

    email: Email
    role: Role


class InvitationRead(_Read):
    """An invitation, without its secret."""

    id: UUID
    email: str
    role: Role
    created_at: datetime
    expires_at: datetime


class InvitationCreated(InvitationRead):
    """The one answer that holds the secret to pass on."""

    token: str


class InvitationAccept(_Write):
    """The secret that the inviter passed on."""

    token: Annotated[str, StringConstraints(max_length=200)]


class AuditEntryRead(_Read):
    """An act of record."""

    id: UUID
    workspace_id: UUID | None
    entity_type: str
    entity_id: str
    action: str
    actor_id: str
    previous_state: dict[str, Any] | None
    new_state: dict[str, Any] | None
    metadata: dict[str, Any] | None = Field(validation_alias="details")
    client_ip: str | None
    user_agent: str | None
    performed_at: datetime
