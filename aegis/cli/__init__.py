"""The `aegis` command: no Django, no server. See docs/reference/cli.md."""
