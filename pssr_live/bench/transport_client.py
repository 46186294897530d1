"""A process that sends frames as Micro-Manager's client does, as fast as they are taken.

Started and stopped by `acquisition.micromanager.process`; the camera's name is the frame size.
"""

from __future__ import annotations

import signal
from itertools import count

from acquisition.micromanager import FRAME, ParentLink
from pssr_live.bench.figures import FrameSize
from pssr_live.bench.frames import make_frames


def main() -> None:
    """Send frames until the parent hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    link = ParentLink()
    height, _, width = link.options.camera.partition("x")
    frames = make_frames(FrameSize(int(height), int(width)))
    for number in count():
        if link.stopping.is_set():
            break
        link.send(FRAME, frames[number % len(frames)], index=number)
    link.close()


if __name__ == "__main__":
    main()
