"""What the server's Java side has for a client: objects that are kept, and answers about them."""

from __future__ import annotations

import itertools
import json
import sys
from typing import Any

import numpy as np
import pymmcore

from tests.acquisition.micromanager.core_api import (
    ACQUISITIONS,
    APIS,
    CORE,
    FIELDS,
    LIVE,
    METADATA,
    STUDIO,
    TAGGED,
)
from tests.acquisition.micromanager.data_api import CLASSES
from tests.acquisition.micromanager.experiment import Acquisitions
from tests.acquisition.micromanager.microscope import JAVA_CLASSES, Strings
from tests.acquisition.micromanager.studio import Live, Studio

Reply = list[bytes]


class TaggedImage:
    """Pixels and tags of one image."""

    def __init__(self, pix: np.ndarray[Any, Any], tags: dict[str, Any]) -> None:
        self.pix, self.tags = pix, tags


class Java:
    """Keeps the objects that clients hold."""

    def __init__(self, core: pymmcore.CMMCore) -> None:
        self._core = core
        self.objects: dict[str, Any] = {}
        self._numbers = itertools.count(1)

    def reply_of(self, value: Any) -> Reply:
        """Write an answer: a value, pixels, or an object that is kept here and called later."""
        if value is None:
            return [as_json({"type": "none"})]
        if isinstance(value, str):
            return [as_json({"type": "string", "value": value})]
        if isinstance(value, bool | int | float):
            # Java's JSON writes a double that is whole without its point.
            whole = isinstance(value, float) and value.is_integer()
            return [as_json({"type": "primitive", "value": int(value) if whole else value})]
        if isinstance(value, dict):
            text = json.dumps(value)
            return [as_json({"type": "object", "class": "JSONObject", "value": text})]
        if isinstance(value, np.ndarray):
            return self._pixels(value)
        if isinstance(value, tuple):
            value = Strings(value)
        data = CLASSES.get(type(value))
        java_class = data.name if data is not None else {
            TaggedImage: TAGGED, pymmcore.Metadata: METADATA, Studio: STUDIO,
            Acquisitions: ACQUISITIONS, Live: LIVE, **JAVA_CLASSES,
        }.get(type(value), CORE)  # fmt: skip
        key = f"{next(self._numbers)}-{java_class}"
        self.objects[key] = value
        interfaces = [java_class, "java.lang.Object", *([data.interface] if data else [])]
        shown = {
            "type": "unserialized-object", "class": java_class, "hash-code": key, "port": 0,
            "interfaces": interfaces, "fields": FIELDS.get(java_class, []),
            "api": APIS[java_class],
        }  # fmt: skip
        return [as_json(shown)]

    def _pixels(self, pixels: np.ndarray[Any, Any]) -> Reply:
        """Flat, as Java's arrays are: bytes, shorts or floats."""
        colours = self._core.getNumberOfComponents() > 1
        kind, code = {
            1: ("byte-array", "B"), 2: ("short-array", "S"),
            4: ("byte-array", "B") if colours else ("float-array", "F"), 8: ("short-array", "S"),
        }[pixels.itemsize]  # fmt: skip
        identity = next(self._numbers)
        placeholder = as_json({"type": kind, "value": f"[{code}@{identity:x}"})
        contiguous = np.ascontiguousarray(pixels).tobytes()
        return [placeholder, identity.to_bytes(4, sys.byteorder), contiguous]


def as_json(reply: dict[str, Any]) -> bytes:
    """Encode a reply's first part."""
    return json.dumps(reply).encode("iso-8859-1")
