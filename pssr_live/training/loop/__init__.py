"""How a network learns: steps, schedule, processes, and how good it is after each epoch."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
