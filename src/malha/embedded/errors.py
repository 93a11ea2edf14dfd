"""What can go wrong while the embedded services start."""


class EmbeddedStartError(RuntimeError):
    """A service of the embedded default cannot run here; the message says what to do about it."""
