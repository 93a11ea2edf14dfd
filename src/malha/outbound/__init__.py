"""The outside world: one guarded HTTP client, limits shared by all workers, and circuit breakers."""

from malha.outbound.breaker import BreakerState, CircuitBreaker
from malha.outbound.client import OutboundClient, Reply
from malha.outbound.errors import (
    AddressForbiddenError,
    OutboundError,
    OutboundTimeoutError,
    RedirectForbiddenError,
    ReplyTooLargeError,
    UnreachableError,
)
from malha.outbound.limits import Limits, Permit, Rate
from malha.outbound.slots import Slots

__all__ = [
    "AddressForbiddenError",
    "BreakerState",
    "CircuitBreaker",
    "Limits",
    "OutboundClient",
    "OutboundError",
    "OutboundTimeoutError",
    "Permit",
    "Rate",
    "RedirectForbiddenError",
    "Reply",
    "ReplyTooLargeError",
    "Slots",
    "UnreachableError",
]
