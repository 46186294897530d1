from . import images as images
from .claim import Claim as Claim
from .disk_error import DISK as DISK
from .disk_error import GONE as GONE
from .disk_error import Concern as Concern
from .disk_error import DiskError as DiskError
from .disk_error import LostFrames as LostFrames
from .empty_folder import refuse_taken as refuse_taken
from .file_array import ReadWhenIndexed as ReadWhenIndexed
from .flusher import Flusher as Flusher
from .folders import RecordingFolders as RecordingFolders
from .frame_table import FrameTable as FrameTable
from .frame_table import FrameVerdict as FrameVerdict
from .frame_table import StageTimes as StageTimes
from .hyperstack import Hyperstack as Hyperstack
from .image_format import ImageFormat as ImageFormat
from .image_format import ending_of as ending_of
from .imagej_tiff import write_imagej as write_imagej
from .imagej_tiff import write_single as write_single
from .images import FrameAppender as FrameAppender
from .links import refuse_links as refuse_links
from .ome import ImageDescription as ImageDescription
from .placed_windows import PlacedWindows as PlacedWindows
from .plane import Plane as Plane
from .provenance import describe_raw as describe_raw
from .provenance import describe_restored as describe_restored
from .provenance import record_engine as record_engine
from .provenance import record_opened as record_opened
from .provenance import restored_channels as restored_channels
from .provenance import restored_notes as restored_notes
from .raw_windows import RawWindows as RawWindows
from .raw_writer import RawWriter as RawWriter
from .reader import Frames as Frames
from .reader import Recording as Recording
from .reader import open_recording as open_recording
from .reader import refuse_without_frame as refuse_without_frame
from .recorder import Recorder as Recorder
from .recording_start import RecordingStart as RecordingStart
from .restored_images import describe_again as describe_again
from .restored_images import frames_so_far as frames_so_far
from .restored_images import planes_in as planes_in
from .restored_images import raw_copy_lacks as raw_copy_lacks
from .restored_images import resume_restored as resume_restored
from .restored_writer import RestoredItem as RestoredItem
from .restored_writer import RestoredWriter as RestoredWriter
from .room import Room as Room
from .room import find_room as find_room
from .session_file import SESSION_FILE as SESSION_FILE
from .session_file import AskedRecord as AskedRecord
from .session_file import EngineRecord as EngineRecord
from .session_file import FormatRecord as FormatRecord
from .session_file import OpenedRecord as OpenedRecord
from .session_file import SessionRecord as SessionRecord
from .session_file import SourceRecord as SourceRecord
from .session_file import UncertaintyRecord as UncertaintyRecord
from .tiff_pages import TiffError as TiffError
from .windows_folder import long_paths_allowed as long_paths_allowed
from .written_streams import WrittenStreams as WrittenStreams
from .zarr_errors import ZarrError as ZarrError

__all__ = [
    "DISK",
    "GONE",
    "SESSION_FILE",
    "AskedRecord",
    "Claim",
    "Concern",
    "DiskError",
    "EngineRecord",
    "Flusher",
    "FormatRecord",
    "FrameAppender",
    "FrameTable",
    "FrameVerdict",
    "Frames",
    "Hyperstack",
    "ImageDescription",
    "ImageFormat",
    "LostFrames",
    "OpenedRecord",
    "PlacedWindows",
    "Plane",
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
    "WrittenStreams",
    "ZarrError",
    "describe_again",
    "describe_raw",
    "describe_restored",
    "ending_of",
    "find_room",
    "frames_so_far",
    "images",
    "long_paths_allowed",
    "open_recording",
    "planes_in",
    "raw_copy_lacks",
    "record_engine",
    "record_opened",
    "refuse_links",
    "refuse_taken",
    "refuse_without_frame",
    "restored_channels",
    "restored_notes",
    "resume_restored",
    "write_imagej",
    "write_single",
]
