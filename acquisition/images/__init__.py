"""The one reader of image files: axes by name, a plane at a time, what is missing, times, sizes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
