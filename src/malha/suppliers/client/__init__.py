"""The providers of company data behind one interface."""
