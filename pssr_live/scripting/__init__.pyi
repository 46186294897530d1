from .axes_streams import AxesStreams as AxesStreams
from .axes_streams import number as number
from .scripted_run import ScriptedRun as ScriptedRun
from .scripted_run import logged_not_raised as logged_not_raised
from .scripted_sessions import ScriptedSessions as ScriptedSessions

__all__ = [
    "AxesStreams",
    "ScriptedRun",
    "ScriptedSessions",
    "logged_not_raised",
    "number",
]
