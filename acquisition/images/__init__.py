"""The one reader of image files: axes by name, a plane at a time, what is missing, times, sizes."""

from acquisition.images.image_file import ImageFile
from acquisition.images.opening import open_images
from acquisition.images.series import Channel, ImageSeries, Stream, words_of_gaps

__all__ = ["Channel", "ImageFile", "ImageSeries", "Stream", "open_images", "words_of_gaps"]
