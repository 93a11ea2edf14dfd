"""HTTP statuses: a title for each, and a sentence for those that the framework raises by itself."""

from __future__ import annotations

from http import HTTPStatus

_TITLES = {
    400: ("Requisição inválida", "Bad Request"),
    401: ("Não autenticado", "Unauthorized"),
    402: ("Pagamento necessário", "Payment Required"),
    403: ("Não permitido", "Forbidden"),
    404: ("Não encontrado", "Not Found"),
    405: ("Método não permitido", "Method Not Allowed"),
    406: ("Formato não disponível", "Not Acceptable"),
    407: ("Autenticação no proxy necessária", "Proxy Authentication Required"),
    408: ("Tempo esgotado", "Request Timeout"),
    409: ("Conflito", "Conflict"),
    410: ("Não existe mais", "Gone"),
    411: ("Tamanho não informado", "Length Required"),
    412: ("Condição não satisfeita", "Precondition Failed"),
    413: ("Conteúdo grande demais", "Content Too Large"),
    414: ("Endereço longo demais", "URI Too Long"),
    415: ("Tipo de conteúdo não aceito", "Unsupported Media Type"),
    416: ("Intervalo fora do arquivo", "Range Not Satisfiable"),
    417: ("Expectativa não atendida", "Expectation Failed"),
    421: ("Requisição dirigida a outro servidor", "Misdirected Request"),
    422: ("Conteúdo inválido", "Unprocessable Content"),
    423: ("Bloqueado", "Locked"),
    424: ("Dependência com falha", "Failed Dependency"),
    425: ("Cedo demais", "Too Early"),
    426: ("Atualização de protocolo necessária", "Upgrade Required"),
    428: ("Condição necessária", "Precondition Required"),
    429: ("Requisições demais", "Too Many Requests"),
    431: ("Cabeçalhos grandes demais", "Request Header Fields Too Large"),
    451: ("Indisponível por motivo legal", "Unavailable For Legal Reasons"),
    500: ("Erro interno", "Internal Server Error"),
    501: ("Não implementado", "Not Implemented"),
    502: ("Resposta inválida de outro servidor", "Bad Gateway"),
    503: ("Serviço indisponível", "Service Unavailable"),
    504: ("Outro servidor não respondeu", "Gateway Timeout"),
    505: ("Versão de HTTP não aceita", "HTTP Version Not Supported"),
}
_SENTENCES = {
    400: ("A requisição não pôde ser lida.", "The request cannot be read."),
    401: ("Entre na sua conta ou envie um token de API válido.", "Log in or send a valid API token."),
    404: ("Não há nada neste endereço.", "There is nothing at this address."),
    405: ("Este endereço não aceita este método.", "This address does not take this method."),
    416: ("O intervalo pedido está fora do arquivo.", "The range is outside the file."),
}


def title_of(status: int, language: str) -> str:
    """The title of an error status; any other has the one of its class."""
    known = _TITLES.get(status) or _TITLES[500 if status >= 500 else 400]
    return known[language != "pt"]


def code_of(status: int) -> str:
    """The stable code of a status that has no more exact one, such as `method-not-allowed`."""
    return title_of(status, "en").lower().replace(" ", "-")


def explain_status(status: int, language: str, detail: str) -> str:
    """A sentence for an error that the framework raised; English ones keep a detail that says more than the status."""
    says_more = detail not in {title_of(status, "en"), HTTPStatus(status).phrase}
    if language != "pt" and says_more:
        return detail
    known = _SENTENCES.get(status)
    return known[language != "pt"] if known else f"{title_of(status, language)}."
