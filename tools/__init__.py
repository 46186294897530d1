"""Scripts for those who work on pssr-live; nothing of it is installed."""
