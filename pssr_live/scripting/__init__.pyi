from .axes_streams import AxesStreams as AxesStreams
from .axes_streams import number as number
from .mda_streams import MdaStreams as MdaStreams
from .scripted_run import ScriptedRun as ScriptedRun
from .scripted_run import logged_not_raised as logged_not_raised
from .scripted_sessions import ScriptedSessions as ScriptedSessions
from .stream_places import StreamPlaces as StreamPlaces

__all__ = [
    "AxesStreams",
    "MdaStreams",
    "ScriptedRun",
    "ScriptedSessions",
    "StreamPlaces",
    "logged_not_raised",
    "number",
]
