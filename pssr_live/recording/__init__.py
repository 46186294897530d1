"""A recording on disk: its files written as frames come, gone on with after a kill, read back."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pssr_live.recording import images
    from pssr_live.recording.bigtiff import TiffError
    from pssr_live.recording.claim import Claim
    from pssr_live.recording.disk_error import Concern, DiskError, Loss
    from pssr_live.recording.flusher import Flusher
    from pssr_live.recording.folders import RecordingFolders
    from pssr_live.recording.frame_table import FrameTable, StageTimes
    from pssr_live.recording.image_format import ImageFormat
    from pssr_live.recording.images import ImageFile
    from pssr_live.recording.ome import ImageDescription
    from pssr_live.recording.ome_zarr import ZarrError
    from pssr_live.recording.provenance import (
        describe_raw,
        describe_restored,
        record_engine,
        restored_notes,
    )
    from pssr_live.recording.raw_windows import RawWindows
    from pssr_live.recording.reader import Recording, open_recording, refuse_without_frame
    from pssr_live.recording.recorder import Recorder
    from pssr_live.recording.recording_start import RecordingStart
    from pssr_live.recording.restored_images import frames_so_far, resume_restored
    from pssr_live.recording.room import Room, find_room
    from pssr_live.recording.session_file import (
        SESSION_FILE,
        AskedRecord,
        EngineRecord,
        FormatRecord,
        SessionRecord,
        SourceRecord,
        UncertaintyRecord,
    )
    from pssr_live.recording.writers import RawWriter, RestoredItem, RestoredWriter

_HOMES = {
    "AskedRecord": "session_file",
    "Claim": "claim",
    "Concern": "disk_error",
    "DiskError": "disk_error",
    "EngineRecord": "session_file",
    "Flusher": "flusher",
    "FormatRecord": "session_file",
    "FrameTable": "frame_table",
    "ImageDescription": "ome",
    "ImageFile": "images",
    "ImageFormat": "image_format",
    "Loss": "disk_error",
    "RawWindows": "raw_windows",
    "RawWriter": "writers",
    "Recorder": "recorder",
    "Recording": "reader",
    "RecordingFolders": "folders",
    "RecordingStart": "recording_start",
    "RestoredItem": "writers",
    "RestoredWriter": "writers",
    "Room": "room",
    "SESSION_FILE": "session_file",
    "SessionRecord": "session_file",
    "SourceRecord": "session_file",
    "StageTimes": "frame_table",
    "TiffError": "bigtiff",
    "UncertaintyRecord": "session_file",
    "ZarrError": "ome_zarr",
    "describe_raw": "provenance",
    "describe_restored": "provenance",
    "find_room": "room",
    "frames_so_far": "restored_images",
    "open_recording": "reader",
    "record_engine": "provenance",
    "refuse_without_frame": "reader",
    "restored_notes": "provenance",
    "resume_restored": "restored_images",
}

__all__ = [
    "SESSION_FILE",
    "AskedRecord",
    "Claim",
    "Concern",
    "DiskError",
    "EngineRecord",
    "Flusher",
    "FormatRecord",
    "FrameTable",
    "ImageDescription",
    "ImageFile",
    "ImageFormat",
    "Loss",
    "RawWindows",
    "RawWriter",
    "Recorder",
    "Recording",
    "RecordingFolders",
    "RecordingStart",
    "RestoredItem",
    "RestoredWriter",
    "Room",
    "SessionRecord",
    "SourceRecord",
    "StageTimes",
    "TiffError",
    "UncertaintyRecord",
    "ZarrError",
    "describe_raw",
    "describe_restored",
    "find_room",
    "frames_so_far",
    "images",
    "open_recording",
    "record_engine",
    "refuse_without_frame",
    "restored_notes",
    "resume_restored",
]


def __getattr__(name: str) -> Any:
    """Import on first use: the command line's ``--help`` must not wait for numpy."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
