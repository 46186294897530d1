"""TIFFs that ScanImage writes: frames by channel, slice and volume, as its settings say."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

import tifffile

from acquisition.channel import Channel
from acquisition.errors import SourceError
from acquisition.images.damage import DAMAGE, damaged
from acquisition.images.image_file import ImageFile
from acquisition.images.layout import SeriesLayout, first_page, whole_pages
from acquisition.images.series import Key
from acquisition.images.tiff_pages import Place, TiffPages
from acquisition.images.tiff_set import TiffSet
from acquisition.images.units import number, positive
from acquisition.names import readable

_MOMENT = re.compile(r"frameTimestamps_sec\s*=\s*([0-9.eE+-]+)")


class _Scan(NamedTuple):
    """How frames follow one another: channels fastest, then frames of a slice, then slices."""

    channels: int
    frames_of_slice: int | None
    slices: int
    flyback: int
    rate: float


def open_scanimage(pages: TiffPages) -> ImageFile | None:
    """Read a TIFF by ScanImage's settings in it.

    Returns
    -------
    ImageFile or None
        None for a TIFF that ScanImage did not write.

    Raises
    ------
    SourceError
        If its settings do not say how frames follow.
    """
    if not pages.tiff.is_scanimage:
        return None
    scan = _read_settings(pages)
    numbers = pages.images
    page = first_page(pages, numbers[0])
    there = whole_pages(pages, numbers, page)
    if there == 1 and pages.cut:
        raise damaged(pages.path, 1, "is missing or cut off")
    run = scan.channels * (scan.frames_of_slice or 1) * (scan.slices + scan.flyback)
    times = math.ceil(there / run) * (scan.frames_of_slice or 1)
    layout = SeriesLayout(page, {"T": times, "C": scan.channels, "Z": scan.slices})
    moments: dict[Key, float] = {}
    for key, page_number in _order(scan, numbers[:there]):
        layout.put(key, Place(0, page_number))
        described = _MOMENT.search(_description(pages, page_number))
        if described is not None:
            moments[key] = number(described[1])
    files = TiffSet(pages)
    frames_a_volume = (scan.slices + scan.flyback) if scan.frames_of_slice == 1 else 1
    steady = scan.slices == 1 or scan.frames_of_slice == 1
    series = replace(
        layout.series(files),
        channels=tuple(Channel(f"channel {n + 1}") for n in range(scan.channels)),
        pixel_size_um=pages.pixel_size_um,
        interval_s=positive(frames_a_volume / scan.rate) if scan.rate and steady else None,
        moments_s=moments,
    )
    return files.image("ScanImage", [series])


def _order(scan: _Scan, numbers: list[int]) -> Iterator[tuple[Key, int]]:
    of_slice = scan.frames_of_slice or 1
    for index, page in enumerate(numbers):
        frame, channel = divmod(index, scan.channels)
        rest, repeat = divmod(frame, of_slice)
        volume, depth = divmod(rest, scan.slices + scan.flyback)
        if depth < scan.slices:
            yield (volume * of_slice + repeat, channel, depth), page


def _read_settings(pages: TiffPages) -> _Scan:
    description = str(pages.first.description)
    if description.startswith("state."):
        return _read_old_settings(description, pages)
    settings = _settings(pages)
    saved = settings.get("SI.hChannels.channelSave")
    if saved is None:
        raise _unclear(pages)
    # One channel may be written as a number, several as a list of numbers, or of rows.
    channels = max(1, len(saved)) if isinstance(saved, list | tuple) else 1
    stack = "SI.hStackManager."
    slices = _whole(settings, stack + "actualNumSlices", stack + "numSlices")
    average = _whole(settings, "SI.hScan2D.logAverageFactor")
    rate = number(settings.get("SI.hRoiManager.scanFrameRate")) / average
    rate = rate if math.isfinite(rate) and rate > 0 else 0.0
    if slices == 1:
        return _Scan(channels, None, 1, 0, rate)
    fast = settings.get("SI.hFastZ.enable") or settings.get(stack + "stackMode") == "fast"
    if fast:
        of_volume = _whole(settings, "SI.hFastZ.numFramesPerVolume", stack + "numFramesPerVolume")
        kept = settings.get("SI.hFastZ.discardFlybackFrames")
        flyback = 0 if kept else _whole(settings, stack + "numFramesPerVolumeWithFlyback")
        flyback = max(0, max(flyback, of_volume if not kept else 0) - slices)
        return _Scan(channels, 1, slices, flyback, rate)
    of_slice = number(settings.get(stack + "framesPerSlice"))
    if not math.isfinite(of_slice) or of_slice < 1:
        raise _unclear(pages)
    return _Scan(channels, max(1, int(of_slice) // average), slices, 0, rate)


def _settings(pages: TiffPages) -> Mapping[str, Any]:
    """Collect them from the file's header, and from the first page's tags."""
    settings: dict[str, Any] = {}
    with suppress(*DAMAGE):
        said = (pages.tiff.scanimage_metadata or {}).get("FrameData")
        settings |= said if isinstance(said, Mapping) else {}
    for text in (pages.first.software, pages.first.description):
        with suppress(*DAMAGE):
            said = tifffile.matlabstr2py(str(text))
            settings |= said if isinstance(said, Mapping) else {}
    return settings


def _read_old_settings(description: str, pages: TiffPages) -> _Scan:
    """Read the settings of ScanImage 3."""
    said: dict[str, Any] = dict(
        line.split("=", 1) for line in description.splitlines() if "=" in line
    )
    channels = sum(said.get(f"state.acq.savingChannel{n}", "0").strip() == "1" for n in range(1, 5))
    slices = _whole(said, "state.acq.numberOfZSlices")
    frames = (
        1 if _whole(said, "state.acq.averaging") > 1 else _whole(said, "state.acq.numberOfFrames")
    )
    if not channels or (slices > 1 and len(pages.images) % (channels * slices)):
        raise _unclear(pages)
    rate = number(said.get("state.acq.frameRate"))
    rate = rate if math.isfinite(rate) and rate > 0 else 0.0
    return _Scan(channels, frames if slices > 1 else None, slices, 0, rate)


def _whole(settings: Mapping[str, Any], *names: str) -> int:
    for name in names:
        value = number(settings.get(name))
        if 1 <= value < 1 << 31:
            return int(value)
    return 1


def _description(pages: TiffPages, page: int) -> str:
    described = getattr(pages.tiff.pages[page], "description", "")
    return str(described)


def _unclear(pages: TiffPages) -> SourceError:
    return SourceError(
        f"{readable(pages.path.name)} was written by ScanImage and does not say how its channels "
        "and slices follow one another.",
        "Open it in ImageJ, order it with Image > Hyperstacks > Stack to Hyperstack…, and save it "
        "as TIFF.",
    )
