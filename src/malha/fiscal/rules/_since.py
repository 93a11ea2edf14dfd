"""The day from which the authorisers applied each technical note's checks in production.

A rule taken from a note judges only what was issued from that day on. Notes were put into production in steps, state by
state; where the day of one check is not certain, the later one stands, so that nothing is refused by a later check.
"""

from __future__ import annotations

from datetime import date

MOC_4_01 = date(2010, 10, 1)
"""Manual 4.01-NT2009.006 and layout 2.00, with which CRT, CSOSN and the checks 201 to 628 came."""
NT_2013_005 = date(2014, 3, 10)
"""Layout 3.10: idDest, indFinal, indPres, indIEDest, finNFe 4; NFC-e beyond its pilot (layout 3.00)."""
NT_2015_002 = date(2015, 12, 1)
"""CFOP and tax situations of NFC-e, legal framing of IPI."""
NT_2015_002_QR_CODE = date(2016, 4, 1)
"""infNFeSupl with the QR code; before, it was only printed."""
NT_2015_003 = date(2016, 1, 1)
"""DIFAL (EC 87/15)."""
AJUSTE_19_16 = date(2017, 1, 1)
"""Buyers of NFC-e who must be named (Ajuste SINIEF 19/16)."""
NT_2016_002 = date(2017, 11, 6)
"""Layout 4.00: payments, lots, FCP, invoice and instalments."""
NT_2017_001 = date(2018, 12, 1)
"""GTIN: prefixes, and the field that is no longer empty."""
LC_157_16 = date(2018, 1, 1)
"""The lowest rate of ISS (LC 116/03 art. 8-A)."""
NT_2018_005 = date(2019, 5, 7)
"""vBCEfet, vICMSSubstituto, numbering of instalments, infRespTec."""
CONVENIO_142_18 = date(2019, 1, 1)
"""Tax substitution between states."""
NT_2019_001 = date(2019, 9, 2)
"""cBenef, exempted ICMS, margin of substitution, order of items, weak cNF, non-taxpayers as final consumers."""
NT_2020_006 = date(2021, 9, 1)
"""Intermediaries, description of payment 99."""
NT_2023_001 = date(2023, 9, 4)
"""Single-phase ICMS on fuels."""
NT_2025_002 = date(2025, 10, 6)
"""IBS, CBS and IS."""
