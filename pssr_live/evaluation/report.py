"""``report.html``: an evaluation to look at, in one file that needs no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

import numpy as np

from engines import write_whole
from pssr_live.evaluation.figures import FIGURES, Better
from pssr_live.evaluation.panels import data_url, panels
from pssr_live.evaluation.plots import (
    Plot,
    bleaching_plot,
    colours,
    dots_plot,
    frc_plot,
    neighbours_plot,
    profile_plot,
)
from pssr_live.evaluation.trials import Evaluation, RecordingResult
from pssr_live.evaluation.wording import (
    CAN_T_TELL,
    HOW_TESTED,
    SAVED,
    answer,
    kept_promises,
    mean_and_error,
    misplaced,
    p_value,
    trained_on,
    training_unknown,
    verdict,
)

# Pictures of more recordings would make a page that no browser likes.
MOST_SHOWN = 6
_ARROWS = {"higher": " ↑", "lower": " ↓", "truth": " → truth", "neither": ""}


def write_report(path: Path, evaluation: Evaluation, provenance: Mapping[str, str]) -> None:
    """Write the page.

    Parameters
    ----------
    path : Path
        Replaced at once.
    evaluation : Evaluation
    provenance : mapping from str to str
        What made it, in words.
    """
    palette = colours(evaluation.methods)
    tried = [condition for condition in evaluation.conditions if evaluation.movies(condition)]
    parts = [
        _top(evaluation, tried),
        *(_condition(evaluation, condition, palette) for condition in tried),
        _explanations(evaluation),
        _facts(provenance),
    ]
    style = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
    title = f"Evaluation of {escape(evaluation.methods[0])}"
    page = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )
    write_whole(path, page)


def _top(evaluation: Evaluation, tried: Sequence[str]) -> str:
    first, *others = evaluation.methods
    said = [answer(evaluation), *trained_on(evaluation)]
    said += [verdict(evaluation, condition) for condition in tried if len(tried) > 1]
    said += [promise for condition in tried for promise in kept_promises(evaluation, condition)]
    said += misplaced(evaluation)
    said += [*filter(None, [training_unknown(evaluation)]), SAVED]
    lines = [f"<p>{escape(sentence)}</p>" for sentence in said]
    return (
        f"<h1>Is {escape(first)} closer to the truth{_than(others)}?</h1>"
        f'<div class="card verdict">{"".join(lines)}</div>'
        '<p class="quiet">Closer: a higher PSNR. A restored image is a prediction: look at the '
        "pictures as long as at the figures.</p>"
    )


def _than(others: Sequence[str]) -> str:
    return f" than {' and '.join(map(escape, others))}" if others else ""


def _condition(evaluation: Evaluation, condition: str, palette: Mapping[str, str]) -> str:
    trials = [trial for trial in evaluation.trials if trial.condition == condition]
    shown = _chosen(trials)
    some = f"Pictures of {len(shown)} of {len(trials)} recordings, from the worst to the best. "
    return (
        f"<h2>{escape(condition)}</h2>"
        + _table(evaluation, condition, palette)
        + f'<div class="card scroll">{_plot(dots_plot(evaluation, condition, palette))}'
        '<p class="quiet small">Each dot is one movie, joined from method to method; bars are '
        "means.</p></div>"
        + (f'<p class="quiet small">{some}</p>' if len(shown) < len(trials) else "")
        + "".join(_trial(trial, palette, is_open=number == 0) for number, trial in enumerate(shown))
    )


def _chosen(trials: Sequence[RecordingResult]) -> list[RecordingResult]:
    """All, or some spread evenly by the first method's PSNR, worst and best among them."""
    if len(trials) <= MOST_SHOWN:
        return list(trials)
    ranked = sorted(trials, key=_psnr)
    return [ranked[n] for n in np.linspace(0, len(ranked) - 1, MOST_SHOWN).round().astype(int)]


def _psnr(trial: RecordingResult) -> float:
    return float(np.mean(trial.measurements[0].frames["psnr_fit"]))


