"""A recording on disk: raw frames first, restored frames as they come."""

from __future__ import annotations

import threading
import time
from array import array
from bisect import bisect_right
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from acquisition import WINDOW_LENGTH, Frame, FrameFormat, PixelType, Window
from acquisition.frame_rows import TABLE_FILE, FrameRow
from acquisition.timelapse import RAW_FILE
from engines.engine import Engine
from engines.intensity import IntensityScale
from pssr_live import __version__
from pssr_live.errors import UserError
from pssr_live.recording.frame_table import FrameTable, StageTimes
from pssr_live.recording.image_format import ImageFormat
from pssr_live.recording.images import ImageFile, begin, remove
from pssr_live.recording.provenance import describe_raw, record_engine
from pssr_live.recording.restored_images import RAW_COPY_FILE, begin_restored
from pssr_live.recording.session_file import (
    SESSION_FILE,
    FormatRecord,
    SessionRecord,
    SourceRecord,
)

_IMAGES = (RAW_FILE, RAW_COPY_FILE, *(form.restored_file for form in ImageFormat))
FILES = (*_IMAGES, TABLE_FILE, SESSION_FILE)


class Recorder:
    """Writes one segment: raw frames, restored frames, frames.csv, session.json.

    One thread appends raw frames and another restored ones; each file is written by one thread
    only. A restored frame may be appended only after its raw frame.

    Parameters
    ----------
    folder : Path
        Made if need be; must hold no recording.
    frame_format : FrameFormat
        Of the raw frames.
    source_url : str
        Where they come from.
    source_settings : mapping of str to str
        What else to note of the source.
    image_format : ImageFormat
        Of the restored frames.

    Raises
    ------
    UserError
        If the folder holds a recording or can't be written, or what writes that format is not
        installed.
    """

    def __init__(
        self,
        folder: Path,
        frame_format: FrameFormat,
        source_url: str,
        source_settings: dict[str, str],
        image_format: ImageFormat = ImageFormat.OME_TIFF,
    ) -> None:
        image_format.require()
        self.folder = folder
        self.format = frame_format
        self.run_starts: list[int] = []
        # 24 bytes a frame, the only thing that grows with a recording.
        self._indices = array("q")
        self._acquired = array("d")
        self._received = array("d")
        self._began = time.perf_counter()
        self._restored: ImageFile | None = None
        # Guards the session record, which both writing threads change.
        self._lock = threading.Lock()
        self._closed = False
        self.session = SessionRecord(
            software=f"pssr-live {__version__}",
            started=datetime.now(UTC).isoformat(timespec="milliseconds"),
            source=SourceRecord(url=source_url, settings=source_settings),
            frames=FormatRecord(
                height=frame_format.height,
                width=frame_format.width,
                dtype="uint8" if frame_format.dtype == np.uint8 else "uint16",
                significant_bits=frame_format.significant_bits,
                pixel_size_um=frame_format.pixel_size_um,
                interval_s=frame_format.interval_s,
                camera=frame_format.camera,
            ),
            image_format=image_format,
        )
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name in FILES:
                if (folder / name).exists():
                    raise FileExistsError(name)
            self._raw = begin(folder / RAW_FILE, describe_raw(self.session))
            self._table = FrameTable(folder / TABLE_FILE)
            self.session.write(folder)
        except FileExistsError as error:
            raise UserError(
                f"{folder} already holds a recording, which is never written over.",
                "Choose another folder with --save.",
            ) from error
        except OSError as error:
            raise UserError(
                f"Nothing can be recorded in {folder}: {error.strerror}.",
                "Choose another folder with --save.",
            ) from error

    @property
    def raw_written(self) -> int:
        """Raw frames on disk."""
        return self._raw.written

    @property
    def restored_written(self) -> int:
        """Restored frames on disk."""
        return self._restored.written if self._restored else 0

    def append_raw(self, frame: Frame) -> None:
        """Write a raw frame and its line in frames.csv.

        Raises
        ------
        OSError
            If the disk refuses; what is written stays readable.
        """
        position = self._raw.written
        lost = 0
        if not position:
            self.run_starts.append(0)
        elif frame.index != self._indices[-1] + 1:
            lost = max(0, frame.index - self._indices[-1] - 1)
            self.run_starts.append(position)
        # The line first: a page without its line could not be placed in time after a crash.
        self._table.append(
            FrameRow(frame.index, frame.acquired, frame.received - self._began, lost)
        )
        self._indices.append(frame.index)
        self._acquired.append(frame.acquired)
        self._received.append(frame.received)
        self._raw.append(frame.pixels)
        self.session.lost_frames += lost

    def begin_restored(self, engine: Engine, path: str, intensity: IntensityScale) -> None:
        """Begin the restored file, now that the engine and the intensity scale are known.

        Parameters
        ----------
        engine : Engine
            What restores.
        path : str
            The name or folder that the engine was opened by.
        intensity : IntensityScale
            For the whole recording.
        """
        with self._lock:
            self.session.engine = record_engine(engine, path, intensity)
            self.session.write(self.folder)
        self._restored = begin_restored(self.folder, self.session)

    def append_restored(self, pixels: NDArray[PixelType]) -> None:
        """Write the next restored frame.

        Raises
        ------
        OSError
            If the disk refuses; what is written stays readable.
        """
        if self._restored is None:
            raise RuntimeError("begin_restored comes before append_restored")
        self._restored.append(pixels)

    def complete_row(self, position: int, times: StageTimes) -> None:
        """Note in frames.csv where a restored frame's latency went."""
        self._table.complete(position, times)

    def run_of(self, position: int) -> tuple[int, int]:
        """Return the half-open range of positions acquired without a gap round one of them."""
        run = bisect_right(self.run_starts, position)
        stop = self.run_starts[run] if run < len(self.run_starts) else self._raw.written
        return self.run_starts[run - 1], stop

    def window_of(self, pixels: NDArray[PixelType], positions: NDArray[np.intp]) -> Window:
        """Put what is known of the frames at five positions beside their pixels."""
        centre = int(positions[WINDOW_LENGTH // 2])
        return Window(
            pixels,
            index=self._indices[centre],
            acquired=self._acquired[centre],
            received=self._received[centre],
            completed=self._received[int(positions[-1])],
            sequence=centre,
            first=int(positions[0]),
            last=int(positions[-1]),
        )

    def close(self, ended_by: str) -> None:
        """Close all files and say in session.json how it ended. May be called more than once.

        Parameters
        ----------
        ended_by : str
            In words, for the record.
        """
        if self._closed:
            return
        self._closed = True
        raw, restored = self.raw_written, self.restored_written
        with ExitStack() as stack:
            # Each is closed whatever becomes of the others: a full disk must not leave one open.
            stack.callback(self._write_session, raw, restored, ended_by)
            stack.callback(self._table.close)
            if self._restored is not None:
                stack.callback(self._restored.close, self._acquired[:restored])
            stack.callback(self._raw.close, self._acquired[:raw])

    def _write_session(self, raw: int, restored: int, ended_by: str) -> None:
        if not raw:
            self._remove()
            return
        self.session.raw_frames = raw
        self.session.restored_frames = restored
        self.session.state = "complete" if raw == restored else "raw only"
        self.session.ended_by = ended_by
        self.session.write(self.folder)

    def _remove(self) -> None:
        """Leave nothing where nothing was recorded."""
        for name in FILES:
            remove(self.folder / name)
        with suppress(OSError):
            self.folder.rmdir()
