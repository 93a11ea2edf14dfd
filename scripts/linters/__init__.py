"""House rules that no ready-made linter knows, as small checks over the project's tracked files."""
