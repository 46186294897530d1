"""A whole time-lapse restored at once: an array in, an array out."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from acquisition import PixelType, TimeLapse
from acquisition.images import StreamChoice
from engines import AUTO
from pssr_live.defaults import DEFAULT_ENGINE
from pssr_live.errors import UserError
from pssr_live.offline.time_lapse import refuse_predicted
from pssr_live.restoring import LiveRestorer, Restored


def restore(
    frames: ArrayLike | str | PathLike[str],
    engine: str = DEFAULT_ENGINE,
    *,
    backend: str = AUTO,
    channel: int | str | None = None,
    z: int | None = None,
    position: int | None = None,
) -> NDArray[PixelType]:
    """Restore a time-lapse of one channel and slice, by the rules of a live session.

    The result is a prediction, and lies in memory as a whole: 16 times as much as the frames. For
    what does not fit, and for files that say where they come from, there is ``pssr-live restore``.

    Parameters
    ----------
    frames : array of uint8 or uint16, shape (T, H, W), or a path
        Counts as the detector gave them; or a file, a recording's folder or an OME-Zarr, see the
        page on image files.
    engine : str
        The name of a bundled engine, of a baseline, or a bundle's folder.
    backend : str
        ``auto``, or a backend's name.
    channel, z, position : int, or the channel's name, optional
        Which stream of a file that has several; numbers from 0.

    Returns
    -------
    ndarray of the frames' dtype, shape (T, sH, sW)
        In the same counts, s being the engine's scale factor, 4. Frames that a file promises and
        does not hold are left out; no frame is restored from others across such a gap.

    Raises
    ------
    UserError
        If the array is not of that shape or type, or holds no frame.
    SourceError
        If the file can't be read, or holds several streams and none was chosen.
    EngineError
        If there is no such engine or backend, or it can't restore frames of this size.

    Examples
    --------
    >>> import numpy
    >>> from pssr_live import restore
    >>> cells = numpy.random.default_rng(0).poisson(20, (8, 64, 64)).astype(numpy.uint16)
    >>> restore(cells, engine="mito-lite").shape
    (8, 256, 256)
    """
    if isinstance(frames, str | PathLike):
        choice = StreamChoice(channel, z, position)
        return _restored_file(Path(frames), choice, engine, backend=backend)
    if (channel, z, position) != (None, None, None):
        raise UserError(
            "Channel, slice and position are chosen in files, and this is an array.",
            "Cut one channel and slice out of it, such as restore(array[:, 0]).",
        )
    stack = np.asarray(frames)
    if stack.ndim != 3 or not len(stack):
        raise UserError(
            "A time-lapse is an array of frames, height and width, not of the shape "
            f"{stack.shape}.",
            "Give one channel and slice, such as restore(array[:, 0]); one frame as array[None].",
        )
    with LiveRestorer(engine=engine, backend=backend) as restorer:
        return _restored(restorer, enumerate(stack), len(stack))


def _restored_file(
    path: Path, choice: StreamChoice, engine: str, *, backend: str
) -> NDArray[PixelType]:
    time_lapse = TimeLapse(path, choice)
    with closing(time_lapse):
        refuse_predicted(path, predicted=time_lapse.predicted)
        numbers = time_lapse.indices or range(time_lapse.frame_count)
        frames = ((number, time_lapse.frame(place)) for place, number in enumerate(numbers))
        with LiveRestorer(time_lapse.format, engine, backend=backend) as restorer:
            return _restored(restorer, frames, time_lapse.frame_count)


def _restored(
    restorer: LiveRestorer, frames: Iterable[tuple[int, ArrayLike]], count: int
) -> NDArray[PixelType]:
    whole: NDArray[PixelType] | None = None
    filled = 0

    def put(ready: Iterable[Restored]) -> None:
        nonlocal whole, filled
        for restored in ready:
            if whole is None:
                whole = np.empty((count, *restored.pixels.shape), restored.pixels.dtype)
            whole[filled] = restored.pixels
            filled += 1

    for index, frame in frames:
        first = restorer.add(frame, index=index)
        if first is not None:
            put([first])
    put(restorer.finish())
    assert whole is not None  # noqa: S101 - there is a frame, so there is a restored one
    return whole
