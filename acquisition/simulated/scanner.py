"""A laser-scanning confocal: one beam, one pixel at a time, and light that is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from acquisition.frame import PixelType
from acquisition.simulated.motion import Floats
from acquisition.simulated.splat import splat
from acquisition.simulated.structure import Structure

LR_PIXEL_UM = 0.196
HR_PIXEL_UM = 0.049
HR_TO_LR = 4
FWHM_TO_SIGMA = 1 / np.sqrt(8 * np.log(2))
LR_SIGMA_UM = float(0.28 * FWHM_TO_SIGMA)
"""Confocal with a pinhole of 2.5 Airy units: 0.28 µm full width at half maximum."""
HR_SIGMA_UM = float(0.16 * FWHM_TO_SIGMA)
"""Airyscan after processing: 0.16 µm."""
BRIGHTEST_PERCENTILE = 99.5
DEFAULT_PHOTONS = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanSettings:
    """How the simulated microscope is set.

    Attributes
    ----------
    height, width : int
        LR pixels.
    photons : float
        The dose: mean photons in an LR pixel on the brightest structures (the 99.5th percentile
        of the picture) of the first frame.
    bits : int
        8 or 16, the size of a count.
    interval_s : float
        Time from frame to frame; the beam scans all of that time, line by line.
    bleaching : float
        Share of the light lost from frame to frame at a dose of 12 photons; at another dose the
        rate of loss is in proportion.
    gain : float
        Counts for each photon.
    offset : float
        Counts without light.
    read_noise : float
        Standard deviation of the detector's own noise, in photons.
    """

    height: int = 440
    width: int = 440
    photons: float = DEFAULT_PHOTONS
    bits: int = 16
    interval_s: float = 0.27049
    bleaching: float = 0.0002
    gain: float = 40.0
    offset: float = 100.0
    read_noise: float = 0.4

    @property
    def dtype(self) -> np.dtype[PixelType]:
        """Type of a count."""
        return np.dtype(np.uint8) if self.bits == 8 else np.dtype(np.uint16)


class Turn(NamedTuple):
    """When a stream is scanned, where the beam scans several one after the other.

    Attributes
    ----------
    number : int
        Of the stream, from 0.
    after_s : float
        From the beginning of a time point to that of the stream's frame.
    scan_s : float
        How long the beam takes for a frame.
    """

    number: int
    after_s: float
    scan_s: float


class Scanner:
    """Scans a structure in cells.

    Frames depend on the seed and their number alone, so they can be asked for in any order.

    Parameters
    ----------
    specimen : Structure
        What is looked at.
    settings : ScanSettings
        How.
    seed : int
        Decides the noise.
    turn : Turn, optional
        When, where there are several streams; else the beam scans all of the time.
    photons_per_light : float, optional
        What the structure's light gives; by default the brightest structures get the dose.
    """

    def __init__(
        self,
        specimen: Structure,
        settings: ScanSettings,
        seed: int,
        *,
        turn: Turn | None = None,
        photons_per_light: float | None = None,
    ) -> None:
        self.specimen = specimen
        self.settings = settings
        self._seed = seed
        self._turn = turn or Turn(0, 0.0, settings.interval_s)
        self._lr_cytoplasm = specimen.cytoplasm(LR_PIXEL_UM, settings.height, settings.width)
        self.photons_per_light = photons_per_light or 1.0
        if photons_per_light is None:
            brightest = np.percentile(self.expected_photons(0), BRIGHTEST_PERCENTILE)
            self.photons_per_light = settings.photons / max(float(brightest), 1e-6)

    def begins_s(self, index: int) -> float:
        """When the beam begins with a frame, in s."""
        return index * self.settings.interval_s + self._turn.after_s

    def remaining(self, index: int) -> float:
        """Share of the fluorescence not yet bleached when a frame is scanned."""
        settings = self.settings
        rate = -np.log1p(-settings.bleaching) * settings.photons / DEFAULT_PHOTONS
        return float(np.exp(-rate * index))

    def expected_photons(self, index: int) -> Floats:
        """Mean photons in each LR pixel of a frame, every point seen when the beam passes it.

        Parameters
        ----------
        index : int
            Number of the frame.

        Returns
        -------
        ndarray of float32, shape (H, W)
        """
        settings, specimen = self.settings, self.specimen
        begin = self.begins_s(index)
        x, y, _ = specimen.points(begin)
        # Where a point is when the frame begins says, within a line or two, when it is scanned.
        x, y, light = specimen.points(begin + self._scanned_after(x, y))
        blur = np.hypot(specimen.sigma_um, np.float32(LR_SIGMA_UM))
        picture = splat(x, y, light, blur, LR_PIXEL_UM, settings.height, settings.width)
        picture += self._lr_cytoplasm
        return picture * np.float32(self._per_pixel(index))

    def scan(self, index: int) -> NDArray[PixelType]:
        """Scan one LR frame.

        Parameters
        ----------
        index : int
            Number of the frame.

        Returns
        -------
        ndarray of uint8 or uint16, shape (H, W)
            Counts: offset + gain x (Poisson photons + read noise), rounded and clipped.
        """
        settings = self.settings
        random = np.random.default_rng([self._seed, index, self._turn.number])
        signal = random.poisson(self.expected_photons(index)).astype(np.float32)
        noise = random.standard_normal(signal.shape, dtype=np.float32)
        signal += np.float32(settings.read_noise) * noise
        signal *= np.float32(settings.gain)
        signal += np.float32(settings.offset)
        np.rint(signal, out=signal)
        np.clip(signal, 0, np.iinfo(settings.dtype).max, out=signal)
        counts: NDArray[PixelType] = signal.astype(settings.dtype)
        return counts

    def truth(self, index: int) -> Floats:
        """HR picture of the middle of a frame's scan, without noise.

        Parameters
        ----------
        index : int
            Number of the frame.

        Returns
        -------
        ndarray of float32, shape (4H, 4W)
            At `HR_PIXEL_UM`, in the LR frame's counts: offset + gain x the mean photons that an LR
            pixel would collect if it were as bright all over as the specimen is at this HR pixel.
            So 4 x 4 means of it compare with LR pixels. Not rounded, not clipped.
        """
        settings = self.settings
        height, width = HR_TO_LR * settings.height, HR_TO_LR * settings.width
        middle = self.begins_s(index) + 0.5 * self._turn.scan_s
        light = self.specimen.image(middle, HR_PIXEL_UM, HR_SIGMA_UM, height, width)
        light *= np.float32(settings.gain * self._per_pixel(index))
        light += np.float32(settings.offset)
        return light

    def _per_pixel(self, index: int) -> float:
        return self.photons_per_light * LR_PIXEL_UM**2 * self.remaining(index)

    def _scanned_after(self, x_um: Floats, y_um: Floats) -> Floats:
        """Seconds from the beginning of a frame until the beam reaches a place."""
        settings = self.settings
        row = np.clip(np.floor(y_um / np.float32(LR_PIXEL_UM)), 0, settings.height - 1)
        column = np.clip(x_um / np.float32(LR_PIXEL_UM), 0, settings.width)
        share = (row + column / settings.width) / settings.height
        after: Floats = (share * self._turn.scan_s).astype(np.float32)
        return after
