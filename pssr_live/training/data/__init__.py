"""What a training learns from: films, pairs, datasets, and the series set aside to judge by."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
