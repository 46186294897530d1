from .calibration_report import run_calibrate as run_calibrate
from .channel_outputs import channel_names as channel_names
from .channel_outputs import outputs_of_channels as outputs_of_channels
from .crappifiers import CRAPPIFIERS as CRAPPIFIERS
from .crappifiers import Counts as Counts
from .crappifiers import Crappifier as Crappifier
from .crappifiers import Detector as Detector
from .crappifiers import SaltPepperGaussian as SaltPepperGaussian
from .crappifiers import blur as blur
from .crappifiers import log_uniform as log_uniform
from .hr_files import HRFile as HRFile
from .hr_files import look_into as look_into
from .hr_files import one_position as one_position
from .hr_files import read_hr as read_hr
from .names import find_crappifier as find_crappifier
from .series import HIGHEST_VALUE as HIGHEST_VALUE
from .series import HRSeries as HRSeries
from .series import frame_prints as frame_prints
from .series import in_units as in_units
from .series import levels as levels
from .series import scaled as scaled
from .series import some_prints as some_prints

__all__ = [
    "CRAPPIFIERS",
    "HIGHEST_VALUE",
    "Counts",
    "Crappifier",
    "Detector",
    "HRFile",
    "HRSeries",
    "SaltPepperGaussian",
    "blur",
    "channel_names",
    "find_crappifier",
    "frame_prints",
    "in_units",
    "levels",
    "log_uniform",
    "look_into",
    "one_position",
    "outputs_of_channels",
    "read_hr",
    "run_calibrate",
    "scaled",
    "some_prints",
]