def _table(evaluation: Evaluation, condition: str, palette: Mapping[str, str]) -> str:
    methods = evaluation.methods
    heads = "".join(f"<th>{_named(method, palette)}</th>" for method in methods)
    rows = []
    for name, figure in FIGURES.items():
        found = {method: evaluation.summary(condition, method, name) for method in methods}
        known = {method: summary.mean for method, summary in found.items() if summary}
        if not known:
            continue
        own = evaluation.true_flicker(condition, name)
        top = _best(list(known.values()), figure.better, own) if len(known) > 1 else None
        cells = []
        for method in methods:
            summary = found[method]
            if summary is None:
                cells.append("<td>–</td>")
                continue
            test = evaluation.test(condition, method, name) if method != methods[0] else None
            below = f'<span class="p">{p_value(test.t_test)}</span>' if test else ""
            mark = ' class="best"' if summary.mean == top else ""
            cells.append(f"<td{mark}>{mean_and_error(summary, figure.digits)}{below}</td>")
        unit = f" ({figure.unit})" if figure.unit else ""
        title = f"{figure.title}{unit}{_ARROWS[figure.better]}"
        note = f'<span class="p">truth: {own:.{figure.digits}f}</span>' if own is not None else ""
        rows.append(
            f'<tr><td title="{escape(figure.tells)}">{escape(title)}{note}</td>'
            f"{''.join(cells)}</tr>"
        )
    n = len(evaluation.movies(condition))
    return (
        f'<div class="card scroll"><table><thead><tr><th>n = {n} {_movies(n)}</th>{heads}</tr>'
        f"</thead><tbody>{''.join(rows)}</tbody></table>"
        f'<p class="quiet small">Mean ± s.e.m. over movies. {escape(HOW_TESTED)}</p></div>'
    )


def _best(values: Sequence[float], better: Better, own: float | None) -> float | None:
    """Which of some values is the best; none where nothing says which way is better."""
    if better == "neither" or (better == "truth" and own is None):
        return None
    if better == "truth":
        return min(values, key=lambda value: abs(value - (own or 0.0)))
    return max(values) if better == "higher" else min(values)


def _trial(trial: RecordingResult, palette: Mapping[str, str], *, is_open: bool) -> str:
    frames, height, width = trial.shape
    facts = [f"{frames} frames of {height} × {width}", f"SNR of the LR frame {trial.lr_snr:.1f}"]
    if trial.pixel_size_um:
        facts.insert(1, f"pixels of {trial.pixel_size_um:.3g} µm")
    plots = [f'<div class="wide">{_plot(frc_plot(trial, palette))}</div>']
    curves = [profile_plot]
    if frames > 1:
        curves += [neighbours_plot, bleaching_plot]
    plots += [f"<div>{_plot(draw(trial, palette))}</div>" for draw in curves]
    return (
        f"<details{' open' if is_open else ''}><summary>{escape(trial.name)} "
        f'<span class="quiet small">{escape(" · ".join(facts))}</span></summary><div>'
        f'{panels(trial, palette)}<div class="plots">{"".join(plots)}</div></div></details>'
    )


def _plot(plot: Plot) -> str:
    """A drawing that follows the page's light or dark."""
    return (
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="{data_url(plot.dark)}">'
        f'<img class="plot" style="max-width: {plot.width}px" alt="{escape(plot.title)}" '
        f'src="{data_url(plot.light)}"></picture>'
    )


def _named(method: str, palette: Mapping[str, str]) -> str:
    return f'<span class="key" style="background: {palette[method]}"></span>{escape(method)}'


def _movies(n: int) -> str:
    return "movie" if n == 1 else "movies"


def _explanations(evaluation: Evaluation) -> str:
    told = "".join(
        f"<dt>{escape(figure.title)}</dt><dd>{escape(figure.tells)}</dd>"
        for name, figure in FIGURES.items()
        if any(evaluation.by_movie(c, evaluation.methods[0], name) for c in evaluation.conditions)
    )
    can_t = "".join(f"<li>{escape(sentence)}</li>" for sentence in CAN_T_TELL)
    return (
        f'<h2>What the figures say</h2><div class="card"><dl>{told}</dl></div>'
        f'<h2>What they can\'t say</h2><div class="card"><ul>{can_t}</ul></div>'
    )


def _facts(provenance: Mapping[str, str]) -> str:
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd><code>{escape(text)}</code></dd>"
        for name, text in provenance.items()
    )
    return f'<h2>Where this comes from</h2><div class="card small"><dl>{rows}</dl></div>'
