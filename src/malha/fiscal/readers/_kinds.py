"""Names a well-formed XML that is not audited here, by the namespace of its layout and by its root element."""

from __future__ import annotations

import re

from malha.fiscal.documents import ReadError
from malha.fiscal.tree import Element, local_name

Named = tuple[str, str]

_CTE = ("um conhecimento de transporte (CT-e)", "a transport bill (CT-e)")
_MDFE = ("um manifesto de transporte (MDF-e)", "a transport manifest (MDF-e)")
_NFSE = ("uma nota de serviço municipal (NFS-e)", "a municipal service invoice (NFS-e)")
_NATIONAL = ("uma nota de serviço do padrão nacional (NFS-e/DPS)", "a service invoice of the national standard (NFS-e)")
_BPE = ("um bilhete de passagem (BP-e)", "a passenger ticket (BP-e)")
_NFCOM = ("uma nota de comunicação (NFCom)", "a telecom invoice (NFCom)")
_NF3E = ("uma nota de energia (NF3-e)", "an electricity invoice (NF3-e)")
_DCE = ("uma declaração de conteúdo (DC-e)", "a declaration of content (DC-e)")
_NFAG = ("uma nota de água e saneamento (NFAg)", "a water bill (NFAg)")
_NFGAS = ("uma nota de gás (NFGas)", "a gas bill (NFGas)")
_GNRE = ("uma guia de recolhimento (GNRE)", "a tax payment slip (GNRE)")
_ESOCIAL = ("um evento do eSocial, da EFD-Reinf ou da e-Financeira", "an event of eSocial, EFD-Reinf or e-Financeira")
_CFE = ("um cupom do SAT (CF-e)", "a SAT receipt (CF-e)")
_QUERY = ("um pedido de consulta à SEFAZ, sem documento dentro", "a query to SEFAZ, without a document inside")
_SERVICE = ("uma resposta de situação do serviço", "an answer on the state of the service")
_REGISTER = ("uma resposta do cadastro de contribuintes", "an answer of the taxpayers' register")
_DISTRIBUTION = (
    "uma resposta da distribuição de DF-e sem nenhum documento que se audite",
    "an answer of the DF-e distribution without a document that is audited",
)
_MESSAGE = ("uma mensagem de web service sem NF-e dentro", "a web service message without an NF-e inside")
_SOAP = ("um envelope SOAP sem NF-e dentro", "a SOAP envelope without an NF-e inside")

_SEFAZ = "http://www.portalfiscal.inf.br/"
_LAYOUTS: dict[str, Named] = {
    "cte": _CTE, "mdfe": _MDFE, "bpe": _BPE, "nfcom": _NFCOM, "nf3e": _NF3E, "dce": _DCE, "nfag": _NFAG,
    "nfgas": _NFGAS, "gnre": _GNRE,
}  # fmt: skip
"""By the last word of SEFAZ's namespaces: `http://www.portalfiscal.inf.br/cte`, `.../cte/wsdl/CTeRecepcao`."""

_AUTHORITIES: tuple[tuple[re.Pattern[str], Named], ...] = (
    (re.compile(r"sped\.fazenda\.gov\.br/nfse|nfse\.gov\.br", re.IGNORECASE), _NATIONAL),
    (re.compile(r"esocial\.gov\.br|reinf\.esocial|eFinanceira", re.IGNORECASE), _ESOCIAL),
    (re.compile(r"abrasf|ginfes|nfs-?e|issnet|prefeitura|betha|webiss|simpliss|sigcorp|nota(?:carioca|control)|tinus"
                r"|e-?governe|tecnos|equiplano|iss(?:web|online)", re.IGNORECASE), _NFSE),
)  # fmt: skip

