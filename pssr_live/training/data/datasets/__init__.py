"""Datasets: folders of LR and HR tiles that `pssr-live crappify` makes and `train` takes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
