"""The pictures of one recording side by side: LR frame, each method, truth."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engines import SCALE_FACTOR
from pssr_live.evaluation.measure import Measurement
from pssr_live.evaluation.pictures import (
    bar_length,
    grey,
    png,
    rising,
    signed,
    with_box,
    with_scale_bar,
    with_ticks,
)
from pssr_live.evaluation.places import View
from pssr_live.evaluation.plots import TRUTH
from pssr_live.evaluation.trials import RecordingResult

# Percentiles of the shown true frame that are black and white in every picture.
_DARKEST, _BRIGHTEST = 0.5, 99.8
# Of all error maps together, what gets full colour.
_ERROR_PERCENTILE = 99.5
_ROWS = ("", "field", "enlarged", "error map", "expected error", "kymograph")


class _Column(NamedTuple):
    """One way to see the field, from its heading down."""

    heading: str
    field: str
    part: str
    error_map: str = ""
    expected: str = ""
    kymograph: str = ""


def panels(trial: RecordingResult, palette: Mapping[str, str]) -> str:
    """Lay out the pictures of a recording as HTML, with a line that explains them.

    The first method stands beside the truth.
    """
    black, white = np.percentile(trial.truth.field, (_DARKEST, _BRIGHTEST))
    limit = _limit([np.abs(found.error_map.field) for found in trial.measurements])
    expectations = [found.expected.field for found in trial.measurements if found.expected]
    expected_limit = _limit(expectations)

    def track(profiles: NDArray[np.float64]) -> str:
        if len(profiles) < 2:
            return ""
        levels = grey((profiles - trial.black) / trial.span, black, white)
        return _img(levels, "kymograph", "track")

    height, width = trial.lr.field.shape
    lr_black, lr_white = np.percentile(trial.lr.field, (_DARKEST, _BRIGHTEST))
    lr_views = _views(trial, trial.lr, black=lr_black, white=lr_white)
    columns = [_Column(f"<b>LR frame</b>{height} × {width}", *lr_views)]
    for found in [*trial.measurements[1:], trial.measurements[0]]:
        psnr, ssim = (found.frames[name][trial.setting.frame] for name in ("psnr_fit", "ssim_fit"))
        key = f'<span class="key" style="background: {palette[found.method]}"></span>'
        columns.append(
            _Column(
                f"<b>{key}{escape(found.method)}</b>{psnr:.2f} dB, SSIM {ssim:.3f}",
                *_views(trial, found.image, black=black, white=white),
                _img(signed(found.error_map.field, limit), "error map"),
                _expected(found, expected_limit),
                track(found.course.kymograph),
            )
        )
    columns.append(
        _Column(
            f"<b>{TRUTH}</b>{trial.shape[1]} × {trial.shape[2]}",
            *_views(trial, trial.truth, black=black, white=white),
            kymograph=track(trial.setting.course.kymograph),
        )
    )
    grid = f"grid-template-columns: 18px repeat({len(columns)}, minmax(150px, 1fr))"
    cells = "".join(
        f'<div class="side">{name}</div>'
        + "".join(f'<div class="cell">{column[row]}</div>' for column in columns)
        for row, name in enumerate(_ROWS)
        if any(column[row] for column in columns)
    )
    return (
        f'<div class="scroll"><div class="panels" style="{grid}">{cells}</div></div>'
        '<p class="quiet small">Error maps: missing<span class="bar"></span>too much; black is '
        f"right, full colour is {limit:.2f} of the truth's span, after SQUIRREL's blur and fit. "
        f"{_about_expected(expected_limit) if expectations else ''}"
        f"{_about_bars(trial)}"
        f"Frame {trial.setting.frame + 1} of {trial.shape[0]}. The yellow square is enlarged; the "
        "line between the ticks is that of profile and kymograph, where time runs down.</p>"
    )


def data_url(encoded: bytes) -> str:
    """PNG bytes as an address that a page carries in itself."""
    return f"data:image/png;base64,{b64encode(encoded).decode('ascii')}"


def _views(trial: RecordingResult, view: View, *, black: float, white: float) -> tuple[str, str]:
    """The field with its box, and the close-up with its line."""
    setting = trial.setting
    # The LR close-up has fewer pixels; everything is placed in HR pixels.
    scale = SCALE_FACTOR if view.part.shape[0] < setting.place.side else 1
    ticks = (setting.line.top - setting.place.top, setting.line.left - setting.place.left)
    across = setting.line.top == setting.line.bottom
    middle = (ticks[0] if across else ticks[1]) / scale
    field = with_box(grey(view.field, black, white), setting.place, trial.shape[2])
    part = with_ticks(grey(view.part, black, white), middle, across=across)
    if trial.pixel_size_um:
        field, part = (
            with_scale_bar(image, bar_length(extent), extent)
            for image, extent in zip((field, part), _extents_um(trial), strict=True)
        )
    return _img(field, "field", "marked"), _img(part, "enlarged")


def _extents_um(trial: RecordingResult) -> tuple[float, float]:
    """Widths of the field and of the close-up."""
    size = trial.pixel_size_um or 0.0
    return size * trial.shape[2], size * trial.setting.place.side


def _about_bars(trial: RecordingResult) -> str:
    if not trial.pixel_size_um:
        return "The pixel size is not known, so there is no scale bar. "
    field, part = map(bar_length, _extents_um(trial))
    return f"Scale bars: {field:g} µm in the field, {part:g} µm in the enlarged part. "


def _expected(found: Measurement, limit: float) -> str:
    if found.expected is None:
        return ""
    return _img(rising(found.expected.field, limit), "expected error")


def _about_expected(limit: float) -> str:
    return (
        "Expected error: half of the interval that the engine predicts, pixel by pixel; full "
        f"colour is ±{limit:.2f} of the truth's span, before any blur. "
    )


def _limit(maps: Sequence[NDArray[np.floating]]) -> float:
    """What gets full colour in all of some maps; 0 without any."""
    if not maps:
        return 0.0
    return float(np.percentile(np.concatenate([one.ravel() for one in maps]), _ERROR_PERCENTILE))


def _img(image: Image.Image, shows: str, kind: str = "") -> str:
    name = f' class="{kind}"' if kind else ""
    return f'<img{name} alt="{shows}" src="{data_url(png(image))}">'
