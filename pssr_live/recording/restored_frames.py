"""The restored frames of a recording, written stream by stream as they are made."""

from __future__ import annotations

from pathlib import Path

from numpy.typing import NDArray

from acquisition import PixelType, StreamKey
from pssr_live.recording.provenance import restored_channels
from pssr_live.recording.restored_images import begin_restored
from pssr_live.recording.session_file import SessionRecord
from pssr_live.recording.written_streams import WrittenStreams


class RestoredFrames:
    """Takes restored frames, each at the place of its raw frame.

    Parameters
    ----------
    folder : Path
        Of the recording.
    session : SessionRecord
        With its engine, or engines.
    streams : WrittenStreams or None
        Which raw frames are of which stream; None for one stream.

    Raises
    ------
    OSError
        If the disk refuses.
    """

    def __init__(
        self, folder: Path, session: SessionRecord, streams: WrittenStreams | None
    ) -> None:
        self._streams = streams
        # Where each channel stands in the restored file.
        self._places = {channel: place for place, channel in enumerate(restored_channels(session))}
        self._done: dict[StreamKey, int] = {}
        self._file = begin_restored(folder, session)

    @property
    def written(self) -> int:
        """Restored frames on disk."""
        return self._file.written

    def next_position(self, stream: StreamKey) -> int | None:
        """The position of the raw frame whose restored frame is the next of its stream.

        None for one that is not on disk yet.
        """
        if self._streams is None:
            return self.written
        return self._streams.position(stream, self._done.get(stream, 0))

    def append(self, pixels: NDArray[PixelType], time_s: float, position: int | None) -> None:
        """Write the next restored frame of a stream, see `Recorder.append_restored`."""
        if self._streams is None:
            self._file.append(pixels, time_s)
            return
        if position is None:
            raise ValueError("a restored frame of several streams belongs to a raw one")
        raw, stream = self._streams.plane(position), self._streams.stream(position)
        self._file.append(pixels, time_s, raw._replace(channel=self._places[raw.channel]))
        self._done[stream] = self._done.get(stream, 0) + 1

    def close(self) -> None:
        """Close the file, or files."""
        self._file.close()
