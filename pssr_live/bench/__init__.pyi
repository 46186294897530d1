from .command import run_bench as run_bench
from .computer import describe_computer as describe_computer
from .engines import restorer as restorer
from .figures import FrameSize as FrameSize
from .frames import SEED as SEED
from .frames import PacedSource as PacedSource
from .frames import format_of as format_of
from .frames import make_frames as make_frames
from .timing import Effort as Effort
from .timing import median as median
from .timing import rates_in_turn as rates_in_turn
from .timing import repeat as repeat
from .window import WatchingWindow as WatchingWindow
from .window import watch_window as watch_window

__all__ = [
    "SEED",
    "Effort",
    "FrameSize",
    "PacedSource",
    "WatchingWindow",
    "describe_computer",
    "format_of",
    "make_frames",
    "median",
    "rates_in_turn",
    "repeat",
    "restorer",
    "run_bench",
    "watch_window",
]
