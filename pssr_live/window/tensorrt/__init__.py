"""TensorRT plans built from the window: whether one can be, the build, its process."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
