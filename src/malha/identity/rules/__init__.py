"""Pure calculations of identity: rights, secrets, signatures and the audit chain."""

from malha.identity.rules._access import ADMIN, EVERYTHING, Role, covers, is_scope
from malha.identity.rules._access_tokens import AccessClaims, AccessTokenInvalidError, AccessTokenSigner
from malha.identity.rules._addresses import EmailInvalidError, ip_bucket, normalise_email
from malha.identity.rules._audit_chain import (
    GENESIS_HASH,
    AuditKey,
    AuditKeyring,
    audit_keyring,
    canonical_json,
    entry_message,
    link_hash,
    seal_message,
)
from malha.identity.rules._audit_check import AuditProblem, ChainRow, ChainWalk, ProblemKind
from malha.identity.rules._passwords import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH, is_weak, normalise_password
from malha.identity.rules._principal import Principal, Via, visible_to
from malha.identity.rules._secrets import (
    API_TOKEN_PREFIX,
    derive_key,
    hash_secret,
    new_api_token,
    new_password,
    new_secret,
    shown_prefix,
)

__all__ = [
    "ADMIN",
    "API_TOKEN_PREFIX",
    "EVERYTHING",
    "GENESIS_HASH",
    "MAX_PASSWORD_LENGTH",
    "MIN_PASSWORD_LENGTH",
    "AccessClaims",
    "AccessTokenInvalidError",
    "AccessTokenSigner",
    "AuditKey",
    "AuditKeyring",
    "AuditProblem",
    "ChainRow",
    "ChainWalk",
    "EmailInvalidError",
    "Principal",
    "ProblemKind",
    "Role",
    "Via",
    "audit_keyring",
    "canonical_json",
    "covers",
    "derive_key",
    "entry_message",
    "hash_secret",
    "ip_bucket",
    "is_scope",
    "is_weak",
    "link_hash",
    "new_api_token",
    "new_password",
    "new_secret",
    "normalise_email",
    "normalise_password",
    "seal_message",
    "shown_prefix",
    "visible_to",
]
