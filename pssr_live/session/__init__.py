"""One live run: frames from a source through ring and engine to viewer, files and subscribers."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
