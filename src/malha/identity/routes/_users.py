"""`/users`: one's own account, and everybody's for superusers."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from malha.db import Database
from malha.db.paging import CountedPage
from malha.dependencies import DatabaseDep, ReadSessionDep, SettingsDep, WriteSessionDep
from malha.errors import preferred_language, problem_responses
from malha.identity import service
from malha.identity.errors import (
    LastOwnerError,
    LastSuperuserError,
    LoginThrottledError,
    PasswordWeakError,
    PasswordWrongError,
    RegistrationClosedError,
    UserEmailTakenError,
    UserNotFoundError,
    VersionConflictError,
    WorkspaceNotFoundError,
)
from malha.identity.models import User
from malha.identity.policy import GUARDED, AuditTrailDep, OriginDep, Principal, PrincipalDep, require
from malha.identity.routes._lists import Listed
from malha.identity.routes._versions import ExpectedVersionDep, write_version
from malha.identity.schemas import (
    NO_CONTROLS,
    Me,
    Message,
    MeUpdate,
    PasswordChange,
    SignUp,
    UserCreate,
    UserRead,
    UserUpdate,
)

router = APIRouter(prefix="/users", tags=["users"], responses=GUARDED)

Admin = Annotated[Principal, Depends(require("admin"))]
AccountWriter = Annotated[Principal, Depends(require("account:write"))]
AccountKeeper = Annotated[Principal, Depends(require("account:manage"))]
SIGNED_UP = {
    "pt": "Se o e-mail ainda não tinha conta, agora tem: entre com ele.",
    "en": "If the e-mail had no account yet, it has one now: log in with it.",
}


@router.get("/me")
async def get_me(principal: PrincipalDep, session: ReadSessionDep) -> Me:
    """The caller's account, workspace and role."""
    return _me(await service.get_user(session, principal.user_id), principal)


@router.patch("/me", responses=problem_responses(WorkspaceNotFoundError))
async def update_me(body: MeUpdate, principal: AccountWriter, session: WriteSessionDep, trail: AuditTrailDep) -> Me:
    """Change one's name or default workspace."""
    user = await service.get_user(session, principal.user_id)
    await service.update_me(session, user, _given(body), trail.within(None))
    return _me(user, principal)


@router.patch(
    "/me/password",
    status_code=204,
    responses=problem_responses(PasswordWrongError, PasswordWeakError, LoginThrottledError),
)
async def change_my_password(
    body: PasswordChange,
    principal: AccountKeeper,
    database: DatabaseDep,
    session: WriteSessionDep,
    trail: AuditTrailDep,
    *,
    origin: OriginDep,
) -> None:
    """Change one's password. Every other login session ends."""
    user = await _get_user(database, principal.user_id)
    await service.charge_attempt(database, user.email, origin)
    verified = await service.passwords.verify(body.current_password.get_secret_value(), user.hashed_password)
    if not verified.is_match:
        raise PasswordWrongError
    hashed = await service.hash_password(body.new_password.get_secret_value(), email=user.email)
    kept = principal.credential_id if principal.via == "jwt" else None
    await service.change_password(session, user.id, hashed, trail.within(None), kept_session=kept)
    await service.excuse_attempt(session, user.email, origin)


@router.post("/open", status_code=202, deprecated=True, operation_id="users_open")
@router.post(
    "/signup",
    status_code=202,
    responses=problem_responses(RegistrationClosedError, PasswordWeakError, LoginThrottledError),
)
async def sign_up(
    request: Request,
    body: SignUp,
    database: DatabaseDep,
    session: WriteSessionDep,
    settings: SettingsDep,
    origin: OriginDep,
) -> Message:
    """Register oneself, where USERS_OPEN_REGISTRATION is on. The answer is the same for an address that is taken."""
    if not settings.security.users_open_registration:
        raise RegistrationClosedError
    await service.charge_attempt(database, None, origin)
    hashed = await service.hash_password(body.password.get_secret_value(), email=body.email)
    new = service.NewUser(email=body.email, hashed_password=hashed, full_name=body.full_name)
    await service.sign_up(session, settings.security, new, origin)
    return Message(message=SIGNED_UP[preferred_language(request)])


@router.get("")
async def list_users(
    _principal: Admin,
    session: ReadSessionDep,
    window: Listed,
    search: Annotated[
        str | None, Query(max_length=200, pattern=NO_CONTROLS, description="Part of the e-mail or the name.")
    ] = None,
) -> CountedPage[UserRead]:
    """Accounts, newest first."""
    found = await service.list_users(session, window, search=search)
    return found.map(UserRead.model_validate).counted(await service.count_users(session))


@router.post("", status_code=201, responses=problem_responses(UserEmailTakenError, PasswordWeakError))
async def create_user(body: UserCreate, _principal: Admin, session: WriteSessionDep, trail: AuditTrailDep) -> UserRead:
    """Create an account, with a workspace of its own."""
    hashed = await service.hash_password(body.password.get_secret_value(), email=body.email)
    new = service.NewUser(
        email=body.email, hashed_password=hashed, full_name=body.full_name, is_superuser=body.is_superuser
    )
    user = await service.create_user(session, new, trail.within(None))
    return UserRead.model_validate(user)


@router.get("/{user_id}", responses=problem_responses(UserNotFoundError))
async def get_user(user_id: UUID, _principal: Admin, session: ReadSessionDep, response: Response) -> UserRead:
    """One account."""
    user = await service.get_user(session, user_id)
    write_version(response, user.version)
    return UserRead.model_validate(user)


@router.patch(
    "/{user_id}",
    responses=problem_responses(
        UserNotFoundError, UserEmailTakenError, LastSuperuserError, PasswordWeakError, VersionConflictError
    ),
)
async def update_user(
    user_id: UUID,
    body: UserUpdate,
    _principal: Admin,
    database: DatabaseDep,
    session: WriteSessionDep,
    *,
    response: Response,
    trail: AuditTrailDep,
    expected_version: ExpectedVersionDep,
) -> UserRead:
    """Change an account. A new password, or closing the account, ends its login sessions."""
    changes = _given(body)
    password = changes.pop("password", None)
    if password is not None:  # hashed before the transaction begins, which would hold a connection meanwhile
        email = changes.get("email") or (await _get_user(database, user_id)).email
        changes["hashed_password"] = await service.hash_password(password.get_secret_value(), email=email)
    user = await service.get_user(session, user_id)
    await service.update_user(session, user, changes, trail.within(None), expected_version=expected_version)
    write_version(response, user.version)
    return UserRead.model_validate(user)


@router.delete(
    "/{user_id}",
    status_code=204,
    responses=problem_responses(UserNotFoundError, LastSuperuserError, LastOwnerError),
)
async def delete_user(user_id: UUID, _principal: Admin, session: WriteSessionDep, trail: AuditTrailDep) -> None:
    """Remove an account, and the workspaces that nobody else is a member of."""
    await service.delete_user(session, await service.get_user(session, user_id), trail.within(None))


async def _get_user(database: Database, user_id: UUID) -> User:
    async with database.read_session() as session:
        return await service.get_user(session, user_id)


def _me(user: User, principal: Principal) -> Me:
    read = UserRead.model_validate(user).model_dump()
    scopes = sorted(principal.scopes) if principal.scopes is not None else None
    return Me(**read, workspace_id=principal.workspace_id, role=principal.role, scopes=scopes)


def _given(body: MeUpdate | UserUpdate) -> dict[str, Any]:
    return {name: getattr(body, name) for name in body.model_fields_set if getattr(body, name) is not None}
