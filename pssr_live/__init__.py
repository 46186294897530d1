"""The application: the live session, recordings, training and evaluation."""

__version__ = "0.1.0"
