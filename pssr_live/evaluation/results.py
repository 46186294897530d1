"""``metrics.json``: every figure of an evaluation, for whoever computes on."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from engines import write_whole
from pssr_live.evaluation.figures import FIGURES
from pssr_live.evaluation.measure import Measurement
from pssr_live.evaluation.movie_trace import MovieTrace
from pssr_live.evaluation.trials import Evaluation, RecordingResult
from pssr_live.evaluation.wording import trained_on, training_unknown
from pssr_live.metrics import AGAINST_TRUTH, TWO_SCANS, RingCorrelation

FORMAT = 1


def write_results(path: Path, evaluation: Evaluation, provenance: Mapping[str, Any]) -> None:
    """Write the figures of each frame, recording and method, the means and the tests.

    Parameters
    ----------
    path : Path
        Replaced at once.
    evaluation : Evaluation
    provenance : Mapping
        What made it; goes in as it is.
    """
    document = {
        "format": FORMAT,
        "provenance": dict(provenance),
        "figures": {name: figure._asdict() for name, figure in FIGURES.items()},
        "summary": _summary(evaluation),
        "trained_on": [
            *trained_on(evaluation),
            *filter(None, [training_unknown(evaluation)]),
        ],
        "recordings": [_trial(trial) for trial in evaluation.trials],
    }
    text = json.dumps(_plain(document), indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(path, text + "\n")


def _summary(evaluation: Evaluation) -> dict[str, Any]:
    """Over movies; each method also against the first."""
    summary: dict[str, Any] = {}
    for condition in evaluation.conditions:
        rows = summary.setdefault(condition, {"movies": evaluation.movies(condition)})
        for method in evaluation.methods:
            row = rows.setdefault("methods", {}).setdefault(method, {})
            for figure in FIGURES:
                found = evaluation.summary(condition, method, figure)
                row[figure] = asdict(found) if found else None
                test = evaluation.test(condition, method, figure)
                if row[figure] and test and method != evaluation.methods[0]:
                    row[figure][f"{evaluation.methods[0]} against it"] = asdict(test)
    return summary


def _trial(trial: RecordingResult) -> dict[str, Any]:
    return {
        "name": trial.name,
        "movie": trial.movie,
        "condition": trial.condition,
        "frames_height_width": trial.shape,
        "pixel_size_um": trial.pixel_size_um,
        "interval_s": trial.interval_s,
        "lr_snr": trial.lr_snr,
        "shift_from_truth_px": trial.shift,
        "line": trial.setting.line._asdict(),
        "truth": _course(trial.setting.course, trial.span),
        "methods": {found.method: _measurement(found, trial) for found in trial.measurements},
    }


def _measurement(found: Measurement, trial: RecordingResult) -> dict[str, Any]:
    return {
        "run_by": found.about,
        "squirrel_sigma_px": found.sigma,
        "promised_inside_percent": None if found.promised is None else 100 * found.promised,
        "figures": {name: found.value(name) for name in FIGURES},
        "frames": found.frames,
        "frc_truth": _frc(found.frc_truth, AGAINST_TRUTH, trial.pixel_size_um),
        "frc_scans": _frc(found.frc_scans, TWO_SCANS, trial.pixel_size_um),
    } | _course(found.course, trial.span)


def _course(course: MovieTrace, span: float) -> dict[str, Any]:
    return {
        "neighbour_correlation": course.neighbours,
        "bleaching": course.bleaching,
        "flicker_structure_percent": 100 * course.flicker_structure / span,
        "flicker_background_percent": 100 * course.flicker_background / span,
    }


def _frc(
    found: RingCorrelation | None, threshold: float, pixel_size_um: float | None
) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "cycles_per_pixel": found.frequency,
        "correlation": found.correlation,
        "threshold": threshold,
        "resolution_px": found.resolution(threshold),
        "resolution_um": found.resolution(threshold, pixel_size_um) if pixel_size_um else None,
    }


def _plain(value: Any) -> Any:
    """Turn arrays into lists, and what JSON has no word for (infinity) into null."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value
