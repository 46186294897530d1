"""The window of a session, and what is done from it."""
