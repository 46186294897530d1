"""session.json: what a recording is of, how it was restored, and whether it is finished."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import (
    BaseModel,
    ConfigDict,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
)

from acquisition import RAW_FILE, Channel, FrameFormat, FrameRow, StreamKey
from engines import quoted, write_whole
from pssr_live.errors import UserError
from pssr_live.recording.image_format import ImageFormat

SESSION_FILE = "session.json"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")
    # Left out of the file where they say nothing, as for a recording of one stream.
    left_out: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _said(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        said: dict[str, Any] = handler(self)
        return {name: value for name, value in said.items() if value or name not in self.left_out}


class SourceRecord(_Part):
    """Where the raw frames came from."""

    url: str
    settings: dict[str, str]


class ChannelRecord(_Part):
    """One channel, see `acquisition.Channel`."""

    name: str
    colour: tuple[int, int, int] | None = None
    wavelength_nm: float | None = None


class FormatRecord(_Part):
    """What all raw frames have in common, see `acquisition.FrameFormat`.

    `position` is the name of the one that the recording is of.
    """

    left_out = frozenset({"channels", "slices", "z_step_um", "frames_are_slices", "position"})

    height: int
    width: int
    dtype: Literal["uint8", "uint16"]
    significant_bits: int
    pixel_size_um: float | None
    interval_s: float | None
    camera: str
    channels: list[ChannelRecord] | None = None
    slices: int | None = None
    z_step_um: float | None = None
    frames_are_slices: bool | None = None
    position: str = ""

    @classmethod
    def of(cls, frame_format: FrameFormat) -> FormatRecord:
        """Write down the format of the frames of one position."""
        channels = [
            ChannelRecord(name=one.name, colour=one.colour, wavelength_nm=one.wavelength_nm)
            for one in frame_format.channels
        ]
        return cls(
            height=frame_format.height,
            width=frame_format.width,
            dtype="uint8" if frame_format.dtype == np.uint8 else "uint16",
            significant_bits=frame_format.significant_bits,
            pixel_size_um=frame_format.pixel_size_um,
            interval_s=frame_format.interval_s,
            camera=frame_format.camera,
            channels=None if frame_format.channels == (Channel(),) else channels,
            slices=None if frame_format.slices == 1 else frame_format.slices,
            z_step_um=frame_format.z_step_um,
            frames_are_slices=frame_format.frames_are_slices or None,
            position=frame_format.positions[0],
        )

    @property
    def frame_format(self) -> FrameFormat:
        """What was written down."""
        return FrameFormat(
            height=self.height,
            width=self.width,
            dtype=np.dtype(self.dtype),
            significant_bits=self.significant_bits,
            pixel_size_um=self.pixel_size_um,
            interval_s=self.interval_s,
            camera=self.camera,
            channels=tuple(
                Channel(one.name, one.colour, one.wavelength_nm) for one in self.channels or ()
            )
            or (Channel(),),
            slices=self.slices or 1,
            z_step_um=self.z_step_um,
            frames_are_slices=bool(self.frames_are_slices),
            positions=(self.position,),
        )

    @property
    def is_of_one(self) -> bool:
        """Whether all frames are of one stream."""
        return len(self.channels or (None,)) * (self.slices or 1) == 1


class UncertaintyRecord(_Part):
    """What predicted how far off the restored pixels may be.

    `level` is the part of the pixels that its intervals are meant to hold, `digest` the SHA-256 of
    its model.
    """

    level: float
    digest: str


class AskedRecord(_Part):
    """The engine that was asked for, as long as none has restored a frame yet.

    `named` are those of channels that were to have others, by the channel's name or number, or
    ``none``.
    """

    left_out = frozenset({"named"})

    engine: str
    backend: str
    uncertain: bool
    named: dict[str, str] = {}


class OpenedRecord(_Part):
    """What restores a channel: `digest` is the SHA-256 of the model, empty for a baseline.

    `offset` and `gain` are its intensity scale, counts = offset + gain x network units, None until
    its first frames have come. `uncertainty` is None where it was not asked how far off it may be.
    """

    name: str
    path: str
    backend: str
    digest: str
    scale_factor: int
    offset: float | None = None
    gain: float | None = None
    uncertainty: UncertaintyRecord | None = None

    @property
    def settled(self) -> EngineRecord | None:
        """The same once its intensity scale is known."""
        if self.offset is None or self.gain is None:
            return None
        return EngineRecord.model_validate(self.model_dump())


class EngineRecord(OpenedRecord):
    """The same with its intensity scale."""

    offset: float
    gain: float


class LossRecord(_Part):
    """Frames that are missing in a recording: their first and last number, as the source counts.

    `stream` says in words of which stream they are, where there are several; `cause` what has
    become of them, where that is known, see `acquisition.Frame`.
    """

    left_out = frozenset({"stream", "cause"})

    first: int
    last: int
    stream: str = ""
    cause: str = ""

    @classmethod
    def before(cls, row: FrameRow, stream: str) -> LossRecord:
        """Say which frames are missing before one."""
        first, last = row.index - row.lost_before, row.index - 1
        return cls(first=first, last=last, stream=stream, cause=row.lost_to)


class SessionRecord(_Part):
    """All of session.json.

    `asked` is None in a recording of version 0.1. `image_format` is that of the restored frames.
    `state` is ``recording`` while frames come, and in a recording that was cut off; ``raw only``
    once it is closed with restored frames missing; ``complete`` when every raw frame has its
    restored frame, and in one of several streams every frame of a channel that has an engine.
    `losses` has the numbers of the `lost_frames`.

    A recording of several streams has `engines` in place of `engine`, as soon as they are open: one
    for each channel, None for one that is not restored.
    """

    left_out = frozenset({"engines"})

    format: Literal[1] = 1
    software: str
    started: str
    source: SourceRecord
    frames: FormatRecord
    asked: AskedRecord | None = None
    engine: EngineRecord | None = None
    engines: list[OpenedRecord | None] | None = None
    image_format: ImageFormat = ImageFormat.OME_TIFF
    state: Literal["recording", "raw only", "complete"] = "recording"
    raw_frames: int = 0
    restored_frames: int = 0
    lost_frames: int = 0
    losses: list[LossRecord] = []
    ended_by: str = ""

    def note_missing(self, rows: Sequence[FrameRow]) -> None:
        """Say which frames are missing, as frames.csv tells of a recording that was cut off."""
        self.lost_frames = max(sum(row.lost_before for row in rows), self.lost_frames)
        if self.state != "recording" and self.losses:
            return
        frame_format, of_one = self.frames.frame_format, self.frames.is_of_one
        self.losses = [
            LossRecord.before(
                row,
                "" if of_one else frame_format.stream_name(StreamKey(0, row.channel, row.z)),
            )
            for row in rows
            if row.lost_before
        ]

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
                f"Restore its raw file: pssr-live restore {quoted(raw)}"
                if raw.exists()
                else "Name a folder made by pssr-live live --save, or a TIFF file.",
            ) from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise UserError(
                f"{path} can't be read ({place or 'JSON'}: {first['msg']}).",
                f"Restore the raw file itself: pssr-live restore {quoted(folder / RAW_FILE)}",
            ) from error
