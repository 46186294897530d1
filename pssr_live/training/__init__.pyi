from .commands import run_train as run_train
from .commands import run_uncertainty as run_uncertainty
from .composing import Changes as Changes
from .composing import compose as compose
from .data.batches import Batches as Batches
from .data.datasets.manifest import MANIFEST as MANIFEST
from .data.datasets.manifest import DatasetManifest as DatasetManifest
from .data.datasets.manifest import DatasetSettings as DatasetSettings
from .data.datasets.survey import plan_dataset as plan_dataset
from .data.datasets.write import write_dataset as write_dataset
from .data.pair_maker import PairMaker as PairMaker
from .data.pool import Pool as Pool
from .data.pool import ReportProgress as ReportProgress
from .data.pool import build_pool as build_pool
from .data.pool import load_series as load_series
from .data.training_data import WINDOWS_TO_STATE as WINDOWS_TO_STATE
from .data.training_data import find_training_data as find_training_data
from .data.validation import FIXED_SETTINGS as FIXED_SETTINGS
from .data.validation import ValidationSet as ValidationSet
from .data.validation import validation_sets as validation_sets
from .export.exporting import ExportOptions as ExportOptions
from .export.exporting import export_engine as export_engine
from .export.precision import SEED as SEED
from .export.precision import WINDOWS_OF_A_SERIES as WINDOWS_OF_A_SERIES
from .export.precision import measure_losses as measure_losses
from .loop.losses import Loss as Loss
from .loop.schedule_progress import one_cycle as one_cycle
from .loop.torch_restorer import restorer as restorer
from .recipe import Recipe as Recipe
from .run.run_folder import load_network as load_network

__all__ = [
    "FIXED_SETTINGS",
    "MANIFEST",
    "SEED",
    "WINDOWS_OF_A_SERIES",
    "WINDOWS_TO_STATE",
    "Batches",
    "Changes",
    "DatasetManifest",
    "DatasetSettings",
    "ExportOptions",
    "Loss",
    "PairMaker",
    "Pool",
    "Recipe",
    "ReportProgress",
    "ValidationSet",
    "build_pool",
    "compose",
    "export_engine",
    "find_training_data",
    "load_network",
    "load_series",
    "measure_losses",
    "one_cycle",
    "plan_dataset",
    "restorer",
    "run_train",
    "run_uncertainty",
    "validation_sets",
    "write_dataset",
]
