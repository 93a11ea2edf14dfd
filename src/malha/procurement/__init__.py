"""Public contracting from PNCP: complete, proved complete, and up to date."""
