"""What ``pssr-live doctor`` looks at: is all there that a session needs, and how fast is it."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from acquisition import (
    EndOfFrames,
    FormatChanged,
    Frame,
    FrameFormat,
    FrameSource,
    RunEnded,
    SourceError,
    StreamKey,
    open_source,
)
from acquisition.micromanager import (
    LOCAL,
    REMOTE,
    MicroManagerOptions,
    MicroManagerSource,
    take_inventory,
)
from engines import (
    FASTEST,
    SCALE_FACTOR,
    EngineError,
    Selection,
    find_cuda,
    find_device,
    find_tensorrt,
    open_engine,
)
from pssr_live._version import __version__
from pssr_live.display import display_missing
from pssr_live.recording import find_room, long_paths_allowed

_SECONDS_TO_WATCH = 2.0
_READ_TIMEOUT = 0.2
# What is judged where no source says otherwise: the frames of the paper's neurons.
_USUAL_FORMAT = FrameFormat(
    height=440, width=440, dtype=np.dtype(np.uint16), significant_bits=16, interval_s=0.27049
)
_FEWEST_MINUTES = 30.0
_MICROSCOPES = (REMOTE, LOCAL)
_WHAT_A_TEST_ADDS = (
    "To let pssr-live start the camera for a moment, count its frames and stop it again: "
    "pssr-live doctor --test-camera"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One line of the report.

    Attributes
    ----------
    name : str
        What was looked at.
    words : str
        How it stands.
    good : bool or None
        None for what is neither good nor bad.
    fix : str
        What to do where it is bad.
    """

    name: str
    words: str
    good: bool | None = True
    fix: str = ""


def check(
    source: str,
    engine: str,
    folder: Path,
    *,
    test_camera: bool,
    progress: Callable[[str], object] = lambda _: None,
) -> Iterator[CheckResult]:
    """Look at source, engine, graphics card, window and disk; the arguments are the command's.

    `progress` is told what is looked at now, for whoever waits.
    """
    words = f"{__version__}, Python {platform.python_version()}, {platform.system()}"
    yield CheckResult(name="pssr-live", words=words, good=None)
    frame_format, rate = _USUAL_FORMAT, 1 / (_USUAL_FORMAT.interval_s or 1.0)
    deliverer = "a usual scan"
    progress(f"Looking at the source {source}")
    look_only = not test_camera and source.partition(":")[0] in _MICROSCOPES
    try:
        opened = open_source(source, look_only=look_only)
        if look_only and opened.url.startswith(f"{LOCAL}:"):
            words = f"not opened, since that starts up all its devices. {_WHAT_A_TEST_ADDS}"
            yield CheckResult(name="source", words=words, good=None)
        else:
            try:
                frame_format = opened.open()
                yield from _about_format(opened, frame_format)
                if look_only:
                    yield from _about_choice(source, frame_format.camera)
                watched = _watch(opened)
                status = opened.status
            finally:
                opened.close()
            if look_only:
                progress("Looking at what Micro-Manager has for experiments")
                yield from _about_experiments(MicroManagerOptions.from_url(source))
            if watched.rate:
                rate, deliverer = watched.rate, "the source"
            yield _about_frames(watched, frame_format, status, look_only=look_only)
    except SourceError as error:
        yield CheckResult(name="source", words=error.problem, good=False, fix=error.fix)
    yield from _about_engine(engine, frame_format, rate, deliverer=deliverer, progress=progress)
    progress("Looking for a graphics card")
    yield _about_gpu()
    progress("Trying to show a window")
    missing = display_missing()
    without = "Run without a window: add --headless"
    yield CheckResult(
        name="window", words=missing or "can be shown", good=missing is None, fix=without
    )
    progress(f"Looking at the disk of {folder}")
    yield _about_disk(folder, frame_format, rate)
    yield from _about_folder(folder)


