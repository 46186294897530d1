"""What is taken where a command is not told."""

DEFAULT_ENGINE = "mito-lite"
