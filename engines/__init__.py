"""How frames are restored: engines, the bundles they come in, and the backends that run them."""

import lazy_loader

from engines.telemetry import switch_off

# Before any library that reports can be imported.
switch_off()

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