def _about_experiments(options: MicroManagerOptions) -> Iterator[CheckResult]:
    """Say what can be run and followed there; touches nothing."""
    found = take_inventory(options)
    if found is None:
        words = "Micro-Manager did not say what it has for them"
        yield CheckResult(name="experiments", words=words, good=None)
        return
    for group, presets in found.groups.items():
        channels = ", whose presets are channels" if group == found.channel_group else ""
        words = f"{', '.join(presets) or 'no preset'}{channels}"
        yield CheckResult(name=f"  group {group}", words=words, good=None)
    for name, label, without in (
        ("focus drive", found.focus, "none: slices can't be run"),
        ("xy stage", found.xy_stage, "none: positions can't be run"),
        ("shutter", found.shutter, "none: light stays on between exposures, if it is on"),
    ):
        auto = ", auto shutter is off: it stays as it is" if not found.auto_shutter else ""
        words = f"{label}{auto if name == 'shutter' else ''}" if label else without
        yield CheckResult(name=f"  {name}", words=words, good=None)
    state = f"one is {found.experiment} now" if found.experiment_runs else "none is running"
    follow = "can be followed" if found.window else "there is no window whose own can be followed"
    presets = found.groups.get(found.channel_group, [])
    example = f" --channels {','.join(presets[:2])}" if presets else ""
    yield CheckResult(
        name="experiments",
        words=f"{state}; {follow}; can be run: pssr-live live --source micromanager: "
        f"--interval 2s{example}",
        good=None,
    )


def _about_choice(source: str, used: str) -> Iterator[CheckResult]:
    """Say that another camera is wanted than the one that could be looked at."""
    wanted = MicroManagerOptions.from_url(source).camera
    if wanted not in ("", used):
        words = f"Micro-Manager uses {used} now, and {wanted} was not chosen. {_WHAT_A_TEST_ADDS}"
        yield CheckResult(name="camera", words=words, good=None)


def _about_frames(
    watched: _Watched, frame_format: FrameFormat, status: str, *, look_only: bool
) -> CheckResult:
    if watched.rate:
        bandwidth = f"{1e-6 * _raw_bytes(frame_format) * watched.rate:.1f} MB/s"
        if not watched.missing_rate:
            return CheckResult(name="frames", words=f"{watched.rate:.1f} frames/s, {bandwidth}")
        of_them = f"{watched.missing_rate:.1f} of them"
        loss = f"another program takes {of_them}" if watched.taken else f"{of_them} are lost"
        words = (
            f"the camera delivers {watched.rate:.1f} frames/s (by its frame numbers), {bandwidth}; "
            f"{loss}. {status}"
        )
        return CheckResult(name="frames", words=words.strip(), good=None)
    words = f"none came in {2 * _SECONDS_TO_WATCH:g} s. {status}"
    if look_only:
        return CheckResult(name="frames", words=f"{words} {_WHAT_A_TEST_ADDS}", good=None)
    return CheckResult(
        name="frames",
        words=words,
        good=False,
        fix="Start the camera, or wait for a slow scan or for the end of an experiment; then run "
        "pssr-live doctor again.",
    )


def _about_format(source: FrameSource, frame_format: FrameFormat) -> Iterator[CheckResult]:
    yield CheckResult(
        name="source", words=f"{source.url} delivers {frame_format} from {frame_format.camera}"
    )
    for name, value in source.settings.items():
        yield CheckResult(name=f"  {name}", words=value, good=None)
    if frame_format.pixel_size_um is None:
        yield CheckResult(
            name="pixel size",
            words="not known; scale bar and files will have none",
            good=False,
            fix="Calibrate it in Micro-Manager, or give it: --pixel-size 0.196",
        )


@dataclass(slots=True, kw_only=True)
class _Watched:
    """What a source delivered for a while, from frame to frame.

    Attributes
    ----------
    came, numbered : int
        Frames that came, and the sum of their numbers' steps.
    received_s, acquired_s : float
        Seconds that it took, by our clock and by the source's.
    taken : bool
        Whether another program took what is missing.
    """

    came: int = 0
    numbered: int = 0
    received_s: float = 0.0
    acquired_s: float = 0.0
    taken: bool = False

    def add(self, before: Frame, frame: Frame) -> None:
        """Count a frame that follows another one of the same segment."""
        self.came += 1
        self.numbered += frame.index - before.index
        self.received_s += frame.received - before.received
        self.acquired_s += frame.acquired - before.acquired

    @property
    def rate(self) -> float:
        """Frames/s of the source, those that are missing among them; 0 where none came."""
        if self.missing_rate:
            return self.numbered / self.acquired_s
        return self.came / self.received_s if self.received_s > 0 else 0.0

    @property
    def missing_rate(self) -> float:
        """Frames/s that did not come."""
        missing = self.numbered - self.came
        return missing / self.acquired_s if self.acquired_s > 0 else 0.0


