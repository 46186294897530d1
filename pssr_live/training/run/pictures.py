"""Pictures of a training while it runs: its curve, and samples of what it restores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import ImageDraw, ImageFont

from engines import SCALE_FACTOR, replacing
from pssr_live.metrics import TRUTH_PERCENTILES, psnr_fit
from pssr_live.training.data import FRAMES, Batch, Restore, ValidationSet, enlarged
from pssr_live.training.run.training_log import LogEntry

Image = NDArray[np.float32]

SAMPLES = 4
SAMPLE_SIDE = 64
MOST_MARKED = 40
# The HR's percentiles that are shown as black and white.
BLACK_AND_WHITE = (0.5, 99.8)

_GAP = 8
_HEADING_HEIGHT = 30
_LABEL_HEIGHT = 26
_FOOT_HEIGHT = 24
_BACKGROUND, _TEXT, _FAINT_TEXT = 24, 235, 150
_COLUMNS = ("LR (centre frame)", "bilinear", "restored (predicted)", "HR (truth)")
_FOOT = "PSNR: of the part shown, after a linear fit to the HR. Contrast: linear, the HR's for all."


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A small window that is shown after every epoch.

    Attributes
    ----------
    series, setting : str
        What it is a part of, and what it was crappified with.
    window : ndarray of float32, shape (5, h, w)
    truth : ndarray of float32, shape (4h, 4w)
        Both in network units.
    """

    series: str
    setting: str
    window: Image
    truth: Image


def draw_curve(entries: Sequence[LogEntry], path: Path) -> None:
    """Draw the losses, and PSNR beside that of the two baselines, over the steps.

    Parameters
    ----------
    entries : sequence of LogEntry
        At least one.
    path : Path
        PNG, replaced at once.
    """
    figure = Figure(figsize=(7, 6))
    figure.subplots_adjust(left=0.1, right=0.98, bottom=0.08, top=0.98, hspace=0.06)
    measured = [(entry.step, scores) for entry in entries if (scores := entry.score.scores)]
    judged = [(entry.step, loss) for entry in entries if (loss := entry.score.loss) is not None]
    rows = figure.subplots(2 if measured else 1, 1, sharex=True, squeeze=False)[:, 0]
    _draw_line(rows[-1], [(entry.step, entry.loss) for entry in entries], "C0", label="training")
    if judged:
        _draw_line(rows[-1], judged, "C1", label="validation, on films held out")
        rows[-1].legend(loc="best")
    rows[-1].set_ylabel("loss")
    rows[-1].set_xlabel("steps")
    if measured:
        psnr = [(step, scores.psnr) for step, scores in measured]
        best_step, best = max(psnr, key=lambda point: point[1])
        _draw_line(rows[0], psnr, "C0", label="restored")
        label = f"best: {best:.2f} dB at step {best_step}"
        rows[0].plot(best_step, best, "o", color="C0", label=label)
        last = measured[-1][1]
        baselines = (
            ("rolling mean", last.psnr_rolling_mean, "C1", "--"),
            ("bilinear", last.psnr_bilinear, "0.4", ":"),
        )
        for name, level, colour, style in baselines:
            rows[0].axhline(level, color=colour, linestyle=style, label=f"{name}: {level:.2f} dB")
        rows[0].set_ylabel("PSNR on the selection series (dB)")
        rows[0].legend(loc="best")
    for axes in rows:
        axes.grid(alpha=0.25)
    with replacing(path) as temporary:
        figure.savefig(temporary)


def choose_samples(tests: Sequence[ValidationSet], held_out: Sequence[Batch]) -> list[Sample]:
    """Choose what is shown after every epoch: of the selection series, or else of films held out.

    Of the series each sample shows another setting of the crappifiers, and as many series as there
    are; of the films those with the most contrast.
    """
    if not tests:
        return _of_films(held_out)
    series = list(dict.fromkeys(test.series for test in tests))
    settings = list(dict.fromkeys(test.setting for test in tests))
    found = {(test.series, test.setting): test for test in tests}
    samples = []
    for number, setting in enumerate(settings[:SAMPLES]):
        test = found[series[number % len(series)], setting]
        middle = len(test.windows) // 2
        window, truth = _brightest_part(test.windows[middle], test.truths[middle])
        samples.append(Sample(series=test.series, setting=setting, window=window, truth=truth))
    return samples


