"""Use an engine by itself: five frames in, the restored centre frame out."""

from contextlib import closing

import numpy as np

from engines import IntensityScale
from pssr_live import load_engine

window = np.random.default_rng(0).poisson(20, (5, 64, 64)).astype(np.uint16)
with closing(load_engine("mito-lite", height=64, width=64)) as engine:
    # Once for a whole time-lapse: a scale for each window would flicker.
    scale = IntensityScale.from_window(window)
    restored = engine.restore(window, scale)
    print(engine.name, "on", engine.backend, window.shape, "->", restored.shape)
