"""What the microscopist looks at: shown by calls, answering by Qt signals."""

from gui import qt as _binding_first  # noqa: F401 - before any module imports pyqtgraph
from gui.axes import Axes
from gui.experiment_dialog import TypedExperiment
from gui.preview import Interval, Preview, SessionState, Stages, Status, Verdict
from gui.recording_window import RecordingWindow
from gui.window import MainWindow

__all__ = [
    "Axes",
    "Interval",
    "MainWindow",
    "Preview",
    "RecordingWindow",
    "SessionState",
    "Stages",
    "Status",
    "TypedExperiment",
    "Verdict",
]
