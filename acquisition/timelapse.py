"""A recorded time-lapse: one stream of an image file, whose frames are a detector's counts."""

from __future__ import annotations

from pathlib import Path

from acquisition.errors import SourceError
from acquisition.images import choose_stream, open_images
from acquisition.images.choice import StreamChoice
from acquisition.images.opening import is_image_folder
from acquisition.names import readable
from acquisition.recorded_stream import RAW_FILE as RAW_FILE
from acquisition.recorded_stream import RecordedStream

ANY_STREAM = StreamChoice()


class TimeLapse(RecordedStream):
    """One channel, slice and position in time; uint8, uint16, or float32 holding counts.

    Frames that the file promises and does not hold are gaps: their numbers are left out. A
    recording that was cut off while its last page was being written is read up to there.

    Parameters
    ----------
    path : Path
        The file, or the folder of a recording, of an NDTiff set or of an OME-Zarr.
    choice : StreamChoice
        Which stream, where there are several.
    interval_s : float, optional
        Time from frame to frame in s, whatever the file says.
    stills : bool
        Take a single image too.

    Raises
    ------
    SourceError
        If the file is not such a time-lapse, with what is wrong and the fix.
    """

    def __init__(
        self,
        path: Path,
        choice: StreamChoice = ANY_STREAM,
        interval_s: float | None = None,
        *,
        stills: bool = False,
    ) -> None:
        file = open_images(find_images(path))
        try:
            super().__init__(file, choose_stream(file, choice), interval_s)
            self.check_length(stills=stills)
            self.check_frames()
            if stills or choice.along_z:
                self.check_data_bar()
        except BaseException:
            file.close()
            raise


def find_images(path: Path) -> Path:
    """Find what to open: the raw file of a recording's folder, else the path itself.

    Raises
    ------
    SourceError
        If it is a folder of something else.
    """
    if path.is_dir() and not is_image_folder(path):
        if (path / RAW_FILE).is_file():
            return path / RAW_FILE
        if path.suffix.lower() == ".zarr":
            raise SourceError(
                f"{readable(path)} can't be read: its zarr.json is missing or damaged.",
                "Copy the whole folder again from where it was made; in a recording of pssr-live, "
                f'complete that: pssr-live restore "{readable(path.parent)}"',
            )
        raise SourceError(
            f"{readable(path)} is a folder without a recording in it.",
            f"Give the image file itself, or a folder that holds {RAW_FILE}.",
        )
    return path
