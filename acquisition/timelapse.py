"""A recorded time-lapse in a TIFF, checked as a whole and read one frame at a time."""

from __future__ import annotations

import logging
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tifffile
from numpy.typing import NDArray

from acquisition.errors import SourceError
from acquisition.frame import FrameFormat, PixelType
from acquisition.frame_rows import TABLE_FILE, read_rows
from acquisition.tiff_header import TiffHeader, read_header

RAW_FILE = "raw.ome.tif"
SAVE_AS_STACK = "Open it in ImageJ and save it again with File > Save As > Tiff…."
# What tifffile is known to raise on bytes that are no TIFF, or no longer one.
DAMAGE = (
    tifffile.TiffFileError,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
# Damage is reported in our words, by SourceError; tifffile's log lines would only repeat it.
logging.getLogger("tifffile").addHandler(logging.NullHandler())


class _Block(NamedTuple):
    """Frames that follow one another in the file behind a single page header."""

    offset: int
    dtype: np.dtype[np.generic]


class TimeLapse:
    """One TIFF time-lapse: OME, ImageJ or plain; uint8, uint16, or float32 holding counts.

    A recording that was cut off while its last page was being written is read up to there.

    Parameters
    ----------
    path : Path
        The file, or the folder of a recording.

    Attributes
    ----------
    path : Path
        The file.
    format : FrameFormat
        What its frames are.
    frame_count : int
        How many there are: at least two, or one in a recording that ended there.
    times_s : tuple of float or None
        When each was acquired, in seconds since the first, where the file says so.
    indices : tuple of int or None
        Their numbers, in a recording of our own.

    Raises
    ------
    SourceError
        If the file is no such time-lapse, with what is wrong and the fix.
    """

    def __init__(self, path: Path) -> None:
        self.path = _find(path)
        self._file = _open(self.path)
        try:
            self._look_over()
        except DAMAGE as error:
            self._file.close()
            raise SourceError(
                f"{self.path.name} is damaged: its header can't be read.",
                "Copy the file again from where it was recorded.",
            ) from error
        except SourceError:
            self._file.close()
            raise

    def _look_over(self) -> None:
        self._check_pixels()
        header = self._header()
        self._pages: list[tifffile.TiffPage | tifffile.TiffFrame] = []
        self._block = self._contiguous_block(header)
        if self._block is None:
            self._pages = self._whole_pages(header)
            self.frame_count = len(self._pages)
        # Only a recording of our own may have ended after its first frame.
        if self.frame_count < 2 and self.path.name != RAW_FILE:
            raise self._refuse(
                "is a single image, not a time-lapse", "Choose a TIFF with several frames."
            )
        self.times_s = header.times_s
        if self.times_s is not None:
            enough = len(self.times_s) >= self.frame_count
            self.times_s = self.times_s[: self.frame_count] if enough else None
        self.indices: tuple[int, ...] | None = None
        if self.path.name == RAW_FILE:
            self._take_numbers_of_recording()
        self.format = self._format(header)
        self._check_frames()

    def _take_numbers_of_recording(self) -> None:
        """Number and time frames as frames.csv does, so that no window spans a gap in them."""
        rows = list(read_rows(self.path.with_name(TABLE_FILE)))[: self.frame_count]
        if not rows:
            return
        numbers = [row.index for row in rows]
        times = [row.acquired_s for row in rows]
        # A power cut may have taken the table's end; frames without a line count on.
        step = times[-1] - times[-2] if len(times) > 1 else 1.0
        while len(numbers) < self.frame_count:
            numbers.append(numbers[-1] + 1)
            times.append(times[-1] + step)
        self.indices, self.times_s = tuple(numbers), tuple(times)

    def frame(self, position: int) -> NDArray[PixelType]:
        """Read one frame.

        Parameters
        ----------
        position : int
            From 0 to `frame_count` - 1.

        Returns
        -------
        ndarray of uint8 or uint16, shape (H, W)
            Counts, read-only.

        Raises
        ------
        SourceError
            If it can't be read, naming the frame.
        """
        try:
            if self._block is None:
                stored = self._pages[position].asarray()
            else:
                height, width = self._page.shape
                size = height * width
                stored = self._file.filehandle.read_array(
                    self._block.dtype,
                    size,
                    self._block.offset + position * size * self._block.dtype.itemsize,
                ).reshape(height, width)
        except DAMAGE as error:
            if "imagecodecs" in str(error):
                raise self._refuse(
                    f"is compressed in a way that needs another library ({self._page.compression})",
                    "Install it: python -m pip install imagecodecs",
                ) from error
            raise self._damaged(position, "can't be read") from error
        if stored.shape != self._page.shape:
            raise self._damaged(position, "can't be read")
        if stored.dtype.kind == "f" and not _holds_counts(stored):
            raise self._refuse(
                f"holds values in frame {position + 1} that are no 16-bit counts "
                "(negative, above 65535, broken or not finite)",
                "Give the file as it came from the microscope, before any arithmetic.",
            )
        counts: NDArray[PixelType] = np.ascontiguousarray(stored, dtype=self.format.dtype)
        counts.flags.writeable = False
        return counts

    def close(self) -> None:
        """Close the file. May be called more than once."""
        self._file.close()

    @property
    def _page(self) -> tifffile.TiffPage:
        page = self._file.pages.first
        assert isinstance(page, tifffile.TiffPage)  # noqa: S101 - for the type checker
        return page

    def _refuse(self, problem: str, fix: str) -> SourceError:
        return SourceError(f"{self.path.name} {problem}.", fix)

    def _damaged(self, position: int, problem: str) -> SourceError:
        return SourceError(
            f"{self.path.name} is damaged: frame {position + 1} {problem}.",
            "Copy the file again from where it was recorded.",
        )

    def _header(self) -> TiffHeader:
        header = read_header(self._file)
        if header.slices > 1:
            raise self._refuse(
                f"is a stack of {header.slices} Z slices, not a time-lapse of single planes",
                "Save one plane over time; if these are times, exchange slices and frames in "
                "ImageJ with Image > Properties… and save again.",
            )
        if header.channels > 1:
            raise self._refuse(
                f"has {header.channels} channels",
                "Save one channel: in ImageJ Image > Color > Split Channels; if these are times, "
                "exchange channels and frames with Image > Properties….",
            )
        if header.positions > 1:
            raise self._refuse(
                f"holds {header.positions} time-lapses", "Save the one you want as its own TIFF."
            )
        return header

    def _check_pixels(self) -> None:
        page = self._page
        if page.samplesperpixel > 1:
            raise self._refuse(
                "is a colour picture (RGB), which holds no detector counts",
                "Save the channel you want as a greyscale TIFF, 8-bit or 16-bit.",
            )
        if page.imagedepth > 1:
            raise self._refuse("is a volume, not a time-lapse", SAVE_AS_STACK)
        if page.dtype not in (np.uint8, np.uint16, np.float32):
            raise self._refuse(
                f"has pixels of type {page.dtype}; microscope frames are uint8 or uint16",
                "Save it as 16-bit: in ImageJ Image > Type > 16-bit, without scaling.",
            )

    def _contiguous_block(self, header: TiffHeader) -> _Block | None:
        """Frames behind one page header, as ImageJ writes files above 4 GB."""
        page = self._page
        if header.planes < 2 or len(self._file.pages) > 1 or not page.is_contiguous:
            return None
        dtype = page.dtype
        assert dtype is not None  # noqa: S101 - checked before
        block = _Block(page.dataoffsets[0], dtype.newbyteorder(self._file.byteorder))
        there = self._file.filehandle.size - block.offset
        whole = there // (page.imagelength * page.imagewidth * block.dtype.itemsize)
        if whole < header.planes:
            raise self._damaged(whole, f"of {header.planes} is missing or cut off")
        self.frame_count = header.planes
        return block

    def _whole_pages(self, header: TiffHeader) -> list[tifffile.TiffPage | tifffile.TiffFrame]:
        pages = self._file.pages
        pages.useframes = True
        count = len(pages)
        whole: list[tifffile.TiffPage | tifffile.TiffFrame] = []
        for number in range(count):
            try:
                # A page is kept in brief, as where its pixels are; that tells of no other size.
                page = pages[number]
                stated = page.aspage()
                complete = self._is_complete(stated)
                alike = stated.shape == self._page.shape and stated.dtype == self._page.dtype
            except RuntimeError:  # how tifffile says that a page is not like the first
                complete, alike = True, False
            except DAMAGE:
                complete = False
            if complete and not alike:
                raise self._refuse(
                    f"changes its size or pixel type at frame {number + 1}",
                    "Save the part you want as its own TIFF.",
                )
            if complete:
                whole.append(page)
            elif number == 0 or number < count - 1:
                raise self._damaged(number, "is cut off")
        if len(whole) < header.planes:
            raise self._damaged(len(whole), f"of {header.planes} is missing or cut off")
        if len(whole) == 1 and self._chain_is_cut():
            raise self._damaged(1, "is missing or cut off")
        return whole

    def _chain_is_cut(self) -> bool:
        """Whether the last page that is there names another, beyond the end of the file."""
        file = self._file.filehandle
        file.seek(self._file.pages.next_page_offset or 0)
        return any(file.read(self._file.tiff.offsetsize))

    def _is_complete(self, page: tifffile.TiffPage) -> bool:
        size = self._file.filehandle.size
        parts = list(zip(page.dataoffsets, page.databytecounts, strict=True))
        return bool(parts) and all(length and start + length <= size for start, length in parts)

    def _format(self, header: TiffHeader) -> FrameFormat:
        page = self._page
        narrow = page.dtype == np.uint8
        bits = 8 if narrow else 16
        if header.significant_bits is not None and not narrow:
            bits = min(bits, header.significant_bits)
        return FrameFormat(
            page.imagelength,
            page.imagewidth,
            np.dtype(np.uint8) if narrow else np.dtype(np.uint16),
            bits,
            header.pixel_size_um,
            header.interval_s,
            self.path.name,
        )

    def _check_frames(self) -> None:
        """Read ahead what could stop a session midway: one frame, or all where counts are floats.

        Integers are counts whatever their value; only floats have to be looked at one and all.
        """
        floats = self._page.dtype == np.float32
        for position in range(self.frame_count if floats else 1):
            self.frame(position)


def _find(path: Path) -> Path:
    if path.is_dir():
        if (path / RAW_FILE).is_file():
            return path / RAW_FILE
        raise SourceError(
            f"{path} is a folder without a recording in it.",
            f"Give the TIFF file itself, or a folder that holds {RAW_FILE}.",
        )
    if not path.is_file():
        raise SourceError(
            f"There is no file {path}.", "Check the path; it has to be that of a TIFF file."
        )
    return path


def _open(path: Path) -> tifffile.TiffFile:
    try:
        file = tifffile.TiffFile(path)
    except PermissionError as error:
        raise SourceError(
            f"{path.name} may not be read.", "Ask for the right to read it, or copy it."
        ) from error
    except DAMAGE as error:
        raise SourceError(
            f"{path.name} is not a TIFF file, or a damaged one.",
            "Choose a .tif or .ome.tif recording.",
        ) from error
    if not len(file.pages):
        file.close()
        raise SourceError(f"{path.name} holds no image.", "Choose a TIFF with several frames.")
    return file


def _holds_counts(values: NDArray[np.generic]) -> bool:
    floats = np.asarray(values, dtype=np.float32)
    with np.errstate(invalid="ignore"):
        whole = np.floor(floats) == floats
        return bool(np.all(whole & (floats >= 0) & (floats <= np.iinfo(np.uint16).max)))
