"""Restoring what is on disk already: time-lapses, and recordings that were not completed."""
