"""Converting a version into a derived one: found, run behind walls, compared with what it was."""
