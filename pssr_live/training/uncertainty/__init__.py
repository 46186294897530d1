"""Teaching a trained engine to say how far off it may be."""
