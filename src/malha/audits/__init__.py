"""Fiscal audits: files in, documents and findings out."""
