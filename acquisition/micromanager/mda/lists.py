"""Lists and settings as Micro-Manager hands them out: objects in Java, or Python's own."""

from __future__ import annotations

from typing import Any


def texts(answer: Any) -> list[str]:
    """Read a list of texts: a tuple of a core in our own process, or an mmcorej.StrVector."""
    if isinstance(answer, tuple | list):
        return [str(one) for one in answer]
    return [str(answer.get(number)) for number in range(answer.size())]


def settings(answer: Any) -> list[tuple[str, str, str]]:
    """Read an mmcorej.Configuration: device, property and value of each of its settings."""
    found = []
    for number in range(answer.size()):
        one = _call(answer, "getSetting", "get_setting")(number)
        found.append(
            (
                str(_call(one, "getDeviceLabel", "get_device_label")()),
                str(_call(one, "getPropertyName", "get_property_name")()),
                str(_call(one, "getPropertyValue", "get_property_value")()),
            )
        )
    return found


def _call(target: Any, in_process: str, in_java: str) -> Any:
    """Find a method of an object that has Java's names here, and Python's there."""
    return getattr(target, in_java, None) or getattr(target, in_process)
