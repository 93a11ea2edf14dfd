"""Whether a process of the platform does its work, for a container's health check: one word says which."""

from __future__ import annotations

import http.client
import socket
import sys
from collections.abc import Sequence

TIMEOUT_SECONDS = 5.0
BEAT_SILENCE_SECONDS = 30

# Beat asks the database something at every tick, also while another beat leads.
_BEAT_AT_WORK = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'malha beat'
  AND client_addr IS NOT DISTINCT FROM inet_client_addr()
  AND state_change > now() - make_interval(secs => %s)
"""


def is_api_ready(port: int) -> bool:
    """True when the API says that it can serve requests."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/api/v1/health/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def is_worker_answering(hostname: str) -> bool:
    """True when this host's worker answers through the broker."""
    # The check of the API, which runs most often, must not load the worker's code.
    from malha.worker import app

    return bool(app.control.ping(destination=[f"celery@{hostname}"], timeout=TIMEOUT_SECONDS))


def is_beat_ticking() -> bool:
    """True when a beat at this address spoke with the database a moment ago."""
    # The same reason as above.
    import psycopg

    from malha.kit.urls import libpq_url
    from malha.settings import get_settings

    with psycopg.connect(libpq_url(get_settings().database.url), connect_timeout=int(TIMEOUT_SECONDS)) as connection:
        row = connection.execute(_BEAT_AT_WORK, [BEAT_SILENCE_SECONDS]).fetchone()
    return bool(row and row[0])


def is_ingestor_consuming() -> bool:
    """True when somebody takes messages from the queue of requests; RabbitMQ alone can tell."""
    # The same reason as above.
    from kombu.connection import Connection

    from malha.kit.urls import celery_broker_url
    from malha.procurement.settings import ProcurementSettings
    from malha.settings import get_settings

    settings = get_settings()
    url = celery_broker_url(settings.broker.message_broker_url)
    with Connection(url, connect_timeout=TIMEOUT_SECONDS) as connection, connection.channel() as channel:
        queue = channel.queue_declare(settings.of(ProcurementSettings).queue, passive=True)
    return bool(queue.consumer_count)


def main(arguments: Sequence[str]) -> int:
    """0 when the named process works; `api` takes another port as a second word."""
    match arguments:
        case ["api"]:
            works = is_api_ready(8000)
        case ["api", port]:
            works = is_api_ready(int(port))
        case ["worker"]:
            works = is_worker_answering(socket.gethostname())
        case ["beat"]:
            works = is_beat_ticking()
        case ["ingestor"]:
            works = is_ingestor_consuming()
        case _:
            print("usage: healthcheck.py api [PORT]|worker|beat|ingestor", file=sys.stderr)
            return 2
    return 0 if works else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
