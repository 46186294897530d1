from .headless import follow_to_end as follow_to_end
from .live import LiveSession as LiveSession
from .live import State as State
from .newest import Newest as Newest
from .newest import Origin as Origin
from .newest import RestoredFrame as RestoredFrame
from .newest_raw import NewestRaw as NewestRaw
from .newest_raw import RawFrame as RawFrame
from .publish import Publisher as Publisher
from .publish import publishing as publishing
from .recording_limit import RecordingLimit as RecordingLimit
from .silence import is_silent as is_silent
from .standing import Standing as Standing
from .standing import standing_of as standing_of
from .statistics import SeenStages as SeenStages
from .statistics import Snapshot as Snapshot
from .stream_counts import StreamCounts as StreamCounts
from .stream_counts import stopped_streams as stopped_streams

__all__ = [
    "LiveSession",
    "Newest",
    "NewestRaw",
    "Origin",
    "Publisher",
    "RawFrame",
    "RecordingLimit",
    "RestoredFrame",
    "SeenStages",
    "Snapshot",
    "Standing",
    "State",
    "StreamCounts",
    "follow_to_end",
    "is_silent",
    "publishing",
    "standing_of",
    "stopped_streams",
]
