"""What can go wrong while the embedded services start."""


class SupervisionError(RuntimeError):
    """Malha's processes did not get ready; the message says which and why."""


class EmbeddedStartError(RuntimeError):
    """A service of the embedded default cannot run here; the message says what to do about it."""
