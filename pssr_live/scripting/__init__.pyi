from .axes_streams import AxesStreams as AxesStreams
from .axes_streams import number as number
from .script_listener import ScriptListener as ScriptListener
from .scripted_run import ScriptedRun as ScriptedRun
from .scripted_run import logged_not_raised as logged_not_raised
from .scripted_sessions import ScriptedSessions as ScriptedSessions

__all__ = [
    "AxesStreams",
    "ScriptListener",
    "ScriptedRun",
    "ScriptedSessions",
    "logged_not_raised",
    "number",
]
