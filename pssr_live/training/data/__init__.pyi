from .batches import Batch as Batch
from .batches import Batches as Batches
from .batches import Teacher as Teacher
from .checks import check_before as check_before
from .checks import check_export as check_export
from .datasets.manifest import read_manifest as read_manifest
from .pair_maker import PairSource as PairSource
from .pool import FRAMES as FRAMES
from .pool import HR_TILE as HR_TILE
from .pool import TIMES as TIMES
from .pool import ReportProgress as ReportProgress
from .pool import missing_frames as missing_frames
from .synthetic_scenes import drawn_scene as drawn_scene
from .training_data import find_training_data as find_training_data
from .validation import EpochScore as EpochScore
from .validation import Restore as Restore
from .validation import Scores as Scores
from .validation import ValidationSet as ValidationSet
from .validation import enlarged as enlarged
from .validation import validation_sets as validation_sets

__all__ = [
    "FRAMES",
    "HR_TILE",
    "TIMES",
    "Batch",
    "Batches",
    "EpochScore",
    "PairSource",
    "ReportProgress",
    "Restore",
    "Scores",
    "Teacher",
    "ValidationSet",
    "check_before",
    "check_export",
    "drawn_scene",
    "enlarged",
    "find_training_data",
    "missing_frames",
    "read_manifest",
    "validation_sets",
]
