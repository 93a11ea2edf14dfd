"""What libxml2 says of a malformed XML, in the words of whoever has to mend the file."""

from __future__ import annotations

import re

from lxml import etree

from malha.fiscal.documents import ReadError

_Words = tuple[str, str]
_FAULTS: tuple[tuple[re.Pattern[str], _Words], ...] = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"Opening and ending tag mismatch: (?P<a>\S+) line (?P<b>\d+) and (?P<c>\S+)",
         ("<{a}>, aberto na linha {b}, é fechado como </{c}>", "<{a}>, opened at line {b}, is closed as </{c}>")),
        (r"Premature end of data in tag (?P<a>\S+)(?: line (?P<b>\d+))?",
         ("o arquivo acaba antes de fechar <{a}>: parece cortado",
          "the file ends before <{a}> is closed: it looks cut")),
        (r"EndTag: '</' not found|Couldn't find end of Start Tag|Start tag expected|Document is empty",
         ("o arquivo acaba no meio de um elemento: parece cortado", "the file ends within an element: it looks cut")),
        (r"Extra content at the end of the document",
         ("há conteúdo depois do fim do documento", "there is content after the end of the document")),
        (r"Entity '(?P<a>[^']*)' not defined",
         ("&{a}; não existe em XML", "&{a}; does not exist in XML")),
        (r"EntityRef|xmlParseCharRef|expecting ';'",
         ("há um “&” solto, que se escreve &amp;", "a lone “&” must be written &amp;")),
        (r"invalid Char value (?P<a>\d+)|invalid xmlChar value (?P<a2>\d+)|Invalid bytes in character encoding",
         ("há um caractere que o XML não permite", "it holds a character that XML does not allow")),
        (r"Attribute (?P<a>\S+) redefined",
         ("o atributo {a} aparece duas vezes", "the attribute {a} occurs twice")),
        (r"AttValue|attributes construct error|Unescaped '<' not allowed",
         ("um atributo está mal escrito", "an attribute is badly written")),
        (r"Namespace prefix (?P<a>\S+?) .*not defined|Namespace prefix (?P<a2>\S+?) on",
         ("o prefixo {a} não foi declarado", "the prefix {a} was not declared")),
        (r"XML or text declaration not at start|XML declaration allowed only at the start",
         ("a declaração <?xml ...?> não está no início", "the declaration <?xml ...?> is not at the beginning")),
        (r"StartTag: invalid element name|expected '>'|Specification mandates value|error parsing attribute name",
         ("um elemento está mal escrito", "an element is badly written")),
        (r"Unsupported encoding (?P<a>\S+)|unknown encoding",
         ("a codificação declarada não existe", "the declared encoding does not exist")),
    )
)  # fmt: skip
_OTHER = ("a sintaxe está errada", "its syntax is wrong")


def explain_syntax(error: etree.XMLSyntaxError) -> ReadError:
    """The error in both languages; the parser's own words are nobody's."""
    if "depth" in error.msg and "XML_PARSE_HUGE" in error.msg:
        return ReadError(
            "too-deep", "O XML tem elementos aninhados demais.", "The XML nests elements deeper than any layout."
        )
    if "XML_PARSE_HUGE" in error.msg or "too long" in error.msg:
        return ReadError("too-large", "O XML tem um texto longo demais.", "The XML holds a text that is too long.")
    if "not proper UTF-8" in error.msg:
        return ReadError(
            "malformed",
            f"O arquivo se diz UTF-8 mas tem bytes de outra codificação (linha {error.lineno}).",
            f"The file says that it is UTF-8 but has bytes of another encoding (line {error.lineno}).",
        )
    pt, en = _words(error.msg)
    return ReadError(
        "malformed",
        f"O XML está malformado na linha {error.lineno}: {pt}.",
        f"The XML is malformed at line {error.lineno}: {en}.",
    )


def _words(message: str) -> _Words:
    for pattern, (pt, en) in _FAULTS:
        if found := pattern.search(message):
            named = {name[:1]: value[:80] for name, value in found.groupdict().items() if value}
            return pt.format_map(named), en.format_map(named)
    return _OTHER
