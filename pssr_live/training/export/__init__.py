"""From a finished training to an engine bundle."""
