"""Pure library for Brazilian fiscal documents: bytes to documents to findings, without database, network or framework.

Start at `malha.fiscal.audit`; nothing is imported here so that each part loads only what it needs.
"""
