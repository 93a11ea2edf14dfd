"""How a call to the outside world can end without an answer."""

from __future__ import annotations


class OutboundError(Exception):
    """No answer was received, or it was refused. The request may have reached the other side."""


class AddressForbiddenError(OutboundError):
    """The host is, or resolves to, an address of a private network: the request was not sent."""


class RedirectForbiddenError(OutboundError):
    """A redirect that goes too far, to plain text, or nowhere."""


class ReplyTooLargeError(OutboundError):
    """The answer, decompressed, is larger than asked for."""


class OutboundTimeoutError(OutboundError):
    """The whole exchange took longer than allowed."""


class UnreachableError(OutboundError):
    """No connection, or it broke."""
