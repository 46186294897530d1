"""How far a restored frame can be believed, told without the truth, for every frame."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
