"""The version of all that this distribution installs."""

__version__ = "0.2.0"
