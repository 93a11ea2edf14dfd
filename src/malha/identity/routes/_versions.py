"""Versions of editable resources as entity tags (RFC 9110, section 8.8.3)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Response

from malha.identity.errors import VersionConflictError


async def read_expected_version(
    if_match: Annotated[str | None, Header(description="The `ETag` that the change is based on.")] = None,
) -> int | None:
    """The version that the caller read, or None when they do not care."""
    if if_match is None or if_match == "*":
        return None
    tag = if_match.strip('"')
    if not tag.isascii() or not tag.isdigit():
        raise VersionConflictError
    return int(tag)


def write_version(response: Response, version: int) -> None:
    """Tell the version of what is answered."""
    response.headers["ETag"] = f'"{version}"'


ExpectedVersionDep = Annotated[int | None, Depends(read_expected_version)]
