"""The secret of an installation without a configured one: random, made once, kept beside the data that it protects."""

from __future__ import annotations

import secrets
from pathlib import Path

_FILE = "secret-key"


def local_secret(home: Path) -> str:
    """The content of a file that only its owner may read; made by the first of any number of processes that ask."""
    path = home / _FILE
    if not path.exists():
        draft = home / f".{_FILE}-{secrets.token_hex(8)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            path.hardlink_to(draft)  # unlike a rename, it never replaces what another process made meanwhile
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
