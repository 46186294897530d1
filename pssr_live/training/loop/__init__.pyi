from .device import find_device as find_device
from .device import memory_named as memory_named
from .pretrained import Pretrained as Pretrained
from .pretrained import begin_with as begin_with
from .pretrained import find_pretrained as find_pretrained
from .stopping import ending as ending
from .stopping import stop_request as stop_request
from .trainer import train as train

__all__ = [
    "Pretrained",
    "begin_with",
    "ending",
    "find_device",
    "find_pretrained",
    "memory_named",
    "stop_request",
    "train",
]
