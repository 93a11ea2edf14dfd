"""The opening of a socket: from which pages, with which credential, and what is logged of a broken protocol."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from malha.realtime.rooms import parse_id


def origin_policy(origins: Sequence[str]) -> Callable[[str | None, dict[str, Any]], bool]:
    """Accepts the listed origins (`*` for any) and pages that came from the same host, behind a proxy too."""
    allowed = {origin.rstrip("/").lower() for origin in origins}

    def allows(origin: str | None, environ: dict[str, Any]) -> bool:
        if origin is None:
            return False
        if "*" in allowed or origin.lower() in allowed:
            return True
        hosts = {environ.get("HTTP_HOST", ""), environ.get("HTTP_X_FORWARDED_HOST", "").split(",")[0].strip()}
        return urlsplit(origin).netloc in hosts - {""}

    return allows


def credentials_of(environ: dict[str, Any], auth: Any) -> tuple[str, UUID | None]:
    """Token and workspace that a client brings: in the connection's auth object, else in the headers."""
    payload = auth if isinstance(auth, dict) else {}
    scheme, _, header_token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    token = payload.get("token") or (header_token.strip() if scheme.lower() == "bearer" else "")
    workspace = payload.get("workspace_id") or environ.get("HTTP_X_WORKSPACE_ID") or ""
    return (token if isinstance(token, str) else ""), parse_id(str(workspace))


def protocol_logger() -> logging.Logger:
    """What the protocol libraries complain of is what clients sent: a line each, without a traceback."""
    logger = logging.getLogger("malha.realtime.protocol")
    logger.setLevel(logging.ERROR)
    if not logger.filters:
        logger.addFilter(_without_traceback)
    return logger


def _without_traceback(record: logging.LogRecord) -> bool:
    if record.exc_info:
        record.msg = f"{record.msg}: {record.exc_info[1]!r}"
        record.exc_info = None
    return True
