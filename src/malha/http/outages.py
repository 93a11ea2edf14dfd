"""What depends on a server that is away: told apart from what is wrong with us, and answered with 503."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from kombu.exceptions import OperationalError as BrokerError
from psycopg import Error, InterfaceError, OperationalError
from redis.exceptions import BusyLoadingError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from malha.errors import MalhaError, ServiceUnavailableError, answer_error

RETRY_AFTER_SECONDS = 5
_REDIS_ERRORS = (RedisConnectionError, RedisTimeoutError, BusyLoadingError)

# Connection exceptions, a server that stops, starts or has crashed, and one that has no connection left for us.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_AWAY_CLASS = "08"
_AWAY_STATES = frozenset({"57P01", "57P02", "57P03", "57P05", "53300"})


class DatabaseAwayError(ServiceUnavailableError):
    """The database does not answer, or has no connection for us."""

    code = "database-unavailable"
    pt = "O banco de dados não responde: tente de novo em {seconds} segundos."
    en = "The database does not answer: try again in {seconds} seconds."


class QueueAwayError(ServiceUnavailableError):
    """Redis or the message broker does not answer."""

    code = "queue-unavailable"
    pt = "A fila e os limites compartilhados (Redis) não respondem: tente de novo em {seconds} segundos."
    en = "The queue and the shared limits (Redis) do not answer: try again in {seconds} seconds."


def outage_of(error: BaseException) -> ServiceUnavailableError | None:
    """The answer to an error that means no more than that a server is away; None for any other."""
    retry = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    if _is_database_away(error):
        return DatabaseAwayError(headers=retry, seconds=RETRY_AFTER_SECONDS)
    if isinstance(error, (*_REDIS_ERRORS, BrokerError)):
        return QueueAwayError(headers=retry, seconds=RETRY_AFTER_SECONDS)
    return None


def _is_database_away(error: BaseException) -> bool:
    if isinstance(error, PoolTimeoutError):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or (error.orig is not None and _is_database_away(error.orig))
    if not isinstance(error, (OperationalError, InterfaceError)):
        return False
    state = error.sqlstate
    # Without a state no server has spoken. A statement that took too long or met a deadlock has one of its own.
    return state is None or state.startswith(_AWAY_CLASS) or state in _AWAY_STATES


def answer_outages(app: FastAPI) -> None:
    """Answer 503 wherever a request meets an outage; every other error of the database stays what it is."""
    for kind in (DBAPIError, PoolTimeoutError, Error, *_REDIS_ERRORS, BrokerError):
        app.add_exception_handler(kind, _answer)


async def _answer(request: Request, error: Exception) -> JSONResponse:
    outage: MalhaError | None = outage_of(error)
    if outage is None:
        raise error
    return answer_error(request, outage)
