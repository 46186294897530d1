from .checkpoints import Checkpoints as Checkpoints
from .learnt_from import series_of as series_of
from .pictures import choose_samples as choose_samples
from .progress_files import ProgressFiles as ProgressFiles
from .run_folder import CHECKPOINT as CHECKPOINT
from .run_folder import RunSummary as RunSummary
from .run_folder import close_run as close_run
from .run_folder import find_state as find_state
from .run_folder import load_network as load_network
from .run_folder import load_summary as load_summary
from .run_folder import open_run as open_run
from .run_state import network_tensors as network_tensors
from .run_state import optimiser_tensors as optimiser_tensors
from .run_state import set_network as set_network
from .run_state import set_optimiser as set_optimiser
from .terminal import display as display
from .training_log import LogEntry as LogEntry

__all__ = [
    "CHECKPOINT",
    "Checkpoints",
    "LogEntry",
    "ProgressFiles",
    "RunSummary",
    "choose_samples",
    "close_run",
    "display",
    "find_state",
    "load_network",
    "load_summary",
    "network_tensors",
    "open_run",
    "optimiser_tensors",
    "series_of",
    "set_network",
    "set_optimiser",
]
