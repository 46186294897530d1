"""What live and offline restoring share: open engines, windows restored and judged."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
