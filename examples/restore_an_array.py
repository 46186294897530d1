"""Restore a time-lapse that is an array, and save it for Fiji."""

import numpy as np
import tifffile

from acquisition import open_source
from pssr_live import restore

# Eight frames of a simulated confocal; yours come from a file, a camera, a network.
source = open_source("simulated:height=64,width=64,frames=8,interval=0.05")
frame_format = source.open()
raw = np.stack([source.read(60).pixels for _ in range(8)])
source.close()

restored = restore(raw, engine="mito-lite")
print(raw.shape, raw.dtype, "->", restored.shape, restored.dtype)

# A restored image is a prediction: say so in its name, and keep the raw frames beside it.
tifffile.imwrite("raw.tif", raw, imagej=True, metadata={"axes": "TYX"})
tifffile.imwrite("restored-predicted.tif", restored, imagej=True, metadata={"axes": "TYX"})
