"""What the core knows of camera, frame format and scan, read at each start of a sequence."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from acquisition.errors import SourceError
from acquisition.micromanager.image import CoreImage
from acquisition.micromanager.options import MicroManagerOptions

# Of OpenScan's galvo scanner, and of scanners that PyDevice presents as cameras.
SCAN_PROPERTIES = (
    "LSM-Resolution", "LSM-ZoomFactor", "LSM-PixelRateHz", "Resolution", "Zoom", "ScanSpeed",
    "DwellTime-us", "Duration-ms", "Delay-us", "Bidirectional", "Binning",
)  # fmt: skip
_OPENSCAN_DEFAULT_RESOLUTION = 512
_NAMES_OF_DTYPES = {1: "uint8", 2: "uint16"}
_PIXEL_TYPES = {1: "GRAY8", 2: "GRAY16"}


class CameraMissingError(SourceError):
    """A Micro-Manager that may still be starting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraReading:
    """A camera and what its frames look like.

    Attributes
    ----------
    camera : str
        The label that the core uses.
    height, width : int
        In LR pixels.
    bytes_per_pixel : int
        1 or 2.
    significant_bits : int
        The detector's.
    channels : int
        How many the camera has.
    pixel_size_um : float or None
        None where Micro-Manager is not calibrated.
    settings : dict of str to str
        For the record.
    note : str
        What the user should know about it; empty if nothing.
    """

    camera: str
    height: int
    width: int
    bytes_per_pixel: int
    significant_bits: int
    channels: int
    pixel_size_um: float | None
    settings: dict[str, str]
    note: str

    @property
    def geometry(self) -> tuple[int, int, int]:
        """Height, width and bytes a pixel."""
        return self.height, self.width, self.bytes_per_pixel

    @property
    def dtype(self) -> str:
        """Name of the pixels' dtype."""
        return _NAMES_OF_DTYPES[self.bytes_per_pixel]

    def fits(self, image: CoreImage) -> bool:
        """Whether an image was captured with this format and is whole."""
        tags = image.tags
        return (
            image.pixels.size == self.height * self.width
            and image.pixels.itemsize == self.bytes_per_pixel
            and tags.get("Width", str(self.width)) == str(self.width)
            and tags.get("Height", str(self.height)) == str(self.height)
            and tags.get("PixelType", self._pixel_type) == self._pixel_type
        )

    @property
    def _pixel_type(self) -> str:
        return _PIXEL_TYPES[self.bytes_per_pixel]


def read_geometry(core: Any) -> tuple[int, int, int]:
    """Read height, width and bytes a pixel."""
    return core.get_image_height(), core.get_image_width(), core.get_bytes_per_pixel()


def read_camera(core: Any, options: MicroManagerOptions) -> CameraReading:
    """Read all that `CameraReading` holds.

    Parameters
    ----------
    core : Any
        Micro-Manager's core.
    options : MicroManagerOptions
        Channel, and pixel size where the user gave one.

    Returns
    -------
    CameraReading

    Raises
    ------
    CameraMissingError
        If there is no camera.
    SourceError
        If its frames are not 8 or 16 bit grey.
    """
    camera = core.get_camera_device()
    if not camera:
        raise CameraMissingError(
            "Micro-Manager has no camera.",
            "Load a configuration with a camera in Micro-Manager, then start again.",
        )
    height, width, bytes_per_pixel = read_geometry(core)
    if height < 1 or width < 1:
        raise CameraMissingError(
            f"The camera {camera} has frames of {width} x {height} pixels, as Micro-Manager says.",
            "Set its region of interest again in Micro-Manager, or restart it, then start again.",
        )
    _refuse_colour_and_float(camera, core.get_number_of_components(), bytes_per_pixel)
    channels = core.get_number_of_camera_channels()
    if options.channel >= channels:
        raise SourceError(
            f"The camera {camera} has no channel {options.channel}; it has {channels}.",
            f"Give a channel from 0 to {channels - 1}, such as micromanager:,channel=0.",
        )
    pixel_size, origin = _pixel_size(core, options)
    settings = {
        "camera": camera,
        "library": core.get_device_library(camera),
        "exposure_ms": f"{float(core.get_exposure()):g}",
        "magnification": f"{float(core.get_magnification_factor()):g}",
        "pixel_size": origin,
    }
    if channels > 1:
        name = core.get_camera_channel_name(options.channel)
        settings["channel"] = f"{options.channel} of {channels} ({name})"
    for name in SCAN_PROPERTIES:
        if core.has_property(camera, name):
            settings[name] = core.get_property(camera, name)
    settings |= _recorded(core, options)
    return CameraReading(
        camera=camera,
        height=height,
        width=width,
        bytes_per_pixel=bytes_per_pixel,
        significant_bits=core.get_image_bit_depth(),
        channels=channels,
        pixel_size_um=pixel_size,
        settings=settings,
        note=_note(settings, options, pixel_size, affine=_affine(core)),
    )


