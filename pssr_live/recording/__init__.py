"""Recordings on disk: written as frames come, read back, completed, never half."""
