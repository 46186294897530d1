"""Image files looked into for HR images: which there are, and each read whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, Unpack

import numpy as np
from numpy.typing import NDArray

from acquisition import SourceError, readable
from acquisition.images import (
    DEPTH,
    ImageFile,
    Stream,
    StreamChoice,
    WindowAlong,
    choose_series,
    choose_stream,
    data_bar_rows,
    find_channel,
    named_as_predicted,
    open_images,
    words_of_gaps,
)
from pssr_live.crappify.series import HRSeries, frame_prints, starts_of_runs
from pssr_live.errors import UserError

ALLOW_PREDICTED = "--allow-predicted"


class LookOptions(TypedDict, total=False):
    """How a file is looked into, see `look_into`."""

    z: int | None
    depth_as_frames: bool
    window_along: WindowAlong
    allow_predicted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HRFile:
    """One channel, slice and position of a file: looked into, not yet read.

    Attributes
    ----------
    path : Path
    position : int
        From 0.
    positions : int
        How many the file has.
    channel, z : int or None
        From 0; None where there is one.
    depth_as_frames : bool
        Whether the planes of a stack in z were to be taken for images.
    window_along : {"time", "z"}
        Which planes were to be neighbours.
    frames_are_slices : bool
        Whether its frames are such planes.
    z_step_um : float or None
        From one to the next.
    shape : tuple of int
        Frames that are there, height and width.
    dtype : numpy.dtype
        As stored.
    numbers : tuple of int
        Of these frames.
    pixel_size_um, interval_s : float or None
    times_s : tuple of float or None
        When its frames were acquired; NaN for those that are not known.
    missing : str
        Which frames the file promises and does not hold, in words; empty where it holds all.
    files : tuple of Path
        All files of the set that it is read from.
    """

    path: Path
    position: int
    positions: int
    channel: int | None
    z: int | None
    depth_as_frames: bool
    window_along: WindowAlong
    frames_are_slices: bool
    z_step_um: float | None
    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    numbers: tuple[int, ...]
    pixel_size_um: float | None
    interval_s: float | None
    times_s: tuple[float, ...] | None
    missing: str
    files: tuple[Path, ...]

    @property
    def title(self) -> str:
        """How messages name it."""
        name = readable(self.path)
        return f"{name}, position {self.position}" if self.positions > 1 else name

    def starts(self, length: int) -> NDArray[np.intp]:
        """Positions from which so many frames follow one another without a gap."""
        return starts_of_runs(self.numbers, length)

    def counts(self) -> NDArray[Any]:
        """Read it, a plane at a time.

        Returns
        -------
        ndarray, shape (T, H, W)
            In the file's own units and type.

        Raises
        ------
        UserError
            If it can't be read, or holds what is not a number.
        """
        choice = StreamChoice(self.channel, self.z, self.position, self.window_along)
        with _in_words(self.path), open_images(self.path) as file:
            stream = choose_stream(file, choice, depth_as_frames=self.depth_as_frames)
            pixels = np.empty((len(stream), *self.shape[1:]), self.dtype)
            for number in range(len(stream)):
                pixels[number] = stream.frame(number)
        if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
            raise UserError(
                f"{self.title} has pixels that are not numbers (NaN or infinite).",
                "Export it as 16-bit TIFF.",
            )
        return pixels

    def series(self) -> HRSeries:
        """Read it, in float32."""
        frames = self.counts().astype(np.float32)
        first = self.numbers[0]
        gaps = self.numbers != tuple(range(first, first + len(self.numbers)))
        return HRSeries(
            name=self.path.stem,
            frames=frames,
            pixel_size_um=self.pixel_size_um,
            interval_s=self.interval_s,
            moving=len(frames) > 1,
            numbers=self.numbers if gaps else None,
            prints=frame_prints(frames),
        )


def look_into(
    path: Path,
    channel: int | str | None = None,
    *,
    z: int | None = None,
    depth_as_frames: bool = False,
    window_along: WindowAlong = "time",
    allow_predicted: bool = False,
) -> list[HRFile]:
    """Look into an image file of any kind, without reading its pixels.

    Parameters
    ----------
    path : Path
        A file, one of a set, or the folder of an NDTiff set or an OME-Zarr.
    channel : int or str, optional
        Its number from 0, or its name, where the file has several.
    z : int, optional
        Which slice, from 0, where the file has several.
    depth_as_frames : bool
        Take the planes of a stack in z for single images; otherwise it is refused.
    window_along : {"time", "z"}
        Which planes are neighbours; along z anything else than one stack is refused.
    allow_predicted : bool
        Whether a prediction of ours may be taken for truth.

    Returns
    -------
    list of HRFile
        One for each position.

    Raises
    ------
    UserError
        If there is no such file, it can't be read, is a prediction, or its axes are not time,
        (channel, z,) y and x.
    """
    with _in_words(path), open_images(path) as file:
        if not allow_predicted and (file.predicted or named_as_predicted(path)):
            raise UserError(
                f"{readable(path)} is restored: a prediction, not a truth to learn from or to "
                "judge by.",
                f"Name the file it was made of; or, if you know why, add {ALLOW_PREDICTED}.",
            )
        return [
            _looked_into(
                file,
                StreamChoice(channel, z, position, window_along),
                depth_as_frames=depth_as_frames,
            )
            for position in range(len(file.series))
        ]


def _looked_into(file: ImageFile, choice: StreamChoice, *, depth_as_frames: bool) -> HRFile:
    position = choice.position or 0
    stream = choose_stream(file, choice, depth_as_frames=depth_as_frames)
    series = stream.series
    if series.dtype.kind not in "uif":
        raise UserError(
            f"{readable(file.path)} has pixels of a type that can't be used here.",
            "Export it as 8-bit or 16-bit TIFF.",
        )
    if not len(stream):
        raise UserError(
            f"{readable(file.path)} holds none of the {stream.promised} frames that it promises.",
            "Put the files of its set together in one folder.",
        )
    # Single images may come from an electron microscope, whose program writes below them.
    images = depth_as_frames or choice.along_z or len(stream) == 1
    rows = data_bar_rows(stream.frame(0)) if images else 0
    if rows:
        raise UserError(
            f"{readable(file.path)} ends in a data bar of {rows} rows, burnt in by the microscope.",
            f"Crop {rows} rows off at the bottom, in Fiji by Image > Crop, and save it.",
        )
    return HRFile(
        path=file.path,
        position=position,
        positions=len(file.series),
        channel=_channel_number(file, choice),
        z=choice.z,
        depth_as_frames=depth_as_frames,
        window_along=choice.window_along,
        frames_are_slices=stream.axis == DEPTH,
        z_step_um=series.z_step_um if stream.axis == DEPTH else None,
        shape=(len(stream), series.height, series.width),
        dtype=series.dtype,
        numbers=stream.numbers,
        pixel_size_um=series.pixel_size_um,
        interval_s=stream.interval_s,
        times_s=stream.times_s,
        missing=_missing_in_words(file, stream),
        files=file.files,
    )


def _channel_number(file: ImageFile, choice: StreamChoice) -> int | None:
    if not choice.channels:
        return None
    series = choose_series(file, choice.position)
    return find_channel(readable(file.path.name), series, choice.channels[0])


def one_position(
    path: Path,
    channel: int | str | None = None,
    position: int | None = None,
    **how: Unpack[LookOptions],
) -> HRFile:
    """Look into a file for one position; see `look_into`.

    Raises
    ------
    UserError
        Also if there are several and none is chosen.
    """
    files = look_into(path, channel, **how)
    if position is None and len(files) > 1:
        raise UserError(
            f"{readable(path)} has {len(files)} positions (scenes).",
            f"Choose one: --position 0 to {len(files) - 1}.",
        )
    if position is not None and position >= len(files):
        raise UserError(
            f"{readable(path)} has no position {position}.", f"Choose one of 0 to {len(files) - 1}."
        )
    return files[position or 0]


def read_hr(
    path: Path,
    channel: int | str | None = None,
    position: int | None = None,
    **how: Unpack[LookOptions],
) -> HRSeries:
    """Read a time-lapse or still, in its own units.

    Parameters
    ----------
    path : Path
    channel : int or str, optional
    position : int, optional
        Which, from 0, where the file has several; a channel also by its name.
    **how : LookOptions

    Raises
    ------
    UserError
        As `look_into`, or if the file has several positions and none is chosen.
    """
    return one_position(path, channel, position, **how).series()


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """Say what the reader says as the rest of a command does: with the whole path."""
    try:
        yield
    except SourceError as error:
        problem = error.problem.replace(readable(path.name), readable(path), 1)
        raise UserError(
            error.problem if readable(path) in error.problem else problem, error.fix
        ) from error


def _missing_in_words(file: ImageFile, stream: Stream) -> str:
    if not stream.missing:
        return ""
    absent = ", ".join(map(readable, file.absent))
    return (
        f"{readable(file.path)}: {stream.missing} of {stream.promised} frames missing "
        f"({words_of_gaps(stream.gaps)}), left out" + (f"; not there: {absent}" if absent else "")
    )
