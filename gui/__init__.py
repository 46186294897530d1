"""What the microscopist looks at: shown by calls, answering by Qt signals."""

from gui import qt as _binding_first  # noqa: F401 - before any module imports pyqtgraph
from gui.axes import Axes
from gui.base_window import BaseWindow, png_of
from gui.burnt_in import ChannelLook, ExportedImages, burn_in, rgb_of
from gui.comparing_panel import Arrangement
from gui.experiment_dialog import ExperimentDialog, TypedExperiment
from gui.export_window import ExportWindow
from gui.kept_frames import KeptFrames
from gui.left_image import LeftImage
from gui.marker import MarkedPlace
from gui.measuring import Tool
from gui.preview import Interval, Light, Preview, SessionState, Stages, Status, Verdict
from gui.recording_window import RecordingWindow
from gui.remembered_look import RememberedLook
from gui.trust_maps import TrustMap
from gui.viewer import Viewer
from gui.window import MainWindow

__all__ = [
    "Arrangement",
    "Axes",
    "BaseWindow",
    "ChannelLook",
    "ExperimentDialog",
    "ExportWindow",
    "ExportedImages",
    "Interval",
    "KeptFrames",
    "LeftImage",
    "Light",
    "MainWindow",
    "MarkedPlace",
    "Preview",
    "RecordingWindow",
    "RememberedLook",
    "SessionState",
    "Stages",
    "Status",
    "Tool",
    "TrustMap",
    "TypedExperiment",
    "Verdict",
    "Viewer",
    "burn_in",
    "png_of",
    "rgb_of",
]
