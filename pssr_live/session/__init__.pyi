from .end_signals import EndRequest as EndRequest
from .end_signals import end_requests as end_requests
from .headless import follow_to_end as follow_to_end
from .live import LiveSession as LiveSession
from .live import State as State
from .newest import Newest as Newest
from .newest import Origin as Origin
from .newest import RestoredFrame as RestoredFrame
from .publish import Publisher as Publisher
from .publish import publishing as publishing
from .statistics import SeenStages as SeenStages
from .statistics import Snapshot as Snapshot

__all__ = [
    "EndRequest",
    "LiveSession",
    "Newest",
    "Origin",
    "Publisher",
    "RestoredFrame",
    "SeenStages",
    "Snapshot",
    "State",
    "end_requests",
    "follow_to_end",
    "publishing",
]
