"""A recording on disk: its files written as frames come, gone on with after a kill, read back."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
