"""The account that runs the servers: oneself, or an unprivileged one when Malha is started by root."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from malha.embedded.errors import EmbeddedStartError

_MAY_NOT_CHANGE = 2


@dataclass(frozen=True)
class Account:
    """An operating system account. The name is empty when the user database has none for the number."""

    name: str
    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        return self.uid != os.geteuid()


def server_account(data: Path) -> Account:
    """Oneself; for root, whom PostgreSQL refuses, the owner of the existing `data` folder, else an unprivileged one."""
    if os.geteuid() != 0:
        return _account_of(os.geteuid()) or Account("", os.geteuid(), os.getegid())
    owner = _account_of(data.stat().st_uid) if data.exists() else None
    if owner and owner.uid != 0:
        return owner
    for name in ("malha", "nobody"):
        try:
            return _account(pwd.getpwnam(name))
        except KeyError:
            continue
    for entry in pwd.getpwall():
        if entry.pw_uid != 0:
            return _account(entry)
    raise EmbeddedStartError("root cannot run PostgreSQL, and this machine has no other account: set DATABASE_URL")


def _account_of(uid: int) -> Account | None:
    try:
        return _account(pwd.getpwuid(uid))
    except KeyError:
        return None


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def can_use(account: Account, path: Path, mode: int) -> bool:
    """Whether the account can reach `path` with the rights of `mode` (`os.R_OK`, `os.X_OK`, ...)."""
    if not account.is_other:
        return os.access(path, mode)
    # Asked by the kernel in a child of that account: reading permission bits would miss ACLs and mounts.
    child = os.fork()
    if child == 0:
        _answer_as(account, path, mode)
    answer = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if answer == _MAY_NOT_CHANGE:
        message = f"this root may not become {account.name}, which PostgreSQL needs: start Malha as an ordinary user"
        raise EmbeddedStartError(message)
    return answer == 0


def _answer_as(account: Account, path: Path, mode: int) -> NoReturn:
    try:
        os.setgroups([])
        os.setgid(account.gid)
        os.setuid(account.uid)
        os._exit(0 if os.access(path, mode) else 1)
    finally:  # an exception must not unwind into the parent's code
        os._exit(_MAY_NOT_CHANGE)


def private_folder(account: Account, folder: Path) -> Path:
    """Creates `folder`, mode 0700, for the account alone."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if account.is_other:
        os.chown(folder, account.uid, account.gid)
    if not can_use(account, folder, os.R_OK | os.W_OK | os.X_OK):
        message = (
            f"{folder} cannot be reached by the account {account.name}, which runs the servers:"
            " set MALHA_HOME to a folder below one that everybody may pass through, such as /var/lib/malha"
        )
        raise EmbeddedStartError(message)
    return folder
