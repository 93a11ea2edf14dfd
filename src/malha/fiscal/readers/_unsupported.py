"""Says what a well-formed XML that is not audited here is."""

from __future__ import annotations

from malha.fiscal.documents import ReadError
from malha.fiscal.tree import Element, local_name

_CTE = ("um conhecimento de transporte (CT-e)", "a transport bill (CT-e)")
_MDFE = ("um manifesto de transporte (MDF-e)", "a transport manifest (MDF-e)")
_NFSE = ("uma nota de serviço (NFS-e)", "a service invoice (NFS-e)")
_QUERY = ("um pedido de consulta à SEFAZ, sem documento dentro", "a query to SEFAZ, without a document inside")
_SOAP = ("um envelope SOAP; salve o conteúdo da nota em um arquivo próprio", "a SOAP envelope; save the note inside it")

_KNOWN: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("cteProc", "CTe", "CTeOS", "cteOSProc", "CTeSimp", "cteSimpProc", "GTVe", "GTVeProc"), _CTE),
    **dict.fromkeys(("procEventoCTe", "eventoCTe", "retEventoCTe", "enviCTe", "retConsSitCTe", "inutCTe"), _CTE),
    **dict.fromkeys(("mdfeProc", "MDFe", "enviMDFe", "procEventoMDFe", "eventoMDFe", "retConsSitMDFe"), _MDFE),
    **dict.fromkeys(("consMDFeNaoEnc", "consReciMDFe", "consSitMDFe", "consReciCTe", "consSitCTe"), _QUERY),
    **dict.fromkeys(("consSitNFe", "consReciNFe", "consStatServ", "distDFeInt", "ConsCad"), _QUERY),
    **dict.fromkeys(("NFSe", "DPS", "pedRegEvento", "CompNfse", "ListaNfse", "Nfse", "NFe_Paulistana"), _NFSE),
    **dict.fromkeys(("ConsultarNfseResposta", "EnviarLoteRpsEnvio", "GerarNfseResposta", "RetornoConsulta"), _NFSE),
    **dict.fromkeys(("nfcomProc", "NFCom"), ("uma nota de comunicação (NFCom)", "a telecom invoice (NFCom)")),
    **dict.fromkeys(("nf3eProc", "NF3e"), ("uma nota de energia (NF3-e)", "an electricity invoice (NF3-e)")),
    **dict.fromkeys(("bpeProc", "BPe", "BPeTM"), ("um bilhete de passagem (BP-e)", "a passenger ticket (BP-e)")),
    **dict.fromkeys(("CFe", "CFeCanc"), ("um cupom do SAT (CF-e)", "a SAT receipt (CF-e)")),
    "retDistDFeInt": (
        "uma resposta da distribuição de DF-e; extraia os documentos dos docZip",
        "an answer of the DF-e distribution; extract the documents of its docZip elements",
    ),
    "retConsStatServ": ("uma resposta de situação do serviço", "an answer on the state of the service"),
    "Envelope": _SOAP,
    "html": ("uma página HTML", "an HTML page"),
}


def refuse(root: Element) -> ReadError:
    """The error for a root that no reader takes."""
    tag = local_name(root.tag)
    pt, en = _KNOWN.get(tag, ("de um tipo desconhecido", "of an unknown kind"))
    return ReadError(
        "unsupported",
        f"O arquivo é {pt} (elemento <{tag}>): não é NF-e, NFC-e nem evento ou retorno delas.",
        f"The file is {en} (element <{tag}>): not an NF-e, NFC-e, nor an event or answer of theirs.",
    )
