"""Tables of identity: accounts, workspaces, credentials and the audit log."""

from malha.identity.models._accounts import User, Workspace, WorkspaceInvitation, WorkspaceMember
from malha.identity.models._audit_log import AuditEntry, AuditLink, AuditSeal
from malha.identity.models._credentials import ApiToken, LoginSession, LoginThrottle, OneTimeToken, RefreshToken

__all__ = [
    "ApiToken",
    "AuditEntry",
    "AuditLink",
    "AuditSeal",
    "LoginSession",
    "LoginThrottle",
    "OneTimeToken",
    "RefreshToken",
    "User",
    "Workspace",
    "WorkspaceInvitation",
    "WorkspaceMember",
]
