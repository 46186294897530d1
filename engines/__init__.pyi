from .backends.baselines import DESCRIPTIONS as DESCRIPTIONS
from .backends.baselines import MANY_FRAMES as MANY_FRAMES
from .backends.baselines import Baseline as Baseline
from .backends.baselines import enlarge_bilinearly as enlarge_bilinearly
from .backends.onnx_runtime import onnx_runtime_threads as onnx_runtime_threads
from .backends.openvino_cpu import describe_openvino as describe_openvino
from .backends.table import AUTO as AUTO
from .backends.table import BACKENDS as BACKENDS
from .backends.table import CHOICES as CHOICES
from .backends.table import FASTEST as FASTEST
from .backends.table import PRECISE as PRECISE
from .backends.table import backend_named as backend_named
from .backends.table import check_backend as check_backend
from .backends.tensorrt_plan import verify_plans as verify_plans
from .bundle import MANIFEST_FILE as MANIFEST_FILE
from .bundle import Bundle as Bundle
from .bundle import bundled_names as bundled_names
from .bundle import check_place as check_place
from .bundle import file_digest as file_digest
from .bundle import load_bundle as load_bundle
from .complaints import cannot_run as cannot_run
from .engine import SCALE_FACTOR as SCALE_FACTOR
from .engine import WINDOW_LENGTH as WINDOW_LENGTH
from .engine import Engine as Engine
from .errors import EngineError as EngineError
from .errors import OpeningGivenUpError as OpeningGivenUpError
from .export import export_bundle as export_bundle
from .export import export_uncertainty as export_uncertainty
from .first_opening import check_first_opening as check_first_opening
from .foreign_text import fit_to_print as fit_to_print
from .foreign_text import one_line as one_line
from .foreign_text import quoted as quoted
from .half import to_half as to_half
from .int8 import to_int8 as to_int8
from .intensity import IntensityScale as IntensityScale
from .listing import list_engines as list_engines
from .manifest import MODEL_FILE as MODEL_FILE
from .manifest import UNCERTAINTY_FILE as UNCERTAINTY_FILE
from .manifest import Coverage as Coverage
from .manifest import InputRange as InputRange
from .manifest import Manifest as Manifest
from .manifest import ModelVariant as ModelVariant
from .manifest import OtherPrecision as OtherPrecision
from .manifest import Precision as Precision
from .manifest import PrecisionLoss as PrecisionLoss
from .manifest import PredictedUncertainty as PredictedUncertainty
from .manifest import Span as Span
from .manifest import TrainingSeries as TrainingSeries
from .manifest import ValidationFigure as ValidationFigure
from .manifest import losing as losing
from .memory import bytes_in_words as bytes_in_words
from .memory import free_bytes as free_bytes
from .nvidia import find_card as find_card
from .nvidia import find_cuda as find_cuda
from .nvidia import find_device as find_device
from .nvidia import find_tensorrt as find_tensorrt
from .onnx_file import INPUT as INPUT
from .onnx_file import OUTPUT as OUTPUT
from .onnx_file import UNCERTAINTY as UNCERTAINTY
from .onnx_library import find_onnx as find_onnx
from .onnx_library import read_model as read_model
from .opening import check_uncertain as check_uncertain
from .opening import load_engine as load_engine
from .opening import open_engine as open_engine
from .plans import PlanPrecision as PlanPrecision
from .plans import build_plan as build_plan
from .plans import find_plans as find_plans
from .plans import list_plans as list_plans
from .refused_files import NO_MORE_FILES as NO_MORE_FILES
from .refused_files import holds_no_more_files as holds_no_more_files
from .refused_files import lacks_room as lacks_room
from .refused_files import why_refused as why_refused
from .selection import LARGEST_LOSS as LARGEST_LOSS
from .selection import Selection as Selection
from .telemetry import import_onnxruntime as import_onnxruntime
from .tiling import OVERLAP as OVERLAP
from .tiling import stretches as stretches
from .trial import BackendTrial as BackendTrial
from .variants import add_variant as add_variant
from .variants import copy_bundle as copy_bundle
from .variants import onnx_restorer as onnx_restorer
from .whole_files import force_to_disk as force_to_disk
from .whole_files import is_held as is_held
from .whole_files import is_leftover as is_leftover
from .whole_files import remove_folder as remove_folder
from .whole_files import remove_leftovers as remove_leftovers
from .whole_files import replacing as replacing
from .whole_files import write_whole as write_whole
from .zoo import Credit as Credit
from .zoo import write_zoo_package as write_zoo_package

__all__ = [
    "AUTO",
    "BACKENDS",
    "CHOICES",
    "DESCRIPTIONS",
    "FASTEST",
    "INPUT",
    "LARGEST_LOSS",
    "MANIFEST_FILE",
    "MANY_FRAMES",
    "MODEL_FILE",
    "NO_MORE_FILES",
    "OUTPUT",
    "OVERLAP",
    "PRECISE",
    "SCALE_FACTOR",
    "UNCERTAINTY",
    "UNCERTAINTY_FILE",
    "WINDOW_LENGTH",
    "BackendTrial",
    "Baseline",
    "Bundle",
    "Coverage",
    "Credit",
    "Engine",
    "EngineError",
    "InputRange",
    "IntensityScale",
    "Manifest",
    "ModelVariant",
    "OpeningGivenUpError",
    "OtherPrecision",
    "PlanPrecision",
    "Precision",
    "PrecisionLoss",
    "PredictedUncertainty",
    "Selection",
    "Span",
    "TrainingSeries",
    "ValidationFigure",
    "add_variant",
    "backend_named",
    "build_plan",
    "bundled_names",
    "bytes_in_words",
    "cannot_run",
    "check_backend",
    "check_first_opening",
    "check_place",
    "check_uncertain",
    "copy_bundle",
    "describe_openvino",
    "enlarge_bilinearly",
    "export_bundle",
    "export_uncertainty",
    "file_digest",
    "find_card",
    "find_cuda",
    "find_device",
    "find_onnx",
    "find_plans",
    "find_tensorrt",
    "fit_to_print",
    "force_to_disk",
    "free_bytes",
    "holds_no_more_files",
    "import_onnxruntime",
    "is_held",
    "is_leftover",
    "lacks_room",
    "list_engines",
    "list_plans",
    "load_bundle",
    "load_engine",
    "losing",
    "one_line",
    "onnx_restorer",
    "onnx_runtime_threads",
    "open_engine",
    "quoted",
    "read_model",
    "remove_leftovers",
    "replacing",
    "stretches",
    "to_half",
    "to_int8",
    "verify_plans",
    "why_refused",
    "write_whole",
    "write_zoo_package",
]
