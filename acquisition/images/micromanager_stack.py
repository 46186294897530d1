"""Micro-Manager's TIFFs whose OME-XML was not written, as when an acquisition broke off.

What each page is stands in the file's index, or where that too is missing, in a tag of the page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from acquisition.channel import Channel
from acquisition.images.damage import DAMAGE
from acquisition.images.image_file import ImageFile
from acquisition.images.layout import SeriesLayout, first_page
from acquisition.images.series import ImageSeries, Key
from acquisition.images.tiff_pages import Place, TiffPages
from acquisition.images.tiff_set import TiffSet
from acquisition.images.units import moment_s, number, positive

_TAG = 51123
# Of page, by Micro-Manager's names, in the order position, time, channel, slice.
_INDICES = ("PositionIndex", "FrameIndex", "ChannelIndex", "SliceIndex")
_OTHER_NAMES = {"FrameIndex": "Frame", "SliceIndex": "Slice", "ChannelIndex": "Channel"}


def open_micromanager_stack(pages: TiffPages) -> ImageFile | None:
    """Read a TIFF by Micro-Manager's own metadata, with the other files of its set.

    Returns
    -------
    ImageFile or None
        None for a TIFF without.

    Raises
    ------
    SourceError
        If a file of the set is damaged.
    """
    if not pages.tiff.is_micromanager or _TAG not in pages.first.tags:
        return None
    summary = _summary(pages)
    files = TiffSet(pages)
    for path in _siblings(pages.path):
        files.add(path)
    first = first_page(pages, 0)
    found: dict[int, dict[Key, tuple[Place, Mapping[str, Any]]]] = {}
    for number_of_file, one in enumerate(files.files):
        for page, said in _described(one):
            position, *key = (_index(said, name) for name in _INDICES)
            one.require(page, first.shape, first.dtype)
            found.setdefault(position, {})[tuple(key)] = Place(number_of_file, page), said
    series = [
        _series(planes, summary, files, pages=pages, position=position)
        for position, planes in sorted(found.items())
    ]
    if not series:
        files.close()
        return None
    return files.image("Micro-Manager", series)


def _series(
    planes: Mapping[Key, tuple[Place, Mapping[str, Any]]],
    summary: Mapping[str, Any],
    files: TiffSet,
    *,
    pages: TiffPages,
    position: int,
) -> ImageSeries:
    sizes = {axis: 1 + max(key[column] for key in planes) for column, axis in enumerate("TCZ")}
    for axis, name in zip("CZ", ("Channels", "Slices"), strict=True):
        said = number(summary.get(name))
        if said < 1 << 31:
            sizes[axis] = max(sizes[axis], int(said))
    layout = SeriesLayout(first_page(pages, 0), sizes)
    moments = {}
    for key, (place, said_of_page) in planes.items():
        layout.put(key, place)
        time = moment_s(said_of_page.get("ElapsedTime-ms"), "ms")
        if time is not None:
            moments[key] = time
    names = summary.get("ChNames")
    said_first = next(iter(planes.values()))[1]
    size = positive(number(said_first.get("PixelSizeUm", summary.get("PixelSize_um"))))
    bits = number(said_first.get("BitDepth", summary.get("BitDepth")))
    return replace(
        layout.series(files),
        name=str(said_first.get("PositionName") or f"Pos{position}"),
        channels=tuple(map(Channel, map(str, names))) if isinstance(names, list) else (),
        pixel_size_um=size,
        z_step_um=positive(number(summary.get("z-step_um"))),
        moments_s=moments,
        significant_bits=int(bits) if 1 <= bits <= 16 else None,
    )


def _summary(pages: TiffPages) -> Mapping[str, Any]:
    try:
        said = tifffile.tifffile.read_micromanager_metadata(pages.tiff.filehandle, {"Summary"})
    except DAMAGE:
        return {}
    summary = said.get("Summary", {})
    return summary if isinstance(summary, Mapping) else {}


def _described(pages: TiffPages) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """What every whole page says of itself."""
    for number_of_page, page in enumerate(pages.pages):
        if page is None or not page.whole:
            continue
        tag = pages.tiff.pages[number_of_page].aspage().tags.get(_TAG)
        said = tag.value if tag is not None else None
        if isinstance(said, str | bytes):
            try:
                said = json.loads(said)
            except ValueError:
                continue
        if isinstance(said, Mapping):
            yield number_of_page, said


def _siblings(path: Path) -> list[Path]:
    """Other files of the set: each of 4 GB is followed by one with a number behind its name."""
    stem = path.name.removesuffix(".tif").removesuffix(".ome")
    base, _, last = stem.rpartition("_")
    if not (base and last.isdigit() and "MMStack" in base):
        base = stem
    if "MMStack" not in base:
        return []
    pattern = tuple(f"{base}{ending}" for ending in (".ome.tif", ".tif"))
    others = [
        one
        for one in sorted(path.parent.iterdir())
        if one.name in pattern
        or (
            (one.name.startswith(f"{base}_") and one.name.endswith(".tif"))
            and one.name.removeprefix(f"{base}_").partition(".")[0].isdigit()
        )
    ]
    return [one for one in others if one.name != path.name]


def _index(said: Mapping[str, Any], name: str) -> int:
    value = number(said.get(name, said.get(_OTHER_NAMES.get(name, ""))))
    return int(value) if np.isfinite(value) and 0 <= value < 1 << 31 else 0
