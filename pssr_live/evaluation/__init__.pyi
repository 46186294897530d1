from .bm3d import BM3D as BM3D
from .bm3d import SIGMAS as SIGMAS
from .commands import need_libraries as need_libraries
from .commands import run_evaluate as run_evaluate
from .events import MovieEvents as MovieEvents
from .events import find_events as find_events
from .events_command import run_counts as run_counts
from .events_command import run_events as run_events
from .events_picture import draw_events as draw_events
from .methods import Method as Method
from .methods import find_methods as find_methods
from .motility_command import run_motility as run_motility
from .of_files import evaluate as evaluate
from .recordings import EvaluationMovie as EvaluationMovie
from .recordings import find_sources as find_sources
from .recordings import load as load

__all__ = [
    "BM3D",
    "SIGMAS",
    "EvaluationMovie",
    "Method",
    "MovieEvents",
    "draw_events",
    "evaluate",
    "find_events",
    "find_methods",
    "find_sources",
    "load",
    "need_libraries",
    "run_counts",
    "run_evaluate",
    "run_events",
    "run_motility",
]
