"""Real recordings with faults planted in them, restored and judged as in a live session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from acquisition import FrameFormat, Window
from engines import SCALE_FACTOR, IntensityScale
from pssr_live.crappify import Crappifier, Detector
from pssr_live.restoring import EngineChoice, EnginePool, begin_judge
from pssr_live.trust import Trust

LENGTH = 5
# HR pixels; 8 of them are 2 LR pixels.
DEFOCUS = 8.0
FASTER = 16
OVEREXPOSED = 3.0
# A planted structure must differ from what is there by this, in network units, root mean square.
UNLIKE = 0.2

Images = NDArray[np.float32]
Counts = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True)
class Field:
    """One HR recording and the scanner that looks at it.

    Attributes
    ----------
    hr : ndarray of float32, shape (T, 4H, 4W)
        0 to 1.
    """

    name: str
    hr: Images
    pixel_size_um: float | None
    interval_s: float | None
    crappifier: Crappifier

    def scan(self, hr: Images, seed: int = 0) -> Counts:
        """Scan, with noise that the field's name and the seed decide."""
        return self.crappifier.apply(hr, np.random.default_rng([seed, *self.name.encode()]))


Scans = Callable[[Field], Counts]
Rework = Callable[[NDArray[np.float32], np.random.Generator], NDArray[np.float32]]


def clean(field: Field) -> Counts:
    """Nothing wrong."""
    return field.scan(field.hr)


def defocused(field: Field) -> Counts:
    """Blurred by two LR pixels."""
    return field.scan(gaussian_filter(field.hr, (0, DEFOCUS, DEFOCUS)))


def overexposed(field: Field) -> Counts:
    """As much light and gain again that the brightest structures end the detector's range."""
    scanner = field.crappifier
    if isinstance(scanner, Detector):
        gain = OVEREXPOSED * 255 / scanner.photons
        scanner = replace(scanner, bits=8, gain=gain, offset=10.0)
        return replace(field, crappifier=scanner).scan(field.hr)
    counts = OVEREXPOSED * field.scan(field.hr).astype(np.float32)
    return np.minimum(counts, 255).astype(np.uint8)


def too_fast(field: Field) -> Counts:
    """Everything drifts to and fro by four LR pixels a frame."""
    period = 8
    drifts = [FASTER * abs(frame % period - period // 2) for frame in range(len(field.hr))]
    moved = [np.roll(frame, drift, 1) for frame, drift in zip(field.hr, drifts, strict=True)]
    return field.scan(np.stack(moved))


def pasted(side: int, donors: list[Images]) -> Rework:
    """Structure of another sample instead of what is there, `side` HR pixels wide."""

    def rework(restored: Images, rng: np.random.Generator) -> Images:
        # Where nothing differs enough, the most different of many tries.
        best = max((_patch(restored, donors, side, rng) for _ in range(30)), key=lambda one: one[0])
        _, (top, left), patch = best
        wrong = restored.copy()
        wrong[top : top + side, left : left + side] = patch
        return wrong

    return rework


def erased(side: int) -> Rework:
    """The brightest structure replaced by the darkest there is."""

    def rework(restored: Images, rng: np.random.Generator) -> Images:
        smooth = gaussian_filter(restored, side / 4)
        half = side // 2
        inner = smooth[half:-half, half:-half]
        row, column = np.unravel_index(int(inner.argmax()), inner.shape)
        wrong = restored.copy()
        wrong[row : row + side, column : column + side] = np.percentile(restored, 5)
        return wrong

    return rework


def judged(
    field: Field,
    engine: str,
    *,
    scans: Scans = clean,
    sharp_start: bool = True,
    shuffled: bool = False,
    rework: Rework | None = None,
    most: int = 30,
) -> Iterator[Trust]:
    """Restore and judge windows spread over the recording.

    Parameters
    ----------
    sharp_start : bool
        Whether the recording begins without the fault, which then sets in.
    shuffled : bool
        Whether the frames of each window change places.
    rework : callable, optional
        What is done to restored frames, in network units.
    most : int
        Windows to judge.
    """
    lr = scans(field)
    start = clean(field)[:LENGTH] if sharp_start else lr[:LENGTH]
    if start.dtype != lr.dtype:
        start = lr[:LENGTH]
    pixel = SCALE_FACTOR * field.pixel_size_um if field.pixel_size_um else None
    frame_format = FrameFormat(
        height=lr.shape[1],
        width=lr.shape[2],
        dtype=lr.dtype,
        significant_bits=8 * lr.dtype.itemsize,
        pixel_size_um=pixel,
        interval_s=field.interval_s,
    )
    rng = np.random.default_rng(0)
    choice = EngineChoice(engine, "onnxruntime" if engine != "bilinear" else "auto")
    with EnginePool() as pool:
        shared = pool.open(choice, frame_format)
        scale = IntensityScale.from_window(start)
        judge = begin_judge(shared, frame_format, scale, first_frames=start)
        assert judge is not None
        out = shared.new_buffer(frame_format)
        centres = np.unique(np.linspace(2, len(lr) - 3, most).astype(int))
        for centre in centres:
            frames = np.ascontiguousarray(lr[centre - 2 : centre + 3])
            if shuffled:
                frames = frames[_unordered(rng)]
            shared.restore(frames, scale, out)
            seen = out
            if rework is not None:
                counts = scale.offset + scale.gain * rework(scale.to_network(out), rng)
                top = np.iinfo(out.dtype).max
                seen = np.rint(counts).clip(0, top).astype(out.dtype)
            window = Window(
                pixels=frames,
                index=int(centre),
                acquired=0,
                received=0,
                completed=0,
                sequence=int(centre),
                first=centre - 2,
                last=centre + 2,
            )
            trust = judge.look(window, seen)
            assert trust is not None
            yield trust.kept()


def _patch(
    restored: Images, donors: list[Images], side: int, rng: np.random.Generator
) -> tuple[float, tuple[int, int], Images]:
    donor = donors[int(rng.integers(len(donors)))]
    row, column = (int(rng.integers(size - side)) for size in donor.shape)
    top, left = (int(rng.integers(size - side)) for size in restored.shape)
    patch = donor[row : row + side, column : column + side]
    there = restored[top : top + side, left : left + side]
    difference = float(np.sqrt(np.mean((patch - there) ** 2)))
    # Any that differs enough will do: the largest difference would be too easy.
    return min(difference, UNLIKE + 0.001 * float(rng.random())), (top, left), patch


def _unordered(rng: np.random.Generator) -> NDArray[np.intp]:
    while True:
        order = rng.permutation(LENGTH)
        if np.abs(np.diff(order)).sum() > LENGTH - 1:
            return order
