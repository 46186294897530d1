from .durations import parse_duration as parse_duration
from .mda_streams import MdaStreams as MdaStreams
from .plan import LATE_S as LATE_S
from .plan import ExperimentPlan as ExperimentPlan
from .plan import Exposure as Exposure
from .plan import Phase as Phase
from .simple import simple_plan as simple_plan
from .stream_places import StreamPlaces as StreamPlaces
