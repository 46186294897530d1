"""How frames are restored: engines, the bundles they come in, and the backends that run them.

A name is imported when it is first asked for, so that the command line starts fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from engines.telemetry import switch_off

# Before any of them can be imported.
switch_off()

if TYPE_CHECKING:
    from engines.backends.baselines import DESCRIPTIONS as DESCRIPTIONS
    from engines.backends.baselines import Baseline as Baseline
    from engines.backends.baselines import enlarge_bilinearly as enlarge_bilinearly
    from engines.backends.onnx_runtime import onnx_runtime_threads as onnx_runtime_threads
    from engines.backends.openvino_cpu import describe_openvino as describe_openvino
    from engines.backends.table import AUTO as AUTO
    from engines.backends.table import BACKENDS as BACKENDS
    from engines.backends.table import backend_named as backend_named
    from engines.backends.table import check_backend as check_backend
    from engines.backends.tensorrt_plan import verify_plans as verify_plans
    from engines.bundle import MANIFEST_FILE as MANIFEST_FILE
    from engines.bundle import Bundle as Bundle
    from engines.bundle import bundled_names as bundled_names
    from engines.bundle import check_place as check_place
    from engines.bundle import file_digest as file_digest
    from engines.bundle import load_bundle as load_bundle
    from engines.engine import SCALE_FACTOR as SCALE_FACTOR
    from engines.engine import WINDOW_LENGTH as WINDOW_LENGTH
    from engines.engine import Engine as Engine
    from engines.errors import EngineError as EngineError
    from engines.errors import OpeningGivenUpError as OpeningGivenUpError
    from engines.export import export_bundle as export_bundle
    from engines.export import export_uncertainty as export_uncertainty
    from engines.foreign_text import one_line as one_line
    from engines.half import to_half as to_half
    from engines.int8 import to_int8 as to_int8
    from engines.intensity import IntensityScale as IntensityScale
    from engines.manifest import MODEL_FILE as MODEL_FILE
    from engines.manifest import UNCERTAINTY_FILE as UNCERTAINTY_FILE
    from engines.manifest import Coverage as Coverage
    from engines.manifest import InputRange as InputRange
    from engines.manifest import Manifest as Manifest
    from engines.manifest import ModelVariant as ModelVariant
    from engines.manifest import OtherPrecision as OtherPrecision
    from engines.manifest import Precision as Precision
    from engines.manifest import PrecisionLoss as PrecisionLoss
    from engines.manifest import PredictedUncertainty as PredictedUncertainty
    from engines.manifest import Span as Span
    from engines.manifest import TrainingSeries as TrainingSeries
    from engines.manifest import ValidationFigure as ValidationFigure
    from engines.nvidia import find_cuda as find_cuda
    from engines.nvidia import find_device as find_device
    from engines.nvidia import find_tensorrt as find_tensorrt
    from engines.onnx_file import INPUT as INPUT
    from engines.onnx_file import OUTPUT as OUTPUT
    from engines.onnx_file import UNCERTAINTY as UNCERTAINTY
    from engines.onnx_library import find_onnx as find_onnx
    from engines.plans import PlanPrecision as PlanPrecision
    from engines.plans import build_plan as build_plan
    from engines.plans import find_plans as find_plans
    from engines.plans import list_plans as list_plans
    from engines.selection import LARGEST_LOSS as LARGEST_LOSS
    from engines.selection import Selection as Selection
    from engines.selection import check_uncertain as check_uncertain
    from engines.selection import list_engines as list_engines
    from engines.selection import open_engine as open_engine
    from engines.tiling import OVERLAP as OVERLAP
    from engines.tiling import stretches as stretches
    from engines.trial import BackendTrial as BackendTrial
    from engines.variants import add_variant as add_variant
    from engines.variants import copy_bundle as copy_bundle
    from engines.variants import onnx_restorer as onnx_restorer
    from engines.whole_files import is_leftover as is_leftover
    from engines.whole_files import remove_leftovers as remove_leftovers
    from engines.whole_files import replacing as replacing
    from engines.whole_files import write_whole as write_whole
    from engines.zoo import Credit as Credit
    from engines.zoo import write_zoo_package as write_zoo_package

# Where each name stands; the same as above, for those who run it.
_NAMES_IN = {
    "backends.baselines": "Baseline DESCRIPTIONS enlarge_bilinearly",
    "backends.onnx_runtime": "onnx_runtime_threads",
    "backends.openvino_cpu": "describe_openvino",
    "backends.table": "AUTO BACKENDS backend_named check_backend",
    "backends.tensorrt_plan": "verify_plans",
    "bundle": "Bundle MANIFEST_FILE bundled_names check_place file_digest load_bundle",
    "engine": "Engine SCALE_FACTOR WINDOW_LENGTH",
    "errors": "EngineError OpeningGivenUpError",
    "export": "export_bundle export_uncertainty",
    "foreign_text": "one_line",
    "half": "to_half",
    "int8": "to_int8",
    "intensity": "IntensityScale",
    "manifest": "Coverage InputRange MODEL_FILE Manifest ModelVariant OtherPrecision Precision "
    "PrecisionLoss PredictedUncertainty Span TrainingSeries UNCERTAINTY_FILE "
    "ValidationFigure",
    "nvidia": "find_cuda find_device find_tensorrt",
    "onnx_file": "INPUT OUTPUT UNCERTAINTY",
    "onnx_library": "find_onnx",
    "plans": "PlanPrecision build_plan find_plans list_plans",
    "selection": "LARGEST_LOSS Selection check_uncertain list_engines open_engine",
    "tiling": "OVERLAP stretches",
    "trial": "BackendTrial",
    "variants": "add_variant copy_bundle onnx_restorer",
    "whole_files": "is_leftover remove_leftovers replacing write_whole",
    "zoo": "Credit write_zoo_package",
}
_HOME = {name: module for module, names in _NAMES_IN.items() for name in names.split()}

__all__ = [*_HOME]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import a name from where it stands."""
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f"engines.{_HOME[name]}"), name)
        return value
