"""The one reader of image files: axes by name, a plane at a time, what is missing, times, sizes."""

from acquisition.channel import Channel
from acquisition.images.choice import StreamChoice, choose_series, choose_stream, find_channel
from acquisition.images.image_file import ImageFile
from acquisition.images.opening import open_images
from acquisition.images.series import ImageSeries, Stream, words_of_gaps

__all__ = [
    "Channel",
    "ImageFile",
    "ImageSeries",
    "Stream",
    "StreamChoice",
    "choose_series",
    "choose_stream",
    "find_channel",
    "open_images",
    "words_of_gaps",
]
