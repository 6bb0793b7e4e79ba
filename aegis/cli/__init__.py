"""The `aegis` command: no Django, no server."""
