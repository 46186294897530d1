"""A recording on disk: raw frames first, restored frames as they come."""

from __future__ import annotations

import errno
import math
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

from numpy.typing import NDArray

from acquisition import (
    ONE_STREAM,
    RAW_FILE,
    TABLE_FILE,
    Frame,
    FrameFormat,
    FrameRow,
    PixelType,
    StreamKey,
)
from pssr_live._version import __version__
from pssr_live.recording.empty_folder import FILES, claim_empty, refusals
from pssr_live.recording.frame_table import FrameTable, StageTimes
from pssr_live.recording.image_format import ImageFormat
from pssr_live.recording.images import begin, remove
from pssr_live.recording.plane import Plane
from pssr_live.recording.provenance import describe_raw, restored_channels
from pssr_live.recording.restored_frames import RestoredFrames
from pssr_live.recording.room import (
    RESTORED_SHARE,
    Room,
    free_bytes,
)
from pssr_live.recording.session_file import (
    AskedRecord,
    FormatRecord,
    SessionRecord,
    SourceRecord,
)
from pssr_live.recording.session_notes import SessionNotes
from pssr_live.recording.tiff_pages import BigTiffPages, TiffError
from pssr_live.recording.windows_folder import refuse_on_windows
from pssr_live.recording.written_streams import WrittenStreams
from pssr_live.trust import Trust

_DECIMALS = 6


