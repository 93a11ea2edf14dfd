"""What identity refuses, and how it says so without telling whether an account exists."""

from __future__ import annotations

from http import HTTPStatus

from malha.errors import MalhaError, NotFoundError
from malha.identity.rules.passwords import MIN_PASSWORD_LENGTH


class NotAuthenticatedError(MalhaError):
    """No credential, or one that is forged, expired, revoked or of an account that was closed."""

    status = HTTPStatus.UNAUTHORIZED
    code = "not-authenticated"
    pt = "Entre na sua conta ou envie um token de API válido."
    en = "Log in or send a valid API token."

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": "Bearer"})


class CredentialsInvalidError(NotAuthenticatedError):
    """The login failed; which part of it was wrong is not said."""

    code = "credentials-invalid"
    pt = "E-mail ou senha incorretos."
    en = "Wrong e-mail or password."


class RefreshTokenInvalidError(NotAuthenticatedError):
    """Unknown, expired, or of a session that has ended."""

    code = "refresh-token-invalid"
    pt = "A sessão terminou: entre de novo."
    en = "The session has ended: log in again."


class RefreshTokenReusedError(RefreshTokenInvalidError):
    """Used a second time. The session was revoked: commit before answering."""


class OneTimeTokenInvalidError(NotAuthenticatedError):
    """Unknown, expired or already used."""

    code = "one-time-token-invalid"
    pt = "O link de acesso expirou ou já foi usado."
    en = "The login link has expired or was already used."


class LoginThrottledError(MalhaError):
    """Too many attempts for the account or from the address. Field: retry_after_seconds."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "login-throttled"
    pt = "Muitas tentativas: tente de novo em {retry_after_seconds} s."
    en = "Too many attempts: try again in {retry_after_seconds} s."

    def __init__(self, *, retry_after_seconds: int) -> None:
        super().__init__(headers={"Retry-After": str(retry_after_seconds)}, retry_after_seconds=retry_after_seconds)


class HashingBusyError(MalhaError):
    """More passwords wait to be checked than is sensible."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "login-busy"
    pt = "Há muitos acessos ao mesmo tempo: tente de novo em instantes."
    en = "Too many logins at once: try again in a moment."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "2"})


class ScopeMissingError(MalhaError):
    """The role or the token does not allow it. Field: scope."""

    status = HTTPStatus.FORBIDDEN
    code = "scope-missing"
    pt = "Falta a permissão {scope}."
    en = "The permission {scope} is missing."

    def __init__(self, scope: str) -> None:
        challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
        super().__init__(headers={"WWW-Authenticate": challenge}, scope=scope)


class ScopeUnknownError(MalhaError):
    """A token would have a scope of something that does not exist. Fields: scopes, resources."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "scope-unknown"
    pt = "Escopo inexistente: {scopes}. Os recursos são {resources}."
    en = "There is no such scope: {scopes}. The resources are {resources}."


class RoleInsufficientError(MalhaError):
    """A member may see the workspace but not do this to it. Field: role."""

    status = HTTPStatus.FORBIDDEN
    code = "role-insufficient"
    pt = "É preciso ter o papel {role} no espaço de trabalho."
    en = "This needs the role {role} in the workspace."


class RegistrationClosedError(MalhaError):
    """USERS_OPEN_REGISTRATION is off."""

    status = HTTPStatus.FORBIDDEN
    code = "registration-closed"
    pt = "O cadastro aberto está desligado."
    en = "Open registration is switched off."


class PasswordWrongError(MalhaError):
    """The current password, asked for before it is changed, does not match."""

    status = HTTPStatus.FORBIDDEN
    code = "password-wrong"
    pt = "A senha atual não confere."
    en = "The current password does not match."


class PasswordWeakError(MalhaError):
    """Too easy to guess."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "password-weak"
    pt = f"Senha fraca: use {MIN_PASSWORD_LENGTH} caracteres ou mais, que não sejam o seu e-mail nem palavras óbvias."
    en = f"Weak password: use {MIN_PASSWORD_LENGTH} characters or more, not your e-mail or obvious words."


class UserNotFoundError(NotFoundError):
    """No such account."""

    code = "user-not-found"
    pt = "Usuário não encontrado."
    en = "User not found."


class UserEmailTakenError(MalhaError):
    """Told to superusers only."""

    status = HTTPStatus.CONFLICT
    code = "user-email-taken"
    pt = "Já existe um usuário com este e-mail."
    en = "A user with this e-mail exists already."


class LastSuperuserError(MalhaError):
    """Nobody would be left to administer the platform."""

    status = HTTPStatus.CONFLICT
    code = "superuser-last"
    pt = "É o último superusuário ativo."
    en = "This is the last active superuser."


class LastOwnerError(MalhaError):
    """A workspace with members would be left without an owner."""

    status = HTTPStatus.CONFLICT
    code = "workspace-owner-last"
    pt = "O espaço de trabalho ficaria sem dono: passe a posse a outro membro antes."
    en = "The workspace would be left without an owner: make another member one first."


class WorkspaceNotFoundError(NotFoundError):
    """No such workspace, or the caller is not a member."""

    code = "workspace-not-found"
    pt = "Espaço de trabalho não encontrado."
    en = "Workspace not found."


class MemberNotFoundError(NotFoundError):
    """The user is not a member of the workspace."""

    code = "member-not-found"
    pt = "Membro não encontrado."
    en = "Member not found."


class InvitationNotFoundError(NotFoundError):
    """Unknown, expired, accepted, withdrawn, or meant for another address."""

    code = "invitation-not-found"
    pt = "Convite não encontrado ou expirado."
    en = "Invitation not found or expired."


class ApiTokenNotFoundError(NotFoundError):
    """No such token among the caller's."""

    code = "api-token-not-found"
    pt = "Token de API não encontrado."
    en = "API token not found."


class VersionConflictError(MalhaError):
    """`If-Match` names another version than the current one."""

    status = HTTPStatus.PRECONDITION_FAILED
    code = "version-conflict"
    pt = "O registro mudou desde a leitura: leia de novo."
    en = "The resource has changed since it was read: read it again."


class AuditLogBrokenError(RuntimeError):
    """The chain does not verify, so its head must not be sealed."""
