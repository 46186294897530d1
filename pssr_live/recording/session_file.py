"""session.json: what a recording is of, how it was restored, and whether it is finished."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from acquisition import FrameFormat
from acquisition.timelapse import RAW_FILE
from engines import write_whole
from pssr_live.errors import UserError
from pssr_live.recording.image_format import ImageFormat

SESSION_FILE = "session.json"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SourceRecord(_Part):
    """Where the raw frames came from."""

    url: str
    settings: dict[str, str]


class FormatRecord(_Part):
    """What all raw frames have in common, see `acquisition.FrameFormat`."""

    height: int
    width: int
    dtype: Literal["uint8", "uint16"]
    significant_bits: int
    pixel_size_um: float | None
    interval_s: float | None
    camera: str

    @classmethod
    def of(cls, frame_format: FrameFormat) -> FormatRecord:
        """Write down a format."""
        return cls(
            height=frame_format.height,
            width=frame_format.width,
            dtype="uint8" if frame_format.dtype == np.uint8 else "uint16",
            significant_bits=frame_format.significant_bits,
            pixel_size_um=frame_format.pixel_size_um,
            interval_s=frame_format.interval_s,
            camera=frame_format.camera,
        )


class UncertaintyRecord(_Part):
    """What predicted how far off the restored pixels may be.

    `level` is the part of the pixels that its intervals are meant to hold, `digest` the SHA-256 of
    its model.
    """

    level: float
    digest: str


class AskedRecord(_Part):
    """The engine that was asked for, as long as none has restored a frame yet."""

    engine: str
    backend: str
    uncertain: bool


class EngineRecord(_Part):
    """What restored them: `digest` is the SHA-256 of the model, empty for a baseline.

    `offset` and `gain` are the recording's intensity scale, counts = offset + gain x network units.
    `uncertainty` is None where it was not asked how far off it may be.
    """

    name: str
    path: str
    backend: str
    digest: str
    scale_factor: int
    offset: float
    gain: float
    uncertainty: UncertaintyRecord | None = None


class LossRecord(_Part):
    """Frames that are missing in a recording: their first and last number, as the source counts."""

    first: int
    last: int


class SessionRecord(_Part):
    """All of session.json.

    `asked` is None in a recording of version 0.1. `image_format` is that of the restored frames.
    `state` is ``recording`` while frames come, and in a recording that was cut off; ``raw only``
    once it is closed with restored frames missing; ``complete`` when every raw frame has its
    restored frame. `losses` has the numbers of the `lost_frames`.
    """

    format: Literal[1] = 1
    software: str
    started: str
    source: SourceRecord
    frames: FormatRecord
    asked: AskedRecord | None = None
    engine: EngineRecord | None = None
    image_format: ImageFormat = ImageFormat.OME_TIFF
    state: Literal["recording", "raw only", "complete"] = "recording"
    raw_frames: int = 0
    restored_frames: int = 0
    lost_frames: int = 0
    losses: list[LossRecord] = []
    ended_by: str = ""

    def write(self, folder: Path) -> None:
        """Replace session.json at once: a reader sees the old one or the new one."""
        write_whole(folder / SESSION_FILE, self.model_dump_json(indent=2) + "\n")

    @classmethod
    def read(cls, folder: Path) -> SessionRecord:
        """Read a recording's session.json.

        Raises
        ------
        UserError
            If it is missing or not one of ours.
        """
        path = folder / SESSION_FILE
        try:
            return cls.model_validate_json(path.read_bytes())
        except (FileNotFoundError, NotADirectoryError) as error:
            raw = folder / RAW_FILE
            raise UserError(
                f"{folder} is not a recording: it has no {SESSION_FILE}.",
                f'Restore its raw file: pssr-live restore "{raw}"'
                if raw.exists()
                else "Name a folder made by pssr-live live --save, or a TIFF file.",
            ) from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise UserError(
                f"{path} can't be read ({place or 'JSON'}: {first['msg']}).",
                f'Restore the raw file itself: pssr-live restore "{folder / RAW_FILE}"',
            ) from error
