"""The converters that come with Aegis."""
