"""Values that are refused, in the words of whoever sent them."""

from __future__ import annotations


class ValueRefusedError(ValueError):
    """For validators of schemas: a value that cannot be taken, said in Portuguese and in English."""

    def __init__(self, *, pt: str, en: str) -> None:
        self.pt = pt
        self.en = en
        super().__init__(en)

    def message(self, language: str) -> str:
        """Portuguese for `pt`, English otherwise."""
        return self.pt if language == "pt" else self.en
