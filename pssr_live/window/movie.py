"""Movies of restored frames as MP4, written in a thread of their own; they can be given up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from acquisition import StreamKey
from engines import why_refused
from gui import ChannelLook, ExportedImages, KeptFrames, burn_in, rgb_of
from pssr_live.errors import UserError
from pssr_live.window.recorded import RecordedFrames

FRAMES_PER_SECOND = 10
# Of H.264, quality 18 can't be told from the original by eye. A faster preset makes larger files,
# and leaves the cores to an engine that runs beside it.
_ENCODING = ["-crf", "18", "-preset", "veryfast", "-threads", "2", "-movflags", "+faststart"]


# Opened, read and closed in the thread that writes: the frames of each stream.
FramesToShow = Callable[[], AbstractContextManager[Mapping[StreamKey, KeptFrames]]]


def recorded_in(folder: Path) -> FramesToShow:
    """Take the frames of a recording; one that can't be read is told at the end."""

    @contextmanager
    def opened() -> Iterator[Mapping[StreamKey, KeptFrames]]:
        faults: list[UserError] = []
        # Not the window's: files are read by one thread each.
        frames = RecordedFrames(folder, faults.append)
        with closing(frames):
            yield frames.streams
        if faults:
            raise faults[0]

    return opened


class MovieOrder(NamedTuple):
    """What a movie shall show.

    Attributes
    ----------
    frames : callable
        Opens what there is to be shown.
    path : Path
        Of the movie, which is replaced if it is there.
    stream : StreamKey
        Its position and slice are shown, at the time points at which it has a frame.
    looks : mapping of int to ChannelLook
        The channels to be seen.
    images : ExportedImages
    """

    frames: FramesToShow
    path: Path
    stream: StreamKey
    looks: Mapping[int, ChannelLook]
    images: ExportedImages


class MovieExport:
    """Writes one movie.

    Parameters
    ----------
    order : MovieOrder

    Raises
    ------
    UserError
        If what writes movies is not installed.

    Attributes
    ----------
    done, total : int
        Frames written, and how many there will be; 0 while that is not known.
    """

    def __init__(self, order: MovieOrder) -> None:
        if find_spec("imageio_ffmpeg") is None:
            raise UserError(
                "MP4 movies are written with imageio-ffmpeg, which is not installed.",
                'Install it: python -m pip install "pssr-live[movie]"',
            )
        self.done = self.total = 0
        self._order = order
        self._given_up = threading.Event()
        self._error: UserError | None = None
        self._thread = threading.Thread(target=self._run, name="movie", daemon=True)
        self._thread.start()

    @property
    def finished(self) -> bool:
        """Whether nothing more is written."""
        return not self._thread.is_alive()

    def give_up(self) -> None:
        """Write no more, and leave nothing of it."""
        self._given_up.set()

    def wait(self) -> None:
        """Wait for the end."""
        self._thread.join()

    def result(self) -> str | UserError:
        """Say what was written, or why nothing was; once it is finished."""
        if self._given_up.is_set():
            return "The movie was cancelled"
        if self._error is not None:
            return self._error
        return f"Movie: {self._order.path}"

    def _run(self) -> None:
        part = self._order.path.with_name(f".{self._order.path.name}.part.mp4")
        try:
            self._write(part)
            if not self._given_up.is_set():
                part.replace(self._order.path)
        except UserError as error:
            self._error = error
        except OSError as error:
            why = why_refused(error, self._order.path)
            self._error = UserError(f"The movie can't be written: {why}.", "Choose another place.")
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def _write(self, path: Path) -> None:
        import imageio_ffmpeg

        order = self._order
        with order.frames() as streams:
            looked_at = streams.get(order.stream)
            if looked_at is None:
                raise UserError("There is no frame to show.", "Choose another channel or slice.")
            self.total = len(looked_at)
            writer = None
            try:
                for one in looked_at:
                    if self._given_up.is_set():
                        return
                    beside = {
                        channel: streams[stream].at_time(one.time_point)
                        for channel in order.looks
                        if (stream := order.stream._replace(channel=channel)) in streams
                    }
                    shown = {n: frame for n, frame in beside.items() if frame is not None}
                    picture = burn_in(
                        shown or {order.stream.channel: one}, order.looks, order.images
                    )
                    if writer is None:
                        writer = imageio_ffmpeg.write_frames(
                            str(path),
                            (picture.width(), picture.height()),
                            fps=FRAMES_PER_SECOND,
                            codec="libx264",
                            quality=None,
                            macro_block_size=2,
                            ffmpeg_log_level="error",
                            output_params=_ENCODING,
                        )
                        writer.send(None)
                    writer.send(rgb_of(picture))
                    self.done += 1
            finally:
                if writer is not None:
                    writer.close()
