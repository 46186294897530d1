"""What every test shares: windows are drawn offscreen unless the caller chose otherwise."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
