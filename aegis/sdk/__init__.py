"""What programs install to talk to a registry: no Django, no server."""
