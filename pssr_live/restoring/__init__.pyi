from .beginnings import FirstFrames as FirstFrames
from .channel_engines import NO_ENGINE as NO_ENGINE
from .channel_engines import ChannelEngines as ChannelEngines
from .channel_engines import in_one_line as in_one_line
from .channel_engines import with_channel_engine as with_channel_engine
from .channel_engines import with_whole_paths as with_whole_paths
from .engine_choice import EngineChoice as EngineChoice
from .engine_pool import EnginePool as EnginePool
from .engine_pool import SharedEngine as SharedEngine
from .experiment_windows import ExperimentWindows as ExperimentWindows
from .judge_start import begin_judge as begin_judge
from .live_restorer import LiveRestorer as LiveRestorer
from .live_restorer import Restored as Restored
from .stored_windows import first_frames as first_frames
from .stored_windows import time_since_first as time_since_first
from .stored_windows import windows_from as windows_from
from .stream_restorers import StreamRestorers as StreamRestorers
from .window_restorer import WindowRestorer as WindowRestorer

__all__ = [
    "NO_ENGINE",
    "ChannelEngines",
    "EngineChoice",
    "EnginePool",
    "ExperimentWindows",
    "FirstFrames",
    "LiveRestorer",
    "Restored",
    "SharedEngine",
    "StreamRestorers",
    "WindowRestorer",
    "begin_judge",
    "first_frames",
    "in_one_line",
    "time_since_first",
    "windows_from",
    "with_channel_engine",
    "with_whole_paths",
]
