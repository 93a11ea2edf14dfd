"""`/login`, `/logout`: passwords, one-time links and refresh tokens become short access tokens."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Cookie, Depends, Request, Response
from fastapi.security import OAuth2PasswordRequestForm

from malha.dependencies import DatabaseDep, SettingsDep, WriteSessionDep
from malha.errors import problem_responses
from malha.http import takes_body
from malha.identity import service
from malha.identity.errors import (
    CredentialsInvalidError,
    HashingBusyError,
    LoginThrottledError,
    NotAuthenticatedError,
    OneTimeTokenInvalidError,
    RefreshTokenInvalidError,
)
from malha.identity.policy import AuthenticatorDep, OriginDep
from malha.identity.schemas import LogoutRequest, OneTimeRequest, RefreshRequest, TokenPair
from malha.identity.service import SessionOwner
from malha.settings import Settings

REFRESH_COOKIE = "malha_refresh"
REFRESH_PATH = "/api/v1/login/refresh"

router = APIRouter(tags=["login"])

RefreshIn = Literal["body", "cookie"]
RefreshCookie = Annotated[str | None, Cookie(alias=REFRESH_COOKIE)]


@router.post(
    "/login/access-token",
    responses=problem_responses(CredentialsInvalidError, LoginThrottledError, HashingBusyError),
)
@takes_body(16 * 1024)  # small enough that its parser never writes a password to the disk
async def log_in(
    request: Request,
    response: Response,
    form: Annotated[OAuth2PasswordRequestForm, Depends()],
    database: DatabaseDep,
    session: WriteSessionDep,
    *,
    settings: SettingsDep,
    origin: OriginDep,
    refresh: RefreshIn = "body",
) -> TokenPair:
    """Log in with e-mail and password (OAuth2 password form). `refresh=cookie` keeps the refresh token from scripts."""
    attempt = await service.begin_login(database, form.username, origin)
    verified = await service.check_login(attempt, form.password)
    opened = await service.complete_login(session, settings.security, attempt, verified)
    return _answer(request, response, settings, opened, refresh)


@router.post("/login/one-time", responses=problem_responses(OneTimeTokenInvalidError))
async def log_in_once(
    request: Request,
    response: Response,
    body: OneTimeRequest,
    session: WriteSessionDep,
    settings: SettingsDep,
    *,
    origin: OriginDep,
    refresh: RefreshIn = "body",
) -> TokenPair:
    """Exchange the secret of a one-time link."""
    opened = await service.use_one_time_login(session, settings.security, body.token, origin)
    return _answer(request, response, settings, opened, refresh)


@router.post("/login/refresh", responses=problem_responses(RefreshTokenInvalidError))
async def refresh_login(
    request: Request,
    response: Response,
    database: DatabaseDep,
    settings: SettingsDep,
    *,
    origin: OriginDep,
    body: RefreshRequest | None = None,
    cookie: RefreshCookie = None,
) -> TokenPair:
    """Exchange a refresh token for the next pair. Each works once; a second use ends the whole session."""
    secret = (body.refresh_token if body else None) or cookie
    if secret is None:
        raise RefreshTokenInvalidError
    opened = await service.refresh_session(database, settings.security, secret, origin)
    return _answer(request, response, settings, opened, "body" if secret != cookie else "cookie")


@router.post("/logout", status_code=204, responses=problem_responses(NotAuthenticatedError))
async def log_out(
    request: Request,
    response: Response,
    session: WriteSessionDep,
    settings: SettingsDep,
    authenticator: AuthenticatorDep,
    *,
    origin: OriginDep,
    body: LogoutRequest | None = None,
) -> None:
    """End the session of the refresh token in the body, or else of the bearer token."""
    body = body or LogoutRequest()
    if body.refresh_token is not None:
        owner = await service.find_session_of(session, body.refresh_token)
    else:
        scheme, _, credential = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise NotAuthenticatedError
        principal = await authenticator.authenticate(credential)
        if principal.via != "jwt":
            raise NotAuthenticatedError
        owner = SessionOwner(principal.credential_id, principal.user_id)
    if owner is not None:
        await service.end_session(session, settings.security, owner, origin, everywhere=body.everywhere)
    response.delete_cookie(REFRESH_COOKIE, path=REFRESH_PATH, httponly=True, samesite="strict")


def _answer(
    request: Request, response: Response, settings: Settings, opened: service.OpenedSession, refresh: RefreshIn
) -> TokenPair:
    response.headers["Cache-Control"] = "no-store"
    pair = TokenPair(access_token=opened.access_token, expires_in=opened.expires_in, refresh_token=opened.refresh_token)
    if refresh == "body":
        return pair
    response.set_cookie(
        REFRESH_COOKIE,
        opened.refresh_token,
        max_age=settings.security.refresh_token_days * 86_400,
        path=REFRESH_PATH,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return pair.model_copy(update={"refresh_token": None})
