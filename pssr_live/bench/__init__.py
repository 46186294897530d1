"""How fast everything is on this computer, each thing beside what it is to be compared with."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
