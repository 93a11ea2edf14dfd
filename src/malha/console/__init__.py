"""The built-in page: static files without a build, served under a strict content security policy."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles

STATIC = Path(__file__).parent / "static"
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def mount_console(app: FastAPI) -> None:
    """Serve the page at `/` and `/console`, its files below `/static`."""
    app.mount("/static", StaticFiles(directory=STATIC), name="static")

    async def read_console() -> Response:
        return FileResponse(STATIC / "index.html", headers=SECURITY_HEADERS)

    for path in ("/", "/console"):
        app.add_api_route(path, read_console, include_in_schema=False)
