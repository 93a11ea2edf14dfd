"""Program: a platform of stand-in processes, `platform_program.py HOME PORT [EXIT_STATUS]`; prints `READY` when it is.

The `worker` has a child of its own, as a prefork pool has, and writes both process numbers into the home.
"""

from __future__ import annotations

import sys
from pathlib import Path

from malha.embedded.errors import EmbeddedStartError, SupervisionError
from malha.embedded.platform import Address, run_platform
from malha.embedded.process import ProcessSpec

_API = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("x-malha-instance", sys.argv[2])
        self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
_WORKER = """
import os, pathlib, signal, sys, time
if sys.argv[2] == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child:
    folder = pathlib.Path(sys.argv[1])
    (folder / "worker.new").write_text(f"{os.getpid()} {child}")
    (folder / "worker.new").rename(folder / "worker.pids")
    print("worker is up", flush=True)
time.sleep(600)
"""


def _broken() -> str:
    return "import sys; sys.exit('cannot import malha.main')"


def main(home: Path, port: int, chosen: str) -> int:
    api_is_broken, status = chosen == "broken", int(chosen) if chosen.isdigit() else None
    address = Address("127.0.0.1", port)
    processes = [
        ProcessSpec("api", (sys.executable, "-c", _broken() if api_is_broken else _API, str(port), address.instance)),
        ProcessSpec(
            "worker",
            (sys.executable, "-c", _WORKER, str(home), chosen),
            stop_seconds=60 if chosen == "stubborn" else 5,
        ),
    ]

    def when_ready(base_url: str) -> int | None:
        print("READY", base_url, flush=True)
        return status

    try:
        return run_platform(
            processes, address, home=home, environ={}, prepare=lambda _services: None, when_ready=when_ready
        )
    except (EmbeddedStartError, SupervisionError) as error:
        print(error, flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else ""))
