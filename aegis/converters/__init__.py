"""What a converter of model formats is, for whoever writes one: ``aegis.converters.protocol``."""
