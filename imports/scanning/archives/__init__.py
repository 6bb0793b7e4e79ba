"""Archives and compressed streams, read as streams within limits and never extracted."""
