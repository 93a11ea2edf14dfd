"""What stands between the network and the routes: how large and how slow a request may be, and who may send one."""

from malha.http.bodies import BodyMiddleware, takes_body
from malha.http.connections import ConnectionLimits, guard_connections
from malha.http.downloads import download_headers
from malha.http.outages import answer_outages

__all__ = [
    "BodyMiddleware",
    "ConnectionLimits",
    "answer_outages",
    "download_headers",
    "guard_connections",
    "takes_body",
]
