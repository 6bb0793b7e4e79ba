"""Processes that touch what others made: walls around them, and how they are talked to."""
