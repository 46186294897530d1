"""HR time-lapses and stills read from files, scaled to 0..1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pssr_live.crappify.microscope_files import CZI, ND2, Header, Reader
from pssr_live.crappify.tiff_files import TIFF
from pssr_live.errors import UserError

BLACK_PERCENTILE = 0.5
WHITE_PERCENTILE = 99.9
# HR may be brighter than its white level by this factor before it is cut.
HIGHEST_VALUE = 2.0
FRAMES_TO_SCALE_BY = 16

READERS: Mapping[str, Reader] = {".tif": TIFF, ".tiff": TIFF, ".czi": CZI, ".nd2": ND2}


@dataclass(frozen=True, slots=True)
class HRSeries:
    """Images of one recording.

    Attributes
    ----------
    name : str
    frames : ndarray of float32, shape (T, H, W)
        0 is the background, 1 the peak.
    pixel_size_um : float or None
    interval_s : float or None
    moving : bool
        Whether neighbouring frames are neighbours in time.
    """

    name: str
    frames: NDArray[np.float32]
    pixel_size_um: float | None
    interval_s: float | None
    moving: bool = True


@dataclass(frozen=True, slots=True)
class HRFile:
    """One channel of one position of a file: looked into, not yet read.

    Attributes
    ----------
    path : Path
    position : int
        From 0.
    positions : int
        How many the file has.
    channel : int
        From 0.
    header : Header
    """

    path: Path
    position: int
    positions: int
    channel: int
    header: Header

    @property
    def title(self) -> str:
        """How messages name it."""
        return f"{self.path}, position {self.position}" if self.positions > 1 else str(self.path)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, height and width."""
        count = self.header.count
        return int(np.prod([count(axis) for axis in "TZIQ"])), count("Y"), count("X")

    def counts(self) -> NDArray[Any]:
        """Read it.

        Returns
        -------
        ndarray, shape (T, H, W)
            In the file's own units and type.

        Raises
        ------
        UserError
            If it can't be read, or holds what is no number.
        """
        pixels = _reader(self.path).pixels(self.path, self.position, self.channel)
        if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
            raise UserError(
                f"{self.title} holds pixels that are no numbers.", "Export it as 16-bit TIFF."
            )
        return pixels.reshape(self.shape)

    def series(self) -> HRSeries:
        """Read it, in float32."""
        frames = self.counts().astype(np.float32)
        size, interval = self.header.pixel_size_um, self.header.interval_s
        return HRSeries(self.path.stem, frames, size, interval, moving=len(frames) > 1)


def look_into(
    path: Path, channel: int | None = None, *, depth_as_frames: bool = False
) -> list[HRFile]:
    """Look into a TIFF, OME-TIFF, ImageJ, CZI or ND2 file, without reading its pixels.

    Parameters
    ----------
    path : Path
    channel : int, optional
        Which channel, from 0, where the file has several.
    depth_as_frames : bool
        Take the planes of a stack in z for single images; otherwise it is refused.

    Returns
    -------
    list of HRFile
        One for each position.

    Raises
    ------
    UserError
        If there is no such file, it can't be read, or its axes are not time, (channel,) y and x.
    """
    if not path.is_file():
        raise UserError(f"There is no file {path}.", "Check the path.")
    headers = _reader(path).headers(path)
    for header in headers:
        _check(path, header, channel, depth_as_frames)
    return [
        HRFile(path, number, len(headers), channel or 0, header)
        for number, header in enumerate(headers)
    ]


def one_position(
    path: Path,
    channel: int | None = None,
    position: int | None = None,
    *,
    depth_as_frames: bool = False,
) -> HRFile:
    """Look into a file for one position; see `look_into`.

    Raises
    ------
    UserError
        Also if there are several and none is chosen.
    """
    files = look_into(path, channel, depth_as_frames=depth_as_frames)
    if position is None and len(files) > 1:
        raise UserError(
            f"{path} has {len(files)} positions (scenes).",
            f"Choose one: --position 0 to {len(files) - 1}.",
        )
    if position is not None and position >= len(files):
        raise UserError(
            f"{path} has no position {position}.", f"Take one of 0 to {len(files) - 1}."
        )
    return files[position or 0]


def read_hr(path: Path, channel: int | None = None, position: int | None = None) -> HRSeries:
    """Read a TIFF, OME-TIFF, ImageJ, CZI or ND2 time-lapse or still, in its own units.

    Parameters
    ----------
    path : Path
    channel, position : int, optional
        Which, from 0, where the file has several.

    Raises
    ------
    UserError
        As `look_into`, or if the file has several positions and none is chosen.
    """
    return one_position(path, channel, position).series()


def levels(frames: NDArray[Any], title: str) -> tuple[float, float]:
    """Counts that HR values 0 and 1 stand for: percentiles of the whole recording.

    Parameters
    ----------
    frames : ndarray, shape (T, H, W)
    title : str
        How a message names it.

    Raises
    ------
    UserError
        If there is one value everywhere.
    """
    sampled = frames[:: max(1, len(frames) // FRAMES_TO_SCALE_BY)]
    black, white = np.percentile(sampled, [BLACK_PERCENTILE, WHITE_PERCENTILE])
    if white <= black:
        raise UserError(f"{title} is empty: one value everywhere.", "Leave this file out.")
    return float(black), float(white)


def in_units(counts: NDArray[Any], black: float, white: float) -> NDArray[np.float32]:
    """Bring counts to 0..1, and cut what lies below 0 or far above 1."""
    frames = (np.asarray(counts, np.float32) - np.float32(black)) / np.float32(white - black)
    return np.clip(frames, 0.0, HIGHEST_VALUE, out=frames)


def scaled(series: HRSeries) -> HRSeries:
    """Bring a series to 0..1, by percentiles of the whole recording, and cut what lies beyond."""
    return replace(series, frames=in_units(series.frames, *levels(series.frames, series.name)))


def _reader(path: Path) -> Reader:
    """Choose by the file's name; what has another is tried as a TIFF."""
    return READERS.get(path.suffix.lower(), TIFF)


def _check(path: Path, header: Header, channel: int | None, depth_as_frames: bool) -> None:
    if header.dtype.kind not in "uif":
        raise UserError(f"{path} holds no plain numbers.", "Export it as 8-bit or 16-bit TIFF.")
    colours = header.count("S") > 1
    count = header.count("S" if colours else "C")
    if channel is None and count > 1:
        raise UserError(
            f"{path} {'is in colour' if colours else f'has {count} channels'}.",
            f"Choose one channel: --channel 0 to {count - 1}."
            + (" In a grey picture saved as RGB all are alike." if colours else ""),
        )
    if channel is not None and channel >= count:
        raise UserError(
            f"{path} has no channel {channel}.",
            f"Take one of 0 to {count - 1}." if count > 1 else "It has one: leave --channel out.",
        )
    axes = "".join(
        axis
        for axis, size in zip(header.axes, header.shape, strict=True)
        if axis in "YX" or (size > 1 and axis not in "CS")
    )
    if axes == "ZYX" and not depth_as_frames:
        raise UserError(
            f"{path} is a stack in z, not in time.",
            "Is it time? Swap slices and frames in Fiji (Image > Properties…) and save it. "
            "Otherwise export one plane, or a projection, over time.",
        )
    # Files that say nothing of their stack axis call it I or Q.
    if axes not in ("YX", "TYX", "IYX", "QYX", "ZYX"):
        raise UserError(
            f"{path} has the axes {axes}.",
            "Export it as time, y, x: of a stack in z, one plane or a projection.",
        )
