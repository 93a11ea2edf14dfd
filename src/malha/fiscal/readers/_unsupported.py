"""Says what a file that is not audited here is."""

from __future__ import annotations

from malha.fiscal.documents import ReadError
from malha.fiscal.tree import Element, local_name


def refuse(root: Element) -> ReadError:
    """The error for a well-formed XML whose root no reader takes."""
    tag = local_name(str(root.tag))
    return ReadError(
        "unsupported",
        f"O elemento raiz <{tag}> não é de um documento fiscal que se audite aqui.",
        f"The root element <{tag}> is not of a fiscal document audited here.",
    )