class Recorder:
    """Writes one segment: raw frames, restored frames, frames.csv, session.json.

    One thread appends raw frames and another restored ones; each file is written by one thread
    only. A restored frame may be appended only after its raw frame.

    Parameters
    ----------
    folder : Path
        Made if need be; must hold no recording.
    frame_format : FrameFormat
        Of the raw frames, at one position.
    source_url : str
        Where they come from.
    source_settings : mapping of str to str
        What else to note of the source.
    image_format : ImageFormat
        Of the restored frames.
    asked : AskedRecord, optional
        The engine asked for, for whoever completes a recording that was cut off before it had one.
    last_indices : mapping of StreamKey to int, optional
        Where another recording is gone on with, the source's number of the last frame of each
        stream in it: what is missing between the two stands before the first frame of this one.
    all_room_for_raw : bool
        Whether restored frames may use no room that the disk has now.

    Attributes
    ----------
    notes : SessionNotes
        What becomes known meanwhile.
    streams : WrittenStreams or None
        Which raw frames are of which stream; None for one stream.

    Raises
    ------
    FolderTakenError
        If the folder holds a recording.
    UserError
        If it can't be written, or what writes that format is not installed.
    """

    def __init__(
        self,
        folder: Path,
        frame_format: FrameFormat,
        *,
        source_url: str,
        source_settings: Mapping[str, str],
        image_format: ImageFormat = ImageFormat.OME_TIFF,
        asked: AskedRecord | None = None,
        last_indices: Mapping[StreamKey, int] | None = None,
        all_room_for_raw: bool = False,
    ) -> None:
        image_format.require()
        refuse_on_windows(folder)
        self.folder = folder
        self.format = frame_format
        # On the clock of `Frame.received`.
        self.began = time.perf_counter()
        self._first_acquired = 0.0
        self._last_indices = dict(last_indices or {})
        self._last_stream = ONE_STREAM
        several = len(frame_format.streams) > 1
        self.streams = WrittenStreams(frame_format) if several else None
        self._raw_share = 1.0 if all_room_for_raw else 1.0 - RESTORED_SHARE
        self._restored: RestoredFrames | None = None
        self._closed = False
        self.session = SessionRecord(
            software=f"pssr-live {__version__}",
            started=datetime.now(UTC).isoformat(timespec="milliseconds"),
            source=SourceRecord(url=source_url, settings=dict(source_settings)),
            frames=FormatRecord.of(frame_format),
            image_format=image_format,
            asked=asked,
        )
        self.notes = SessionNotes(folder, self.session, frame_format)
        with refusals(folder):
            self._begin()

    def _begin(self) -> None:
        """Make the folder and the files that are there before the first frame, or none."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as undo:
            undo.callback(self._remove_folder)
            self._claim = undo.enter_context(claim_empty(self.folder))
            self._free = free_bytes(self.folder)
            self._kept_for_raw = int(self._raw_share * self._free)
            self._raw = begin(self.folder / RAW_FILE, describe_raw(self.session))
            undo.callback((self.folder / RAW_FILE).unlink)
            undo.callback(self._raw.close)
            of_several = self.streams is not None
            self._table = FrameTable(self.folder / TABLE_FILE, of_several=of_several)
            undo.callback((self.folder / TABLE_FILE).unlink)
            undo.callback(self._table.close)
            self.session.write(self.folder)
            undo.pop_all()

    def room(self, scale_factor: int, *, positions: int = 1) -> Room:
        """What the disk has room for, as of the last restored frame that was written.

        Of so many positions, each in a recording like this one.
        """
        usable = self._free - self._kept_for_raw
        return Room.of(
            self._free, usable, self.format, scale_factor=scale_factor, positions=positions
        )

    def growing_files(self, *, read_back: bool) -> dict[Path, bool]:
        """Files that frames are appended to, and whether they are read back meanwhile.

        An OME-Zarr is not one file.

        Parameters
        ----------
        read_back : bool
            Whether raw frames are: for windows to be restored late.
        """
        names = {RAW_FILE: read_back, TABLE_FILE: True}
        if self.session.image_format is ImageFormat.OME_TIFF:
            names[self.session.image_format.restored_file] = False
        return {self.folder / name: read_back for name, read_back in names.items()}

    @property
    def last_index(self) -> int | None:
        """The source's number of the last raw frame on disk, here or in what this goes on with.

        In the last frame's stream, where there are several.
        """
        return self._last_indices.get(self._last_stream)

    @property
    def last_indices(self) -> Mapping[StreamKey, int]:
        """The same of each stream."""
        return dict(self._last_indices)

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
        position, before = self._raw.written, self._last_indices.get(frame.stream)
        lost = frame.lost_before if before is None else max(0, frame.index - before - 1)
        if not position:
            first = round(frame.acquired, _DECIMALS)
            self._first_acquired = first if math.isfinite(first) else 0.0
        plane = self.streams.plane_of(frame) if self.streams is not None else Plane()
        # The line first: a page without its line could not be placed in time after a crash.
        row = FrameRow(
            index=frame.index,
            acquired_s=frame.acquired,
            received_s=frame.received - self.began,
            lost_before=lost,
            channel=plane.channel,
            z=plane.z,
            time_point=plane.time_point,
            lost_to=frame.lost_to,
            late_s=frame.late_s,
        )
        self._table.write(position, row)
        self._raw.append(frame.pixels, self._time_s(frame.acquired), plane)
        if self.streams is not None:
            self.streams.append(
                frame.stream,
                index=frame.index,
                time_point=frame.time_point,
                place=plane.time_point,
            )
        self._last_indices[frame.stream] = frame.index
        self._last_stream = frame.stream
        self.notes.note_lost_before(frame.stream, row)

    def begin_restored(self) -> None:
        """Begin the restored file; `SessionNotes.note_engine`, or `note_opened`, comes before."""
        self._restored = RestoredFrames(self.folder, self.session, self.streams)

    def next_to_restore(self, stream: StreamKey) -> int | None:
        """The position of the raw frame whose restored frame is the next of its stream.

        None for one that is not on disk yet.
        """
        return None if self._restored is None else self._restored.next_position(stream)

    def append_restored(
        self, pixels: NDArray[PixelType], acquired: float, position: int | None = None
    ) -> None:
        """Write the next restored frame.

        Parameters
        ----------
        pixels : ndarray, shape (sH, sW)
            Restored.
        acquired : float
            When its raw frame was acquired, in seconds on the source's clock.
        position : int, optional
            Of its raw frame, where there are several streams: the next of its stream, see
            `next_to_restore`.

        Raises
        ------
        OSError
            If the disk refuses; what is written stays readable.
        """
        self.notes.write_what_waits()
        if self._restored is None:
            raise RuntimeError("begin_restored comes before append_restored")
        self._free = free_bytes(self.folder)
        if self._free < self._kept_for_raw:
            raise OSError(errno.ENOSPC, "what is left is kept for raw frames")
        self._restored.append(pixels, self._time_s(acquired), position)

    def complete_row(self, position: int, times: StageTimes, trust: Trust | None) -> None:
        """Note in frames.csv where a restored frame's latency went, and the verdict on it."""
        self._table.complete(position, times, trust)

    def row(self, position: int) -> FrameRow:
        """Read back what frames.csv says of a raw frame."""
        return self._table.read(position)

    def check_place(self) -> None:
        """Make sure that raw file and table are where they were begun.

        Raises
        ------
        FileNotFoundError
            If one was deleted or moved away.
        """
        for name in (RAW_FILE, TABLE_FILE):
            (self.folder / name).stat()

    def check_restored_place(self) -> None:
        """Make sure that the restored frames' file is where it was begun, see `check_place`."""
        if self._restored is not None:
            self._restored_path.stat()

    def raw_there(self) -> int:
        """Raw frames that can be read by now: fewer where another program took them away."""
        try:
            with BigTiffPages(self.folder / RAW_FILE) as pages:
                return min(len(pages), self.raw_written)
        except (FileNotFoundError, TiffError):
            return 0
        except OSError:
            return self.raw_written

    def close(self, ended_by: str) -> None:
        """Close all files and say in session.json how it ended. May be called more than once.

        Parameters
        ----------
        ended_by : str
            In words, for the record.

        Raises
        ------
        OSError
            If the disk refuses, or a file is gone or was cut short meanwhile; what is left is
            closed all the same.
        """
        if self._closed:
            return
        self._closed = True
        raw, restored = self.raw_written, self.restored_written
        whole = restored == self._to_restore
        if self._restored is not None and not self._restored_path.exists():
            restored = 0
        with ExitStack() as stack:
            # Each is closed whatever becomes of the others: a full disk must not leave one open.
            if not raw:
                stack.callback(self._remove_folder)
            stack.callback(self._claim.release)
            if raw:
                stack.callback(self.check_place)
                if whole:
                    # Else it was told before.
                    stack.callback(self.check_restored_place)
                stack.callback(
                    self.notes.end,
                    ended_by,
                    raw=self.raw_there(),
                    restored=restored,
                    complete=restored == self._to_restore,
                )
            else:
                stack.callback(self._remove_files)
            stack.callback(self._table.close)
            if self._restored is not None:
                stack.callback(self._restored.close)
            stack.callback(self._raw.close)

    @property
    def _to_restore(self) -> int:
        """Raw frames of channels that have an engine, or may have one."""
        if self.streams is None or not (engines := restored_channels(self.session)):
            return self.raw_written
        return sum(map(self.streams.count, engines))

    @property
    def _restored_path(self) -> Path:
        return self.folder / self.session.image_format.restored_file

    def _time_s(self, acquired: float) -> float:
        """Since the first frame; rounded first, for a time read back from frames.csv is."""
        return round(acquired, _DECIMALS) - self._first_acquired

    def _remove_files(self) -> None:
        """Leave nothing where nothing was recorded."""
        for name in FILES:
            remove(self.folder / name)

    def _remove_folder(self) -> None:
        with suppress(OSError):
            self.folder.rmdir()
