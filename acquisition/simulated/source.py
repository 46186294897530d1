"""The simulated microscope as a source of frames."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from acquisition.channel import Channel, StreamKey
from acquisition.errors import EndOfFrames, SourceError
from acquisition.frame import ONE_STREAM, Frame, FrameFormat
from acquisition.pacing import SelfPacedSource, rate_in_words
from acquisition.simulated.reticulum import Reticulum
from acquisition.simulated.scanner import HR_PIXEL_UM, LR_PIXEL_UM, Scanner, ScanSettings, Turn
from acquisition.simulated.specimen import Specimen
from acquisition.simulated.structure import Section

SMALLEST_SIDE, LARGEST_SIDE = 8, 2048
# A pair that those who tell no red from green tell apart.
CHANNELS = (Channel("mitochondria", (0, 255, 0)), Channel("ER", (255, 0, 255)))
GAIN_8_BIT, OFFSET_8_BIT = 8.0, 10.0
WHOLE = frozenset({"seed", "height", "width", "bits", "frames", "channels", "slices"})
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
    "channels": (1, 2),
    "slices": (1, 64),
    "z_step": (0.01, 10),
}
DEFAULT_Z_STEP_UM = 0.5


class SimulatedSource(SelfPacedSource):
    """A simulated laser-scanning confocal looking at live cells, see `FrameSource`.

    Parameters
    ----------
    settings : ScanSettings
        How the microscope is set.
    seed : int
        Decides specimen and noise: the same seed and frame number give the same pixels.
    frames : int, optional
        How many frames of each stream to deliver; by default there is no end.
    rate : str, optional
        Frames per second of each stream or ``max``; by default the scan's own interval. Only the
        pace changes.
    url : str
        For the record.
    channels : int
        One, or two: mitochondria, and the endoplasmic reticulum of the same cells. Several streams
        are scanned one after the other, and then no light falls until the interval has passed.
    slices : int
        Of each channel.
    z_step_um : float
        From slice to slice.

    Raises
    ------
    SourceError
        If the rate can't be understood.
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
        channels: int = 1,
        slices: int = 1,
        z_step_um: float = DEFAULT_Z_STEP_UM,
    ) -> None:
        super().__init__(url, rate)
        self._streams = [StreamKey(0, c, z) for c in range(channels) for z in range(slices)]
        self._channels, self._slices, self._z_step_um = channels, slices, z_step_um
        self.frame_count = None if frames is None else frames * len(self._streams)
        self._scan = settings or ScanSettings()
        self._seed = seed
        self.settings: Mapping[str, str] = {
            "seed": str(seed),
            **{name: f"{getattr(self._scan, name):g}" for name in ScanSettings.__slots__},
            "rate": rate_in_words(self._rate),
        }
        if len(self._streams) > 1:
            more = {"channels": f"{channels}", "slices": f"{slices}", "z_step_um": f"{z_step_um:g}"}
            self.settings = {**self.settings, **more}
        self._scanners: dict[StreamKey, Scanner] = {}
        self._making = threading.Lock()

    @classmethod
    def from_url(cls, url: str, *, rate: str | None = None) -> Self:
        """Make a source from text such as ``simulated:seed=3,photons=8,frames=100``.

        Parameters
        ----------
        url : str
            Options: seed, height, width (LR pixels), photons, bits (8 or 16), interval (s),
            bleaching (share lost at 12 photons a frame), gain (counts for a photon), offset
            (counts), read_noise (photons), frames (of each stream), channels (1 or 2), slices,
            z_step (µm).
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
        streams = int(options.pop("channels", 1)), int(options.pop("slices", 1))
        z_step_um = options.pop("z_step", DEFAULT_Z_STEP_UM)
        if streams != (1, 1):
            # One after the other, as fast as the beam is by default.
            interval_s = ScanSettings().interval_s * streams[0] * streams[1]
            options = {"interval": interval_s, **options}
        named = {{"interval": "interval_s"}.get(name, name): options[name] for name in options}
        settings = ScanSettings(**named)  # type: ignore[arg-type]
        return cls(
            settings,
            seed=seed,
            frames=count,
            rate=rate,
            url=url,
            channels=streams[0],
            slices=streams[1],
            z_step_um=z_step_um,
        )

    def open(self) -> FrameFormat:
        """Grow the specimen.

        Returns
        -------
        FrameFormat
        """
        scan = self._scan
        several = len(self._streams) > 1
        self._microscope(self._streams[0])
        return FrameFormat(
            height=scan.height,
            width=scan.width,
            dtype=scan.dtype,
            significant_bits=scan.bits,
            pixel_size_um=LR_PIXEL_UM,
            interval_s=scan.interval_s,
            camera="simulated confocal",
            channels=CHANNELS[: self._channels] if several else (Channel(),),
            slices=self._slices,
            z_step_um=self._z_step_um if self._slices > 1 else None,
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
        index, turn = divmod(self._delivered, len(self._streams))
        if self._pacer.stopped() or self._delivered == self.frame_count:
            raise EndOfFrames
        stream = self._streams[turn]
        acquired = self._begins_s(index, turn)
        if not self._pacer.wait_until(self._moment(acquired), timeout):
            return None
        pixels = self._microscope(stream).scan(index)
        self._delivered += 1
        return Frame(
            pixels=pixels,
            index=index,
            acquired=acquired,
            received=time.perf_counter(),
            stream=stream,
        )

    def close(self) -> None:
        """Stop scanning and wake a waiting `read`."""
        self._pacer.stop()

    def truth(self, index: int, stream: StreamKey = ONE_STREAM) -> NDArray[np.float32]:
        """HR picture of the middle of a frame's scan, without noise; at any time, for any frame.

        Parameters
        ----------
        index : int
            Number of the frame in its stream.
        stream : StreamKey
            Of which it is.

        Returns
        -------
        ndarray of float32, shape (4H, 4W)
            In the LR frame's counts, see `Scanner.truth`; its pixels are `hr_pixel_size_um` wide.
        """
        return self._microscope(stream).truth(index)

    def _microscope(self, stream: StreamKey) -> Scanner:
        with self._making:
            if not self._scanners:
                self._scanners = dict(self._make_scanners())
            return self._scanners[stream]

    def _make_scanners(self) -> Iterator[tuple[StreamKey, Scanner]]:
        scan, count = self._scan, len(self._streams)
        specimen = Specimen(self._seed, scan.height * LR_PIXEL_UM, scan.width * LR_PIXEL_UM)
        if count == 1:
            yield self._streams[0], Scanner(specimen, scan, self._seed)
            return
        structures = [specimen, Reticulum(specimen, self._seed)][: self._channels]
        # The dose is that of the middle of the stack.
        given = [Scanner(structure, scan, self._seed).photons_per_light for structure in structures]
        for number, stream in enumerate(self._streams):
            above_um = (stream.z - (self._slices - 1) / 2) * self._z_step_um
            yield (
                stream,
                Scanner(
                    Section(structures[stream.channel], above_um),
                    scan,
                    self._seed,
                    turn=Turn(number, number * self._scan_s, self._scan_s),
                    photons_per_light=given[stream.channel],
                ),
            )

    @property
    def _scan_s(self) -> float:
        """How long the beam takes for a frame, where there are several streams."""
        return min(ScanSettings().interval_s, self._scan.interval_s / len(self._streams))

    def _begins_s(self, index: int, turn: int) -> float:
        return index * self._scan.interval_s + turn * self._scan_s

    def _moment(self, begins_s: float) -> float:
        if self._rate is None:
            return begins_s
        if math.isinf(self._rate):
            return 0.0
        return begins_s / self._scan.interval_s / self._rate


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
