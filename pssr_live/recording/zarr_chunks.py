"""The chunks of an array of ours, by the names of their files: one a frame, nothing is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from pssr_live.recording.plane import Plane
from pssr_live.recording.zarr_errors import ZarrError, errors_in_words

if TYPE_CHECKING:
    from tensorstore import KvStore

_OF_ONE = re.compile(r"c/(\d+)/0/0")
# Of several streams: time point, channel, slice.
_OF_SEVERAL = re.compile(r"c/(\d+)/(\d+)/(\d+)/0/0")
_NAMED_GAPS = 5


def chunk_of(plane: Plane) -> str:
    """Name the chunk of a frame of several streams."""
    return f"c/{plane.time_point}/{plane.channel}/{plane.z}/0/0"


def planes_in(files: KvStore, length: int) -> Iterator[Plane]:
    """Yield the planes whose chunks are there, within so many time points."""
    for key in _keys(files):
        found = _OF_SEVERAL.fullmatch(key)
        if found is not None and int(found[1]) < length:
            yield Plane(int(found[2]), int(found[3]), int(found[1]))


def check_frames(files: KvStore, count: int) -> None:
    """Refuse an array of one stream that counts frames which are not there.

    Raises
    ------
    ZarrError
        Which names them, the first as frame 1.
    """
    found = map(_OF_ONE.fullmatch, _keys(files))
    there = sorted(int(one[1]) for one in found if one is not None and int(one[1]) < count)
    if len(there) == count:
        return
    gaps = [
        f"{before + 2} to {after}" if after - before > 2 else f"{after}"
        for before, after in pairwise([-1, *there, count])
        if after - before > 1
    ]
    named = ", ".join(gaps[:_NAMED_GAPS]) + (", …" if len(gaps) > _NAMED_GAPS else "")
    frames = f"frame {named} is" if count - len(there) == 1 else f"frames {named} are"
    raise ZarrError(f"it counts {count} frames, and {frames} missing")


def _keys(files: KvStore) -> list[str]:
    with errors_in_words():
        return [key.decode("ascii", "replace") for key in files.list().result()]
