"""Measurements against the limits we promise; each module prints one JSON object."""
