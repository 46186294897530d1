"""Networks, in plain torch. Needed for training and export, never to restore."""
