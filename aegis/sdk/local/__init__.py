"""Bringing a model in through this machine: fetched, checked, signed and sent from here."""
