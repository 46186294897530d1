"""One live run: frames from a source through ring and engine to viewer, files and subscribers."""
