"""The simulated microscope as a source of frames."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from acquisition.errors import EndOfFrames, SourceError
from acquisition.frame import Frame, FrameFormat
from acquisition.pacing import Pacer, parse_rate, rate_in_words
from acquisition.simulated.scanner import HR_PIXEL_UM, LR_PIXEL_UM, Scanner, ScanSettings
from acquisition.simulated.specimen import Specimen

SMALLEST_SIDE, LARGEST_SIDE = 8, 2048
GAIN_8_BIT, OFFSET_8_BIT = 8.0, 10.0
WHOLE = frozenset({"seed", "height", "width", "bits", "frames"})
RANGES = {
    "seed": (0, 2**31 - 1),
    "height": (SMALLEST_SIDE, LARGEST_SIDE),
    "width": (SMALLEST_SIDE, LARGEST_SIDE),
    "photons": (0.01, 10000),
    "bits": (8, 16),
    "interval": (0.001, 3600),
    "bleaching": (0, 0.99),
    "gain": (0.01, 10000),
    "offset": (0, 60000),
    "read_noise": (0, 1000),
    "frames": (1, 10**9),
}


class SimulatedSource:
    """A simulated laser-scanning confocal looking at live mitochondria, see `FrameSource`.

    Parameters
    ----------
    settings : ScanSettings
        How the microscope is set.
    seed : int
        Decides specimen and noise: the same seed and frame number give the same pixels.
    frames : int, optional
        How many frames to deliver; by default there is no end.
    rate : str, optional
        Frames per second or ``max``; by default the scan's own interval. Only the pace changes.
    url : str
        For the record.

    Raises
    ------
    SourceError
        If the rate is no rate.
    """

    hr_pixel_size_um = HR_PIXEL_UM

    def __init__(
        self,
        settings: ScanSettings | None = None,
        *,
        seed: int = 0,
        frames: int | None = None,
        rate: str | None = None,
        url: str = "simulated:",
    ) -> None:
        self.url = url
        self.frame_count = frames
        self.urgent = False
        self._scan = settings or ScanSettings()
        self._seed = seed
        self._rate = parse_rate(rate)
        self.settings: Mapping[str, str] = {
            "seed": str(seed),
            **{name: f"{getattr(self._scan, name):g}" for name in ScanSettings.__slots__},
            "rate": rate_in_words(self._rate),
        }
        self._scanner: Scanner | None = None
        self._making = threading.Lock()
        self._delivered = 0
        self._pacer = Pacer()

    @classmethod
    def from_url(cls, url: str, *, rate: str | None = None) -> Self:
        """Make a source from text such as ``simulated:seed=3,photons=8,frames=100``.

        Parameters
        ----------
        url : str
            Options: seed, height, width (LR pixels), photons, bits (8 or 16), interval (s),
            bleaching (share lost at 12 photons a frame), gain (counts for a photon), offset
            (counts), read_noise (photons), frames.
        rate : str, optional
            See the class.

        Raises
        ------
        SourceError
            On an option that is not known or out of range.
        """
        options = _parse(url.partition(":")[2])
        seed = int(options.pop("seed", 0))
        frames = options.pop("frames", None)
        count = None if frames is None else int(frames)
        if options.get("bits") == 8:
            options = {"gain": GAIN_8_BIT, "offset": OFFSET_8_BIT, **options}
        named = {{"interval": "interval_s"}.get(name, name): options[name] for name in options}
        settings = ScanSettings(**named)  # type: ignore[arg-type]
        return cls(settings, seed=seed, frames=count, rate=rate, url=url)

    @property
    def status(self) -> str:
        """Nothing to say: frames come as they should."""
        return ""

    @property
    def connected(self) -> bool:
        """Always: nothing can be lost."""
        return True

    def open(self) -> FrameFormat:
        """Grow the specimen.

        Returns
        -------
        FrameFormat
        """
        scan = self._scan
        self._microscope()
        return FrameFormat(
            height=scan.height,
            width=scan.width,
            dtype=scan.dtype,
            significant_bits=scan.bits,
            pixel_size_um=LR_PIXEL_UM,
            interval_s=scan.interval_s,
            camera="simulated confocal",
        )

    def read(self, timeout: float) -> Frame | None:
        """Wait until the next frame has been scanned and return it.

        Parameters
        ----------
        timeout : float
            Seconds to wait at most.

        Returns
        -------
        Frame or None
            None if the scan did not end in time.

        Raises
        ------
        EndOfFrames
            After the last frame, or when closed.
        """
        index = self._delivered
        if self._pacer.stopped() or index == self.frame_count:
            raise EndOfFrames
        acquired = index * self._scan.interval_s
        if not self._pacer.wait_until(self._moment(index), timeout):
            return None
        pixels = self._microscope().scan(index)
        self._delivered += 1
        return Frame(pixels=pixels, index=index, acquired=acquired, received=time.perf_counter())

    def close(self) -> None:
        """Stop scanning and wake a waiting `read`."""
        self._pacer.stop()

    def truth(self, index: int) -> NDArray[np.float32]:
        """HR picture of the middle of a frame's scan, without noise; at any time, for any frame.

        Parameters
        ----------
        index : int
            Number of the frame.

        Returns
        -------
        ndarray of float32, shape (4H, 4W)
            In the LR frame's counts, see `Scanner.truth`; its pixels are `hr_pixel_size_um` wide.
        """
        return self._microscope().truth(index)

    def _microscope(self) -> Scanner:
        with self._making:
            if self._scanner is None:
                scan = self._scan
                specimen = Specimen(self._seed, scan.height * LR_PIXEL_UM, scan.width * LR_PIXEL_UM)
                self._scanner = Scanner(specimen, scan, self._seed)
            return self._scanner

    def _moment(self, index: int) -> float:
        if self._rate is None:
            return index * self._scan.interval_s
        return 0.0 if math.isinf(self._rate) else index / self._rate


def _parse(text: str) -> dict[str, float]:
    """Read ``name=value,name=value``."""
    options: dict[str, float] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = (part.strip() for part in item.partition("="))
        if name not in RANGES:
            raise SourceError(
                f"The simulated microscope has no option {name!r}.",
                f"Known options: {', '.join(RANGES)}; for example simulated:seed=3,photons=12.",
            )
        low, high = RANGES[name]
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        wrong = not low <= number <= high or (name in WHOLE and number != int(number))
        if wrong or (name == "bits" and number not in (8, 16)):
            kind = "a whole number" if name in WHOLE else "a number"
            allowed = "8 or 16" if name == "bits" else f"{kind} from {low:g} to {high:g}"
            raise SourceError(
                f"The simulated microscope can't be set to {item!r}.",
                f"Give {allowed}; for example simulated:seed=3,photons=12.",
            )
        options[name] = int(number) if name in WHOLE else number
    return options
