"""Restore frames one by one, as a camera gives them, and ask how far each can be believed."""

from acquisition import EndOfFrames, open_source
from pssr_live import LiveRestorer


def show(restored):
    """Stand in for your viewer."""
    verdict = restored.trust.light.word if restored.trust is not None else "too small to tell"
    print(f"frame {restored.index}: {restored.pixels.shape}, {verdict}")


camera = open_source("simulated:height=64,width=64,frames=8,interval=0.05")
with LiveRestorer(camera.open(), engine="mito-lite") as restorer:
    while True:
        try:
            frame = camera.read(60)
        except EndOfFrames:
            break
        # The number says whether frames were lost in between: no window spans a gap.
        restored = restorer.add(frame.pixels, index=frame.index)
        if restored is not None:
            show(restored)
    for restored in restorer.finish():
        show(restored)
camera.close()
