"""How frames come in: the frame, the ring buffer and the sources that fill it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
