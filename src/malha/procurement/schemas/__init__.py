"""Public contracting as the API shows it."""
