"""The recordings that methods are tried on: HR truth, and LR frames made from it or scanned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from acquisition import ANY_STREAM
from acquisition.images import StreamChoice
from engines import SCALE_FACTOR
from pssr_live.crappify import (
    Counts,
    HRSeries,
    channel_names,
    find_crappifier,
    one_position,
    read_hr,
    scaled,
)
from pssr_live.errors import UserError
from pssr_live.metrics import TRUTH_PERCENTILES

SCANNED = "scanned"
# Down to which side, in HR pixels, SSIM and the rest can be measured at all.
SMALLEST_SIDE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationSource:
    """One HR file, and the LR file that was scanned of the same field, if there is one.

    Attributes
    ----------
    truth : Path
    lr : Path or None
    movie : str
        What it is a part of; figures are averaged over a movie before anything is tested.
    choice : StreamChoice
        Channel, slice and position, where the files have several.
    allow_predicted : bool
        Whether the truth may be a prediction of ours.
    channel : str
        Which of several is looked at; empty where one is.
    """

    truth: Path
    lr: Path | None
    movie: str
    choice: StreamChoice = ANY_STREAM
    allow_predicted: bool = False
    channel: str = ""

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.truth.name.partition(".")[0]

    def title_of(self, condition: str) -> str:
        """How reports call a condition: each of several channels has its own."""
        return f"{self.channel}, {condition}" if self.channel else condition


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationMovie:
    """HR truth and LR frames of one field.

    Attributes
    ----------
    name, movie : str
    condition : str
        The crappifier's name, or ``scanned``.
    truth : ndarray of float32, shape (T, 4H, 4W)
        0 to 1 if crappified, counts if scanned.
    lr : ndarray of uint8 or uint16, shape (T, H, W)
    second_lr : ndarray or None
        The same, crappified again with other noise.
    black, unit : float
        (counts - black) / unit is on the truth's scale.
    prints : frozenset of str
        Digests of the truth's frames, as they are stored.
    span : float
        From the truth's 0.1 to its 99.9 percentile; 1 if crappified.
    pixel_size_um, interval_s : float or None
        Of the truth.
    """

    name: str
    movie: str
    condition: str
    truth: NDArray[np.float32]
    lr: Counts
    second_lr: Counts | None
    black: float
    unit: float
    prints: frozenset[str]
    span: float
    pixel_size_um: float | None
    interval_s: float | None


def find_sources(
    truths: Sequence[Path],
    lrs: Sequence[Path],
    movies: Sequence[str],
    *,
    choice: StreamChoice = ANY_STREAM,
    allow_predicted: bool = False,
) -> list[EvaluationSource]:
    """Pair HR files with LR files, and say which movie each is a part of.

    Of several channels, each file has a source for each, channel by channel.

    Parameters
    ----------
    truths, lrs : sequence of Path
        As many LR files as HR files, in the same order, or none.
    movies : sequence of str
        Beginnings of file names; files that begin alike are parts of one movie. Any other file is
        a movie of its own.
    choice : StreamChoice
        Channels, slice and position, where the files have several.
    allow_predicted : bool
        Whether truths may be predictions of ours.

    Raises
    ------
    UserError
        If the numbers differ or a file is named twice.
    """
    if lrs and len(lrs) != len(truths):
        raise UserError(
            f"There are {len(truths)} HR files and {len(lrs)} LR files.",
            "Give one --lr for each --truth, in the same order.",
        )
    sources = []
    for number, truth in enumerate(truths):
        prefix = next((movie for movie in movies if truth.name.startswith(movie)), None)
        name = truth.name.partition(".")[0]
        sources.append(
            EvaluationSource(
                truth=truth,
                lr=lrs[number] if lrs else None,
                movie=prefix or name,
                choice=choice,
                allow_predicted=allow_predicted,
            )
        )
    names = [source.name for source in sources]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UserError(f"Two HR files are called {twice}.", "Rename one of them.")
    if len(choice.channels) <= 1:
        return sources
    return [
        replace(source, choice=choice._replace(channel=channel), channel=name)
        for channel, name in zip(choice.channels, channel_names(choice.channels), strict=True)
        for source in sources
    ]


def load(source: EvaluationSource, condition: str, seed: int) -> EvaluationMovie:
    """Read the truth, and crappify it or read its LR file.

    Parameters
    ----------
    source : EvaluationSource
    condition : str
        A crappifier's name, or ``scanned``.
    seed : int
        Of the crappifier's noise.

    Raises
    ------
    UserError
        If a file can't be read, is too small, or the two do not fit together.
    """
    hr = _read(source.truth, source, allow_predicted=source.allow_predicted).longest_run()
    if min(hr.frames.shape[1:]) < SMALLEST_SIDE:
        raise UserError(
            f"{source.truth} is {hr.frames.shape[1]} x {hr.frames.shape[2]} pixels: too small to "
            "measure on.",
            f"Use HR images of at least {SMALLEST_SIDE} x {SMALLEST_SIDE} pixels.",
        )
    if condition == SCANNED:
        return _scanned(source, hr)
    hr = scaled(hr)
    crappifier = find_crappifier(condition)
    # One stream of noise for each scan of each file.
    words = f"{source.name}{source.channel}".encode()
    noises = [np.random.default_rng([seed, scan, *words]) for scan in range(2)]
    lr, second_lr = (crappifier.apply(hr.frames, rng) for rng in noises)
    return EvaluationMovie(
        name=source.name,
        movie=source.movie,
        condition=condition,
        truth=_cut(hr.frames, lr),
        lr=lr,
        second_lr=second_lr,
        black=crappifier.black,
        unit=crappifier.white - crappifier.black,
        prints=_written(hr),
        span=1.0,
        pixel_size_um=hr.pixel_size_um,
        interval_s=hr.interval_s,
    )


def titles_of(sources: Sequence[EvaluationSource], conditions: Sequence[str]) -> list[str]:
    """List what reports have a section for: each condition, of each of several channels."""
    titles = [source.title_of(condition) for source in sources for condition in conditions]
    return list(dict.fromkeys(titles))


def missing_frames(source: EvaluationSource) -> str:
    """Say which frames of a truth are missing, in words; empty where none is.

    Raises
    ------
    UserError
        If it can't be read, or is a prediction.
    """
    choice = source.choice
    file = one_position(
        source.truth,
        choice.only_channel,
        choice.position,
        z=choice.z,
        window_along=choice.window_along,
        allow_predicted=source.allow_predicted,
    )
    if not file.missing:
        return ""
    return f"{file.missing}; measured on the frames that follow one another longest."


def _read(path: Path, source: EvaluationSource, *, allow_predicted: bool) -> HRSeries:
    choice = source.choice
    return read_hr(
        path,
        choice.only_channel,
        choice.position,
        z=choice.z,
        window_along=choice.window_along,
        allow_predicted=allow_predicted,
    )


def _scanned(source: EvaluationSource, hr: HRSeries) -> EvaluationMovie:
    if source.lr is None:
        raise ValueError("a scanned condition needs LR files")
    # An LR file is what methods are given, never what they are judged by.
    lr = _read(source.lr, source, allow_predicted=True).longest_run().frames
    counts = lr.astype(np.uint16) if lr.min() >= 0 and lr.max() <= 65535 else None
    if counts is None or not np.array_equal(counts, lr):
        raise UserError(
            f"{source.lr} does not hold whole counts of 0 to 65535.",
            "Export the frames as the detector counted them, as 8-bit or 16-bit TIFF.",
        )
    expected = (len(hr.frames), *(side // SCALE_FACTOR for side in hr.frames.shape[1:]))
    if counts.shape != expected:
        raise UserError(
            f"{source.lr} is {counts.shape} (frames, height, width), "
            f"{source.truth} is {hr.frames.shape}.",
            f"LR frames should be as many, and {SCALE_FACTOR} times smaller along each side: "
            "crop both to the same field.",
        )
    truth = _cut(hr.frames, counts)
    low, high = np.percentile(truth, TRUTH_PERCENTILES)
    if high <= low:
        raise UserError(f"{source.truth} is one value everywhere.", "Leave this file out.")
    return EvaluationMovie(
        name=source.name,
        movie=source.movie,
        condition=SCANNED,
        truth=truth,
        lr=counts,
        second_lr=None,
        black=0.0,
        unit=1.0,
        prints=_written(hr),
        span=float(high - low),
        pixel_size_um=hr.pixel_size_um,
        interval_s=hr.interval_s,
    )


def _cut(truth: NDArray[np.float32], lr: Counts) -> NDArray[np.float32]:
    """Leave out the rows and columns of the truth that make no whole LR pixel."""
    height, width = (SCALE_FACTOR * side for side in lr.shape[1:])
    return truth[:, :height, :width]


def _written(hr: HRSeries) -> frozenset[str]:
    return frozenset(one.hex() for one in hr.prints)
