"""Files that are sent to be kept."""

from __future__ import annotations


def download_headers(name: str, *, is_shown: bool = False) -> dict[str, str]:
    """Of a file of this name, which a browser saves, or shows where `is_shown`, as what it is said to be."""
    disposition = "inline" if is_shown else "attachment"
    return {"Content-Disposition": f'{disposition}; filename="{name}"', "X-Content-Type-Options": "nosniff"}