def _watch(source: FrameSource) -> _Watched:
    """Count frames for a while; from the first frame on, for a start takes its time."""
    watched, before = _Watched(), dict[StreamKey, Frame]()
    deadline = time.perf_counter() + 2 * _SECONDS_TO_WATCH
    while time.perf_counter() < deadline:
        try:
            frame = source.read(_READ_TIMEOUT)
        except EndOfFrames:
            break
        except (FormatChanged, RunEnded):
            before.clear()
            continue
        if frame is None:
            continue
        if frame.stream in before:
            watched.add(before[frame.stream], frame)
        elif not watched.came:
            deadline = min(deadline, time.perf_counter() + _SECONDS_TO_WATCH)
        before[frame.stream] = frame
    watched.taken = isinstance(source, MicroManagerSource) and source.taken_by_others > 0
    return watched


def _about_engine(
    name: str,
    frame_format: FrameFormat,
    rate: float,
    *,
    deliverer: str,
    progress: Callable[[str], object],
) -> Iterator[CheckResult]:
    height, width = frame_format.shape
    progress(f"Opening the engine {name}")
    try:
        selection: Selection = open_engine(
            name,
            backend=FASTEST,
            height=height,
            width=width,
            dtype=frame_format.dtype,
            on_trial=lambda trial: progress(f"Opening the engine {name}: {trial}"),
        )
    except EngineError as error:
        yield CheckResult(name="engine", words=error.problem, good=False, fix=error.fix)
        return
    selection.engine.close()
    fastest = 0.0
    for trial in selection.report.trials:
        if trial.median_ms is None or not trial.usable:
            yield CheckResult(name=f"  {trial.backend}", words=trial.why_not, good=None)
            continue
        fastest = max(fastest, 1e3 / trial.median_ms)
        words = f"{1e3 / trial.median_ms:.1f} frames/s on {height} x {width} frames"
        yield CheckResult(
            name=f"  {trial.backend}", words=words + (", used" if trial.chosen else "")
        )
    yield CheckResult(
        name=f"engine {name}",
        words=f"restores {fastest:.1f} frames/s; {deliverer} delivers {rate:.1f}",
        good=fastest >= rate,
        fix="The preview will skip frames, and a recording will be finished after the scan. "
        "Scan fewer pixels to keep up.",
    )


def _about_gpu() -> CheckResult:
    try:
        device = find_device(find_cuda())
        library = find_tensorrt([device.compute_capability])
        return CheckResult(name="graphics card", words=f"{device}, {library.title}")
    except EngineError as error:
        return CheckResult(name="graphics card", words=f"not used: {error.problem}", good=None)


def _about_disk(folder: Path, frame_format: FrameFormat, rate: float) -> CheckResult:
    try:
        room = find_room(folder, replace(frame_format, interval_s=1 / rate), SCALE_FACTOR)
    except OSError as error:
        return CheckResult(
            name="disk",
            words=f"{error.strerror}: {folder}",
            good=False,
            fix="Name another folder: --save",
        )
    minutes = room.minutes or 0.0
    return CheckResult(
        name="disk",
        words=f"{1e-9 * room.free:.0f} GB free: {minutes:,.0f} minutes of raw and restored frames",
        good=minutes >= _FEWEST_MINUTES,
        fix="Free some space, or record elsewhere: --save D:/recordings/cell-1",
    )


def _about_folder(folder: Path) -> Iterator[CheckResult]:
    """Say what Windows may do to files of a recording."""
    if not long_paths_allowed():
        words = "Windows allows 259 characters here: give recordings short names in short folders"
        yield CheckResult(name="paths", words=words, good=None)
    cloud = os.environ.get("OneDrive")  # noqa: SIM112 - its name
    if cloud and folder.absolute().is_relative_to(cloud):
        words = (
            f"{folder.absolute()} is in OneDrive, which uploads files while they are written: "
            "record elsewhere, with --save D:/recordings/cell-1"
        )
        yield CheckResult(name="folder", words=words, good=None)


def _raw_bytes(frame_format: FrameFormat) -> int:
    return frame_format.height * frame_format.width * frame_format.dtype.itemsize
