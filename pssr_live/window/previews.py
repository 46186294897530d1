"""A session's restored frames, as the window is shown them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from acquisition import FrameFormat, FrameSource
from gui import Axes, Interval, Preview
from pssr_live.recording import SourceRecord
from pssr_live.session import RawFrame, RestoredFrame
from pssr_live.window.snapshot import ShownFrame


def is_of(frame: RestoredFrame, frame_format: FrameFormat | None) -> bool:
    """Whether a frame is of the format that a session has now."""
    position = frame.stream.position
    if frame_format is None or position >= len(frame_format.positions):
        return False
    return frame.origin.format == frame_format.at_position(position)


def preview_of(frame: RestoredFrame, source: FrameSource, positions: tuple[str, ...]) -> Preview:
    """Make a preview of a frame; its pixels stay where they are.

    Parameters
    ----------
    frame : RestoredFrame
    source : FrameSource
        Where it comes from.
    positions : tuple of str
        All positions of the session, by name.

    Returns
    -------
    Preview
    """
    shown = frame.origin.format
    return Preview(
        raw=frame.raw,
        restored=frame.restored,
        index=frame.index,
        sequence=frame.sequence,
        acquired=frame.acquired,
        mean=frame.mean,
        trust_map=partial(frame.trust.map_of, frame.raw.shape) if frame.trust else None,
        unresolved_map=_unresolved(frame),
        interval=_interval(frame),
        pixel_size_um=shown.pixel_size_um,
        highest=2**shown.significant_bits - 1,
        origin=ShownFrame(frame, SourceRecord(url=source.url, settings=dict(source.settings))),
        stream=frame.stream,
        axes=Axes(shown.channels, shown.slices, shown.z_step_um, positions),
        time_point=frame.time_point,
        provisional=frame.provisional,
        serial=frame.serial,
    )


def _unresolved(frame: RestoredFrame) -> Callable[[], NDArray[np.float32]] | None:
    found = frame.trust.resolvability if frame.trust is not None else None
    if found is None or frame.restored is None:
        return None
    return partial(found.map_of, frame.restored, frame.raw.shape)


def raw_preview_of(one: RawFrame, positions: tuple[str, ...]) -> Preview:
    """Make a preview of a frame that is not restored yet; see `preview_of`."""
    frame, shown = one.frame, one.format
    return Preview(
        raw=frame.pixels,
        restored=None,
        index=frame.index,
        sequence=one.sequence,
        acquired=frame.acquired,
        pixel_size_um=shown.pixel_size_um,
        highest=2**shown.significant_bits - 1,
        stream=frame.stream,
        axes=Axes(shown.channels, shown.slices, shown.z_step_um, positions),
        time_point=frame.time_point,
    )


def shown_frame(preview: Preview, made_of: ShownFrame) -> ShownFrame:
    """Say what a preview shows: the frame that it was made of, or the maximum of several slices."""
    if not preview.projected:
        return made_of
    frame = replace(made_of.frame, raw=preview.raw, restored=preview.restored)
    return made_of._replace(frame=frame, projected=True)


def _interval(frame: RestoredFrame) -> Interval | None:
    expected = frame.trust.expected if frame.trust is not None else None
    predicted_by = frame.origin.engine.uncertainty if frame.origin.engine is not None else None
    if expected is None or predicted_by is None:
        return None
    return Interval(expected.half_width, expected.span, predicted_by.level)
