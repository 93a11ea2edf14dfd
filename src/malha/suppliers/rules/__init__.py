"""Pure calculations of the suppliers, which other slices may share."""