def draw_samples(samples: Sequence[Sample], restore: Restore, title: str, *, path: Path) -> None:
    """Draw LR, bilinear, restored and HR of each sample in a row.

    HR pixels are enlarged by whole numbers, if at all, and not smoothed. Images of a row share one
    linear contrast, from the HR.

    Parameters
    ----------
    samples : sequence of Sample
        At least one.
    restore : callable
        From a window in network units to HR.
    title : str
        Which epoch it is.
    path : Path
        PNG, replaced at once.
    """
    rows = [_row(sample, restore) for sample in samples]
    side = max(images[0].shape[0] for images, _ in rows)
    row_height = side + _LABEL_HEIGHT
    foot = _HEADING_HEIGHT + len(rows) * row_height
    width = len(_COLUMNS) * (side + _GAP) + _GAP
    canvas = PIL.Image.new("L", (width, foot + _FOOT_HEIGHT), _BACKGROUND)
    draw = ImageDraw.Draw(canvas)
    font, small = ImageFont.load_default(15), ImageFont.load_default(12)
    lefts = [_GAP + number * (side + _GAP) for number in range(len(_COLUMNS))]
    for left, name in zip(lefts, _COLUMNS, strict=True):
        draw.text((left, 7), name, _TEXT, font)
    for number, (images, labels) in enumerate(rows):
        top = _HEADING_HEIGHT + number * row_height
        for left, image, label in zip(lefts, images, labels, strict=True):
            canvas.paste(PIL.Image.fromarray(image), (left, top))
            draw.text((left, top + side + 4), label, _TEXT, small)
    draw.text((_GAP, foot + 4), f"{title}. {_FOOT}", _FAINT_TEXT, small)
    with replacing(path) as temporary:
        canvas.save(temporary)


def _draw_line(axes: Axes, points: Sequence[tuple[int, float]], colour: str, *, label: str) -> None:
    # A line through one point is none.
    marker = "." if len(points) < MOST_MARKED else ""
    axes.plot(*zip(*points, strict=True), marker=marker, color=colour, label=label)


def _of_films(held_out: Sequence[Batch]) -> list[Sample]:
    windows = np.concatenate([batch.windows.numpy() for batch in held_out])
    truths = np.concatenate([batch.truths.numpy() for batch in held_out])[:, 0]
    if windows.shape[1] < FRAMES:
        # What restores takes windows of five frames, and shows a single-frame network the centre.
        windows = windows.repeat(FRAMES, axis=1)
    clearest = np.argsort(-truths.std(axis=(1, 2)), kind="stable")[:SAMPLES]
    return [_of_film(number + 1, windows[number], truths[number]) for number in sorted(clearest)]


def _of_film(number: int, window: Image, truth: Image) -> Sample:
    window, truth = _brightest_part(window, truth)
    return Sample(series=f"film {number}", setting="as in training", window=window, truth=truth)


def _brightest_part(window: Image, truth: Image) -> tuple[Image, Image]:
    side = min(SAMPLE_SIDE, *window.shape[1:])
    light = np.pad(window.mean(axis=0), ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    inside = light[side:, side:] - light[:-side, side:] - light[side:, :-side]
    inside += light[:-side, :-side]
    y, x = (int(place) for place in np.unravel_index(int(inside.argmax()), inside.shape))
    top, left, size = (SCALE_FACTOR * number for number in (y, x, side))
    return (
        np.ascontiguousarray(window[:, y : y + side, x : x + side]),
        np.ascontiguousarray(truth[top : top + size, left : left + size]),
    )


def _row(sample: Sample, restore: Restore) -> tuple[list[NDArray[np.uint8]], tuple[str, ...]]:
    """Square images of 8 bits, alike in size, and the text below each."""
    centre = sample.window[FRAMES // 2]
    bilinear, restored = enlarged(centre[None])[0], restore(sample.window)
    zoom = max(1, SAMPLE_SIDE // len(centre))
    black, white = np.percentile(sample.truth, BLACK_AND_WHITE)
    unit = 255.0 / max(float(white - black), 1e-6)
    grey = [
        ((np.clip(np.nan_to_num(image), black, white) - black) * unit).astype(np.uint8)
        for image in (centre, bilinear, restored, sample.truth)
    ]
    zooms = (SCALE_FACTOR * zoom, zoom, zoom, zoom)
    images = [
        image.repeat(times, axis=0).repeat(times, axis=1)
        for image, times in zip(grey, zooms, strict=True)
    ]
    simple, gained = _psnr(bilinear, sample.truth), _psnr(restored, sample.truth)
    labels = (
        sample.setting,
        f"{simple:.2f} dB",
        f"{gained:.2f} dB ({gained - simple:+.2f})",
        sample.series,
    )
    return images, labels


def _psnr(image: Image, truth: Image) -> float:
    """PSNR where there is something to compare: neither an empty truth nor a runaway network."""
    if not np.isfinite(image).all() or np.ptp(np.percentile(truth, TRUTH_PERCENTILES)) == 0:
        return np.nan
    return psnr_fit(image, truth)
