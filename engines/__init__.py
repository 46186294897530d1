"""How frames are restored: engines, the bundles they come in, and the backends that run them."""
