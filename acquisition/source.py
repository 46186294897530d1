"""The seam between any microscope and the rest: a source is opened, read, closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from acquisition.channel import StreamKey
from acquisition.errors import SourceError
from acquisition.frame import Frame, FrameFormat, Missing

if TYPE_CHECKING:
    from acquisition.images import StreamChoice

KINDS = ("replay", "simulated", "micromanager", "micromanager+local")


class FrameSource(Protocol):
    """Delivers frames, one by one, to one reader.

    The order of calls is `open`, then `read` until `EndOfFrames` or until the reader has had
    enough, then `close`. All are called from one thread; only `close` may be called from another,
    and more than once, and it makes a waiting `read` return.

    Attributes
    ----------
    url : str
        What `open_source` was given, for the record.
    frame_count : int or None
        How many frames will come, for a progress bar; None where there is no end.
    settings : mapping of str to str
        What should be written into a recording about the source: seed, scan settings, file.
    first_index : int or None
        Number of the first frame of the format told last, if none before it is lost; None where
        nobody can tell.
    urgent : bool
        Whether frames will be lost unless they are fetched at once: others should wait.
    """

    url: str
    frame_count: int | None
    settings: Mapping[str, str]
    first_index: int | None
    urgent: bool

    @property
    def status(self) -> str:
        """How things stand, in words for the user; empty while frames flow as they should."""
        ...

    @property
    def connected(self) -> bool:
        """Whether frames can come; False while a microscope that is lost is waited for."""
        ...

    @property
    def next_frame_s(self) -> float | None:
        """Seconds until the next frame is due, of a slow time-lapse; None where nobody knows."""
        ...

    @property
    def missing_after(self) -> Mapping[StreamKey, Missing]:
        """What is missing of each stream behind its last frame, as far as is known by now."""
        ...

    def open(self) -> FrameFormat:
        """Connect and say what frames will look like.

        Raises
        ------
        SourceError
            If there is nothing to read from, with the fix.
        """
        ...

    def read(self, timeout: float) -> Frame | None:
        """Return the next frame, or None if none came within `timeout` seconds.

        Raises
        ------
        EndOfFrames
            After the last frame.
        FormatChanged
            When the next frame has another format; the call after that returns it.
        RunEnded
            When a run has ended, such as an experiment, and the next is waited for;
            `FormatChanged` comes before its first frame.
        SourceError
            When the source failed and can't go on.
        """
        ...

    def close(self) -> None:
        """Let go of the microscope or file."""
        ...


@runtime_checkable
class HoldsFrames(Protocol):
    """A source in which frames wait that have come already: they outlast its end."""

    def take_no_more(self) -> None:
        """Begin to end; what has come is still read, up to `EndOfFrames`."""
        ...


def full_url(said: str) -> str:
    """Put ``replay:`` before the path of a file or folder that is there.

    Parameters
    ----------
    said : str
        A URL, or a path.
    """
    if said.partition(":")[0] in KINDS or not said:
        return said
    return f"replay:{said}" if Path(said).exists() else said


def brings_experiments(url: str) -> bool:
    """Whether experiments with channels of their own may come from a source that has none yet."""
    return url.partition(":")[0] == "micromanager"


def open_source(
    url: str,
    *,
    rate: str | None = None,
    loop: bool = False,
    look_only: bool = False,
    choice: StreamChoice | None = None,
    interval_s: float | None = None,
    stills: bool = False,
) -> FrameSource:
    """Make the source that a URL names; nothing is opened yet.

    Parameters
    ----------
    url : str
        ``replay:PATH`` or the path alone, ``simulated:``, ``micromanager:[PORT]`` or
        ``micromanager+local:CONFIG.cfg``, the last three with options such as
        ``simulated:seed=3,photons=12`` or ``micromanager:4827,mode=follow``.
    rate : str, optional
        Frames per second, or ``max``; by default the source's own interval. A microscope keeps
        its own.
    loop : bool
        Whether a replay begins again at its end.
    look_only : bool
        Whether only to look at the camera that Micro-Manager uses: nothing is started, stopped or
        set.
    choice : StreamChoice, optional
        Channel, slice and position of a replay.
    interval_s : float, optional
        From frame to frame of a replay in s, whatever its file says.
    stills : bool
        Whether single images, and stacks in z at a single time, are replayed too.

    Returns
    -------
    FrameSource

    Raises
    ------
    SourceError
        If there is no such kind of source, or it can't be run so.
    """
    url = full_url(url)
    kind, _, rest = url.partition(":")
    if kind == "replay":
        from acquisition.images import StreamChoice
        from acquisition.replay import ReplaySource

        choice = choice or StreamChoice()
        return ReplaySource(
            rest, rate=rate, loop=loop, choice=choice, interval_s=interval_s, stills=stills
        )
    if loop:
        raise SourceError(
            f"{url} can't be played again: only a recorded time-lapse can.",
            "Leave out --loop, or name a file: --source replay:cells.tif",
        )
    if kind == "simulated":
        from acquisition.simulated import SimulatedSource

        return SimulatedSource.from_url(url, rate=rate)
    if kind in ("micromanager", "micromanager+local"):
        from acquisition.micromanager import MicroManagerOptions, MicroManagerSource

        if rate is not None:
            raise SourceError(
                f"A microscope can't be made to run at a rate of {rate!r}.",
                "Leave out --rate and set the exposure or scan speed in Micro-Manager.",
            )
        options = MicroManagerOptions.from_url(url)
        if look_only:
            options = replace(options, mode="follow", camera="")
        elif options.runs_experiment:
            from acquisition.micromanager.mda.source import experiment_source

            return experiment_source(options, url)
        return MicroManagerSource(options, url)
    raise SourceError(
        f"There is no source, and no file, {url!r}.",
        "Use micromanager: for the microscope, replay:PATH for a recorded TIFF or simulated: for "
        "the simulated microscope.",
    )
