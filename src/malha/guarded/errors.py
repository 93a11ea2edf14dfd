"""Why a file could not be parsed, in words for whoever sent it."""

from __future__ import annotations


class RefusedError(Exception):
    """Raised in the child by what parses: the file is not what it should be."""

    def __init__(self, code: str, message_pt: str, message_en: str) -> None:
        super().__init__(message_en)
        self.code = code
        self.message_pt = message_pt
        self.message_en = message_en


class GuardedError(RefusedError):
    """Raised in the parent: with the child's own refusal, or with what ended the child.

    Codes besides those of refusals: `memory`, `time`, `output` (a limit was reached), `crashed` and `cancelled`. The
    same file ends the same way again: nothing is gained by another attempt.
    """

    @property
    def sentence_pt(self) -> str:
        """The Portuguese words as a sentence of their own."""
        return _sentence(self.message_pt)

    @property
    def sentence_en(self) -> str:
        """The English ones."""
        return _sentence(self.message_en)

    @classmethod
    def of(cls, code: str) -> GuardedError:
        """The error of a child that did not say itself what is wrong."""
        return cls(code, *_WORDS[code])


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:].removesuffix('.')}."


_WORDS = {
    "memory": ("o arquivo exige memória demais para ser lido", "reading the file takes too much memory"),
    "time": ("o arquivo exige tempo demais para ser lido", "reading the file takes too much time"),
    "output": ("o arquivo tem conteúdo demais", "the file holds too much"),
    "crashed": ("o arquivo não pôde ser lido", "the file could not be read"),
    "cancelled": ("a leitura do arquivo foi cancelada", "reading the file was cancelled"),
}
