"""Micro-Manager's answers, looked at before anything is made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from acquisition.plain import plain

_WHOLE, _NUMBER, _TEXT, _TRUTH = (int,), (int, float), (str,), (bool,)
_KINDS: dict[str, tuple[type, ...]] = {
    "get_api_version_info": _TEXT,
    "get_auto_shutter": _TRUTH,
    "get_buffer_total_capacity": _WHOLE,
    "get_bytes_per_pixel": _WHOLE,
    "get_camera_channel_name": _TEXT,
    "get_camera_device": _TEXT,
    "get_channel_group": _TEXT,
    "get_current_config": _TEXT,
    "get_current_pixel_size_config": _TEXT,
    "get_device_library": _TEXT,
    "get_exposure": _NUMBER,
    "get_focus_device": _TEXT,
    "get_image": (np.ndarray,),
    "get_image_bit_depth": _WHOLE,
    "get_image_height": _WHOLE,
    "get_image_width": _WHOLE,
    "get_magnification_factor": _NUMBER,
    "get_n_before_last_image_md": (np.ndarray,),
    "get_number_of_camera_channels": _WHOLE,
    "get_number_of_components": _WHOLE,
    "get_pixel_size_affine_as_string": _TEXT,
    "get_pixel_size_um": _NUMBER,
    "get_position": _NUMBER,
    "get_property": _TEXT,
    "get_remaining_image_count": _WHOLE,
    "get_shutter_device": _TEXT,
    "get_shutter_open": _TRUTH,
    "get_version_info": _TEXT,
    "get_x_position": _NUMBER,
    "get_xy_stage_device": _TEXT,
    "get_y_position": _NUMBER,
    "has_property": _TRUTH,
    "is_sequence_running": _TRUTH,
    "pop_next_image_md": (np.ndarray,),
}


class OddAnswerError(Exception):
    """An answer that can't be one of Micro-Manager's.

    Parameters
    ----------
    question : str
        What was asked.
    answer : object
        What came.
    """

    def __init__(self, question: str, answer: object) -> None:
        shown = plain(repr(answer), 60)
        super().__init__(f"Micro-Manager answered {question} with {shown}, which can't be right.")


class CheckedCore:
    """A core of which no answer is of another kind than it should be.

    Parameters
    ----------
    core : Any
        With names as pycromanager has them.
    """

    def __init__(self, core: Any) -> None:
        self._core = core

    def __getattr__(self, name: str) -> Any:
        call, kinds = getattr(self._core, name), _KINDS.get(name)
        method = call if kinds is None else _checked(name, call, kinds)
        setattr(self, name, method)
        return method


def _checked(name: str, call: Callable[..., Any], kinds: tuple[type, ...]) -> Callable[..., Any]:
    def checked(*arguments: Any) -> Any:
        answer = call(*arguments)
        # To Python, True is a number.
        if not isinstance(answer, kinds) or (isinstance(answer, bool) and bool not in kinds):
            raise OddAnswerError(name, answer)
        return answer

    return checked
