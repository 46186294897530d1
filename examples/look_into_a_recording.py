"""Look into a recording: python look_into_a_recording.py monday/cell-3."""

import sys

from pssr_live import open_recording

with open_recording(sys.argv[1]) as recording:
    print("made by", recording.session.software, "from", recording.session.source.url)
    print("raw", recording.raw.shape, recording.raw.dtype)
    # Frames are read from the disk one at a time, when they are asked for.
    print("mean of the first raw frame:", recording.raw[0].mean())
    if recording.restored is not None:
        print("restored (predicted)", recording.restored.shape)
        print("figures of each frame:", *recording.figures)
