"""What identity does, for its own routes, for the command line and for the other slices."""

from malha.identity.repository.api_tokens import list_api_tokens
from malha.identity.repository.audit_log import AuditFilter, list_entries
from malha.identity.repository.sessions import SessionOwner
from malha.identity.repository.users import count_users, list_users
from malha.identity.repository.workspaces import list_invitations, list_members, list_workspaces
from malha.identity.service._api_tokens import (
    NewToken,
    create_api_token,
    create_my_token,
    get_my_token,
    revoke_api_token,
)
from malha.identity.service._audit_check import AuditLogReport, ensure_seal, seal_audit_log, verify_audit_log
from malha.identity.service._audit_trail import (
    SYSTEM,
    Act,
    AuditTrail,
    Origin,
    keyring_of,
    system_trail,
    user_trail,
)
from malha.identity.service._authentication import CACHE_SECONDS, Authenticator
from malha.identity.service._bootstrap import (
    FirstSuperuser,
    ensure_first_superuser,
    ensure_local_token,
    read_local_token,
)
from malha.identity.service._hashing import Cost, Passwords, Verified, passwords
from malha.identity.service._housekeeping import Housekeeping
from malha.identity.service._login import (
    LoginAttempt,
    OpenedSession,
    begin_login,
    check_login,
    complete_login,
    create_one_time_login,
    end_session,
    find_session_of,
    open_session,
    refresh_session,
    use_one_time_login,
)
from malha.identity.service._membership import (
    accept_invitation,
    change_role,
    invite,
    remove_member,
    withdraw_invitation,
)
from malha.identity.service._sealing import sealer_of
from malha.identity.service._standing import find_principal
from malha.identity.service._throttle import charge_attempt, excuse_attempt
from malha.identity.service._users import (
    NewUser,
    change_password,
    create_user,
    delete_user,
    get_user,
    hash_password,
    sign_up,
    update_me,
    update_user,
)
from malha.identity.service._workspaces import (
    add_workspace,
    create_workspace,
    delete_workspace,
    ensure_workspace,
    enter_workspace,
    update_workspace,
)

__all__ = [
    "CACHE_SECONDS",
    "SYSTEM",
    "Act",
    "AuditFilter",
    "AuditLogReport",
    "AuditTrail",
    "Authenticator",
    "Cost",
    "FirstSuperuser",
    "Housekeeping",
    "LoginAttempt",
    "NewToken",
    "NewUser",
    "OpenedSession",
    "Origin",
    "Passwords",
    "SessionOwner",
    "Verified",
    "accept_invitation",
    "add_workspace",
    "begin_login",
    "change_password",
    "change_role",
    "charge_attempt",
    "check_login",
    "complete_login",
    "count_users",
    "create_api_token",
    "create_my_token",
    "create_one_time_login",
    "create_user",
    "create_workspace",
    "delete_user",
    "delete_workspace",
    "end_session",
    "ensure_first_superuser",
    "ensure_local_token",
    "ensure_seal",
    "ensure_workspace",
    "enter_workspace",
    "excuse_attempt",
    "find_principal",
    "find_session_of",
    "get_my_token",
    "get_user",
    "hash_password",
    "invite",
    "keyring_of",
    "list_api_tokens",
    "list_entries",
    "list_invitations",
    "list_members",
    "list_users",
    "list_workspaces",
    "open_session",
    "passwords",
    "read_local_token",
    "refresh_session",
    "remove_member",
    "revoke_api_token",
    "seal_audit_log",
    "sealer_of",
    "sign_up",
    "system_trail",
    "update_me",
    "update_user",
    "update_workspace",
    "use_one_time_login",
    "user_trail",
    "verify_audit_log",
    "withdraw_invitation",
]