_TAGS: dict[str, Named] = {
    **dict.fromkeys(("cteProc", "CTe", "CTeOS", "cteOSProc", "CTeSimp", "cteSimpProc", "GTVe", "GTVeProc"), _CTE),
    **dict.fromkeys(("procEventoCTe", "eventoCTe", "retEventoCTe", "enviCTe", "retConsSitCTe", "inutCTe"), _CTE),
    **dict.fromkeys(("mdfeProc", "MDFe", "enviMDFe", "procEventoMDFe", "eventoMDFe", "retConsSitMDFe"), _MDFE),
    **dict.fromkeys(("retEnviMDFe", "retConsReciMDFe", "retMDFe"), _MDFE),
    **dict.fromkeys(("consMDFeNaoEnc", "consReciMDFe", "consSitMDFe", "consReciCTe", "consSitCTe"), _QUERY),
    **dict.fromkeys(("consSitNFe", "consReciNFe", "consStatServ", "distDFeInt", "ConsCad", "consChNFe"), _QUERY),
    **dict.fromkeys(("DPS", "infDPS", "pedRegEvento", "infNFSe", "NFSe"), _NATIONAL),
    **dict.fromkeys(("CompNfse", "ListaNfse", "Nfse", "InfNfse", "tcCompNfse", "Rps", "LoteRps", "tbnfd"), _NFSE),
    **dict.fromkeys(("PedidoEnvioRPS", "PedidoEnvioLoteRPS", "RetornoConsulta", "NFe_Paulistana", "RetornoEnvioRPS",
                     "RetornoEnvioLoteRPS", "PedidoConsultaNFe", "PedidoCancelamentoNFe", "RPS"), _NFSE),
    **dict.fromkeys(("NotaFiscal", "nfse", "nfd", "notafiscal", "notasFiscais", "NFSE", "Nfeserv"), _NFSE),
    **dict.fromkeys(("nfcomProc", "NFCom"), _NFCOM),
    **dict.fromkeys(("nf3eProc", "NF3e"), _NF3E),
    **dict.fromkeys(("bpeProc", "BPe", "BPeTM"), _BPE),
    **dict.fromkeys(("dceProc", "DCe"), _DCE),
    **dict.fromkeys(("CFe", "CFeCanc"), _CFE),
    **dict.fromkeys(("retDistDFeInt", "loteDistDFeInt"), _DISTRIBUTION),
    "retConsStatServ": _SERVICE,
    "retConsCad": _REGISTER,
    **dict.fromkeys(("nfeDadosMsg", "nfeResultMsg", "nfeCabecMsg", "cteDadosMsg", "mdfeDadosMsg"), _MESSAGE),
    "Envelope": _SOAP,
    "html": ("uma página HTML", "an HTML page"),
}  # fmt: skip
_NFSE_ACTION = re.compile(r"(?:Consultar|Enviar|Gerar|Cancelar|Substituir|Recepcionar).*(?:Nfse|Rps).*", re.IGNORECASE)
_UNKNOWN = ("de um tipo desconhecido", "of an unknown kind")


def foreign_kind(element: Element) -> Named | None:
    """What an element is that surely belongs to another kind of document, whatever may lie inside it."""
    if local_name(element.tag) == "NFe" and any(local_name(child.tag) == "ChaveNFe" for child in element):
        return _NFSE  # São Paulo's service invoice has the same name
    return _kind_by_namespace(element) or (None if _is_wrapper(element) else _kind_by_tag(element))


def refuse(root: Element) -> ReadError:
    """The error for a root that no reader takes: it names what it is, or what the envelope holds."""
    tag = local_name(root.tag)
    held = next((kind for element in root.iter() if (kind := foreign_kind(element))), None)
    pt, en = held or _kind_by_tag(root) or _UNKNOWN
    return ReadError(
        "unsupported",
        f"O arquivo é {pt} (elemento <{tag}>): não é NF-e, NFC-e nem evento ou retorno delas.",
        f"The file is {en} (element <{tag}>): not an NF-e, NFC-e, nor an event or answer of theirs.",
    )


def _is_wrapper(element: Element) -> bool:
    return _kind_by_tag(element) in {_SOAP, _MESSAGE, _DISTRIBUTION, None}


def _kind_by_tag(element: Element) -> Named | None:
    tag = local_name(element.tag)
    return _TAGS.get(tag) or (_NFSE if _NFSE_ACTION.fullmatch(tag) else None)


def _kind_by_namespace(element: Element) -> Named | None:
    namespace = element.tag[1:].partition("}")[0] if element.tag.startswith("{") else ""
    if namespace.startswith(_SEFAZ):
        return _LAYOUTS.get(namespace.removeprefix(_SEFAZ).partition("/")[0].lower())
    return next((kind for pattern, kind in _AUTHORITIES if pattern.search(namespace)), None)
