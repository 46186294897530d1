"""Restore a layer in napari: an engine to choose, progress, and a way to stop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from acquisition import FrameFormat, PixelType, StreamKey
from engines import list_engines
from pssr_live.defaults import DEFAULT_ENGINE
from pssr_live.errors import UserError, describe
from pssr_live.napari_plugin.reader import PREDICTED
from pssr_live.restoring import LiveRestorer, Restored


def restored_frames(
    stack: Any, engine: str, out: list[NDArray[PixelType]]
) -> Iterator[tuple[int, int]]:
    """Restore a time-lapse frame by frame.

    Parameters
    ----------
    stack : array of uint8 or uint16, shape (T, H, W) or (T, Z, H, W)
        Read one frame at a time.
    engine : str
        Name of a bundled engine, or a bundle's folder.
    out : list
        Gets the restored array when its first frame is there: shape (T, sH, sW), or
        (T, Z, sH, sW). A prediction, in the same counts.

    Yields
    ------
    tuple of int
        How many frames are restored, and of how many.

    Raises
    ------
    UserError, EngineError
        If it is not a time-lapse of detector counts, or the engine can't restore it.
    """
    if stack.ndim not in (3, 4) or stack.dtype not in (np.uint8, np.uint16):
        raise UserError(
            f"This layer is not a time-lapse of a detector's counts: {stack.ndim} axes of "
            f"{stack.dtype}.",
            "Choose a layer of uint8 or uint16 with the axes time, height, width, or time, z, "
            "height, width.",
        )
    times, *slices, height, width = stack.shape
    of_each = slices[0] if slices else 1
    frame_format = FrameFormat(
        height=height,
        width=width,
        dtype=np.dtype(stack.dtype),
        significant_bits=8 * stack.dtype.itemsize,
        slices=of_each,
    )
    total, done = times * of_each, 0

    def put(restored: Restored) -> None:
        if not out:
            out.append(np.zeros((*stack.shape[:-2], *restored.pixels.shape), stack.dtype))
        place = (restored.index, restored.stream.z) if slices else (restored.index,)
        out[0][place] = restored.pixels

    yield 0, total
    with LiveRestorer(frame_format, engine) as restorer:
        for time, z in np.ndindex(times, of_each):
            frame = np.asarray(stack[(time, z) if slices else (time,)])
            first = restorer.add(frame, stream=StreamKey(z=z), index=time)
            for restored in [*([first] if first else []), *restorer.ready()]:
                put(restored)
                done += 1
            yield done, total
        for restored in restorer.finish():
            put(restored)
        yield total, total


class RestorePanel:
    """Layer, engine, progress, and the buttons *Restore* and *Cancel*.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        It gets the layers.

    Attributes
    ----------
    native : QWidget
        By which napari shows it.
    worker : napari's GeneratorWorker, or None
        What is restoring now.
    """

    def __init__(self, napari_viewer: Any) -> None:
        from magicgui.widgets import (
            ComboBox,
            Container,
            Label,
            ProgressBar,
            PushButton,
            create_widget,
        )

        self._viewer = napari_viewer
        self.worker: Any = None
        self.layer = create_widget(annotation="napari.layers.Image", label="layer")
        names = [listing.name for listing in list_engines()]
        self.engine = ComboBox(label="engine", choices=names, value=DEFAULT_ENGINE)
        self.progress = ProgressBar(min=0, max=1, value=0, label="frames")
        self.restore = PushButton(text="Restore")
        self.cancel = PushButton(text="Cancel", enabled=False)
        self.news = Label(value="Restored frames are predictions. Keep the raw ones.")
        container = Container(
            widgets=[self.layer, self.engine, self.progress, self.restore, self.cancel, self.news]
        )
        self.native = container.native
        self.native.destroyed.connect(lambda *_: self._let_go())
        # By functions of their own: a connected method alone would not keep the panel alive.
        self.restore.changed.connect(lambda _: self.begin())
        self.cancel.changed.connect(lambda _: self.stop())

    def reset_choices(self, *_: object) -> None:
        """Offer the layers that there are now; napari calls this when they change."""
        self.layer.reset_choices()

    def begin(self) -> None:
        """Restore the chosen layer in a thread of its own."""
        from napari.qt.threading import create_worker

        layer, engine = self.layer.value, self.engine.value
        if layer is None:
            self.news.value = "There is no image to restore. Open one first."
            return
        if layer.metadata.get(PREDICTED):
            self.news.value = "This layer is a prediction already. Choose the raw one."
            return
        if layer.multiscale or layer.rgb:
            self.news.value = "Choose a layer with one value for each pixel and one resolution."
            return
        out: list[NDArray[PixelType]] = []
        self.worker = create_worker(restored_frames, layer.data, engine, out)
        self.worker.yielded.connect(self._show_progress)
        self.worker.returned.connect(lambda _: self._add(layer, engine, out))
        self.worker.errored.connect(lambda error: self._show(describe(error)))
        self.worker.aborted.connect(lambda: self._show("Cancelled. Nothing was added."))
        self.worker.finished.connect(self._end)
        self.restore.enabled, self.cancel.enabled = False, True
        self._show(f"Opening {engine}…")
        self.worker.start()

    def stop(self) -> None:
        """Stop after the frame that is being restored."""
        if self.worker is not None:
            self.worker.quit()

    def _show_progress(self, progress: tuple[int, int]) -> None:
        done, total = progress
        self.progress.max = total
        self.progress.value = done
        if done:
            self._show(f"{done} of {total} frames restored")

    def _add(self, layer: Any, engine: str, out: list[NDArray[PixelType]]) -> None:
        finer = out[0].shape[-1] / layer.data.shape[-1]
        scale, place = np.array(layer.scale), np.array(layer.translate)
        # The centre of the first restored pixel lies this far from that of the first raw one.
        place[-2:] += (scale[-2:] / finer - scale[-2:]) / 2
        scale[-2:] /= finer
        self._viewer.add_image(
            out[0],
            name=f"{layer.name} restored by {engine} (predicted)",
            scale=scale,
            translate=place,
            units=layer.units,
            axis_labels=layer.axis_labels,
            colormap=layer.colormap,
            contrast_limits=layer.contrast_limits,
            blending=layer.blending,
            metadata={PREDICTED: True, "engine": engine},
        )
        self._show("Done. Restored frames are predictions. Keep the raw ones.")

    def _end(self) -> None:
        self.worker = None
        self.restore.enabled, self.cancel.enabled = True, False

    def _show(self, words: str) -> None:
        self.news.value = words

    def _let_go(self) -> None:
        """Stop, and touch no widget any more: they are gone with the window."""
        worker, self.worker = self.worker, None
        if worker is not None:
            worker.quit()
            for signal in (
                worker.yielded,
                worker.returned,
                worker.errored,
                worker.aborted,
                worker.finished,
            ):
                signal.disconnect()