def _refuse_colour_and_float(camera: str, components: int, bytes_per_pixel: int) -> None:
    if components != 1:
        raise SourceError(
            f"The camera {camera} sends colour pictures; only grey ones can be restored.",
            "Set the camera's PixelType to 8bit or 16bit in Micro-Manager's device property "
            "browser.",
        )
    if bytes_per_pixel not in _NAMES_OF_DTYPES:
        raise SourceError(
            f"The camera {camera} sends {8 * bytes_per_pixel} bits a pixel; 8 or 16 can be read.",
            "Set the camera's PixelType to 16bit in Micro-Manager's device property browser.",
        )


def _pixel_size(core: Any, options: MicroManagerOptions) -> tuple[float | None, str]:
    if options.pixel_size_um is not None:
        return options.pixel_size_um, "given by the user"
    pixel_size = float(core.get_pixel_size_um())
    if pixel_size <= 0:
        return None, "unknown"
    return pixel_size, f"Micro-Manager's, preset {core.get_current_pixel_size_config()}"


def _affine(core: Any) -> list[float]:
    """Read the matrix from pixels to the stage: a, b, shift, c, d, shift."""
    if hasattr(core, "get_pixel_size_affine_as_string"):
        return [
            float(value) for value in core.get_pixel_size_affine_as_string().split(";") if value
        ]
    return [float(value) for value in core.get_pixel_size_affine()]


def _recorded(core: Any, options: MicroManagerOptions) -> dict[str, str]:
    """Read the properties that the user wants in the recording, as far as they are there."""
    values: dict[str, str] = {}
    for written in options.record:
        device, _, name = written.partition("/")
        with suppress(Exception):  # of the core: there is no such device
            values[written] = core.get_property(device, name)
    return values


def _note(
    settings: dict[str, str],
    options: MicroManagerOptions,
    pixel_size: float | None,
    *,
    affine: list[float],
) -> str:
    missing = [written for written in options.record if written not in settings]
    about_missing = [f"Micro-Manager has no property {written}." for written in missing]
    about_size = _about_pixel_size(settings, pixel_size, affine)
    return " ".join(filter(None, [*about_missing, about_size]))


def _about_pixel_size(
    settings: dict[str, str], pixel_size: float | None, affine: list[float]
) -> str:
    if pixel_size is None:
        return (
            "Micro-Manager does not know the pixel size, so none is recorded: give it, such as "
            "--pixel-size 0.196, or calibrate it there."
        )
    if settings["pixel_size"] == "given by the user":
        return ""
    if "LSM-Resolution" in settings:
        resolution, zoom = float(settings["LSM-Resolution"]), float(settings["LSM-ZoomFactor"])
        enlarged = zoom * resolution / _OPENSCAN_DEFAULT_RESOLUTION
        if enlarged != 1 and float(settings["magnification"]) == 1:
            return (
                "OpenScan's Magnifier is not loaded, so the pixel size does not follow zoom and "
                "resolution; add OSc-Magnifier to the configuration."
            )
    if len(affine) >= 5:
        a, b, _, c, d = affine[:5]
        height, width = (a * a + c * c) ** 0.5, (b * b + d * d) ** 0.5
        if abs(height - width) > 0.01 * max(height, width):
            return "Micro-Manager's calibration says that pixels are not square."
    return ""
