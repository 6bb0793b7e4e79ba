"""The shapes of what version 1 takes and gives."""
