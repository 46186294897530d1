"""Sessions of frames that a script hands over: what `pymmcore` and `pycromanager` share."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
