"""The AI server, asked over HTTP and heard over Redis."""
