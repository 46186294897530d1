"""The command line: what to type, checked, and handed to the code that does it."""
