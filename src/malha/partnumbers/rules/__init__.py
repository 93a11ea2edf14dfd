"""Pure parts of the slice: the wire between API and AI server, and the words of statuses and failures."""
