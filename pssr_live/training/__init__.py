"""From high-resolution time-lapses to a trained engine."""
