"""What an evaluation says in words, the same in the terminal and in the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from engines import SCALE_FACTOR
from pssr_live.evaluation.figures import COVERAGE
from pssr_live.evaluation.paired import MeanAndError, paired_test
from pssr_live.evaluation.trials import Evaluation, RecordingResult

# Half an LR pixel, which the correlation of noisy frames can be wrong by.
MOST_SHIFT = 2
# Of two movies even equal differences may be chance; p from which on a difference may be.
FEWEST_TO_TELL = 3
LEAST_SURE = 0.05

HOW_TESTED = (
    "n counts movies, not frames: frames of one movie are not independent samples. "
    "p: two-tailed paired t-test of the first method against that one over movies, not corrected "
    "for the number of tests; the Wilcoxon signed-rank test beside it is in metrics.json."
)
_PIXELS = SCALE_FACTOR**2
SAVED = (
    f"Time and dose: an LR frame has {_PIXELS} times fewer pixels than an HR one, so at the same "
    f"dwell time and laser power it takes a {_PIXELS}th of the time and of the light. A lower "
    f"power comes on top: 4 to 5 times less, as in the paper, makes {4 * _PIXELS} to {5 * _PIXELS} "
    "times less light."
)
CAN_T_TELL = (
    "No figure picks the best method alone. PSNR and SSIM reward a smooth guess; a method that "
    "blurs what is uncertain can score higher than one that shows it.",
    "The affine fit forgives wrong brightness: for measuring intensities look at the raw figures "
    "and at the bleaching curve.",
    "The truth has noise and blur of its own. Both count as errors of every method, and hide part "
    "of what a good one gains.",
    "RSP and RSE blur before they compare: structure that is finer than the blur can be invented "
    "without being noticed. Against the raw frame they ask only whether the restored image could "
    "have given these pixels.",
    "Ring correlation of two restored scans says what repeats, not that it is true: "
    "a network repeats its habits, and noise in the truth is shared by both scans.",
    "Averaging over time also makes neighbouring frames agree and flicker less; a movie that "
    "lags behind the sample is steady too. Look at the kymographs.",
    "LR frames made by a crappifier are not scanned ones. Real scans move, bleach and saturate in "
    "ways no crappifier has; with LR scans of your own, use --lr.",
)


def answer(evaluation: Evaluation) -> str:
    """Say in a sentence or two whether the first method comes closer to the truth than the others.

    Of each movie the mean over all conditions counts.
    """
    conditions = [one for one in evaluation.conditions if evaluation.movies(one)]
    first, *others = evaluation.methods
    gains = {}
    for other in others:
        of_condition = [_gains(evaluation, condition, other) for condition in conditions]
        gains[other] = {
            movie: float(np.mean([one[movie] for one in of_condition if movie in one]))
            for movie in dict.fromkeys(movie for one in of_condition for movie in one)
        }
    return _compared(first, {other: list(found.values()) for other, found in gains.items()})


def verdict(evaluation: Evaluation, condition: str) -> str:
    """Say how the first method did in one condition, whichever way it went.

    Parameters
    ----------
    evaluation : Evaluation
    condition : str
        One that was tried.

    Returns
    -------
    str
        A few sentences.
    """
    first, *others = evaluation.methods
    gains = {other: list(_gains(evaluation, condition, other).values()) for other in others}
    return f"{condition}: {_compared(first, gains)}"


def _gains(evaluation: Evaluation, condition: str, other: str) -> dict[str, float]:
    """By how much the PSNR of the first method is higher than another's, in each movie."""
    values = (
        evaluation.by_movie(condition, method, "psnr_fit")
        for method in (evaluation.methods[0], other)
    )
    ours, theirs = (found or [] for found in values)
    pairs = zip(evaluation.movies(condition), ours, theirs, strict=False)
    return {movie: our - their for movie, our, their in pairs}


def _compared(first: str, gains: Mapping[str, Sequence[float]]) -> str:
    """Compare with each other method, movie by movie, and say what is left in doubt."""
    closer: list[str] = []
    further: list[str] = []
    doubts: list[str] = []
    n = 0
    for other, found in gains.items():
        if not found:
            continue
        n = len(found)
        test = paired_test(found, [0.0] * n)
        won = sum(gain > 0 for gain in found)
        count, said = (won, closer) if 2 * won >= n else (n - won, further)
        p = f", {p_value(test.t_test)}" if test.t_test is not None and n >= FEWEST_TO_TELL else ""
        movies = f"{count} of {n} movies" if not said else f"{count} of {n}"
        said.append(f"{other} in {movies} ({np.median(found):+.1f} dB in the median{p})")
        if n < FEWEST_TO_TELL or (test.t_test or 0.0) >= LEAST_SURE:
            doubts.append(other)
    if not n:
        return f"{first} was compared with nothing."
    parts = [
        f"{way} the truth than {' and than '.join(said)}"
        for way, said in (("closer to", closer), ("further from", further))
        if said
    ]
    sentence = f"{first} is {', but '.join(parts)}."
    if len(doubts) == sum(map(bool, gains.values())):
        return f"{sentence} Whether that holds for other movies can't be told from n = {n}."
    if doubts:
        against = " and ".join(doubts)
        return f"{sentence} Against {against} that may be chance: it can't be told from n = {n}."
    return sentence


def kept_promises(evaluation: Evaluation, condition: str) -> list[str]:
    """Say of each engine that predicts intervals how many pixels these held, a sentence each."""
    said = []
    for number, method in enumerate(evaluation.methods):
        found = [evaluation.summary(condition, method, name) for name in COVERAGE]
        promised = sorted(
            {
                trial.measurements[number].promised or 0.0
                for trial in evaluation.trials
                if trial.condition == condition
            }
        )
        inside, brightest = (summary.mean if summary else None for summary in found)
        if inside is None or brightest is None:
            continue
        level = " or ".join(f"{100 * part:.0f} %" for part in promised)
        said.append(
            f"{condition}: {inside:.0f} % of the pixels lie within the interval that {method} "
            f"predicts, {level} promised; of the brightest tenth {brightest:.0f} %."
        )
    return said


def trained_on(evaluation: Evaluation) -> list[str]:
    """Name the movies that a method was trained on, a sentence for each method.

    Frames are compared by their pixels; where a manifest has none of their digests, by the
    file's name.
    """
    said = []
    for method, training in evaluation.training.items():
        seen = {one for series in training for one in series.prints or []}
        called = {_bare(series.name) for series in training if series.prints is None}
        known = _names(trial for trial in evaluation.trials if seen & trial.prints)
        alike = [
            name
            for name in _names(trial for trial in evaluation.trials if trial.name in called)
            if name not in known
        ]
        if known:
            said.append(
                f"{method} was trained on {', '.join(known)}: these figures say how well it "
                "remembers, not how good it is. Judge it by other movies."
            )
        if alike:
            said.append(
                f"{method} was trained on movies called {', '.join(alike)}: if they are these, the "
                "figures say how well it remembers, not how good it is."
            )
    return said


def training_unknown(evaluation: Evaluation) -> str:
    """Say of which methods it is not known whether they were trained on these movies."""
    unknown = [
        method
        for method, training in evaluation.training.items()
        if not training or any(series.prints is None for series in training)
    ]
    if not unknown:
        return ""
    its = "its manifest lists its" if len(unknown) == 1 else "their manifests list their"
    return (
        f"Whether {' and '.join(unknown)} {'was' if len(unknown) == 1 else 'were'} trained on any "
        f"of these frames is not known: {its} training movies by name only. "
        "Look there: pssr-live engines show ENGINE"
    )


def _names(trials: Iterable[RecordingResult]) -> list[str]:
    return list(dict.fromkeys(trial.name for trial in trials))


def _bare(name: str) -> str:
    """A file's name without its endings, as `EvaluationSource.name` has it."""
    return name.partition(".")[0]


def misplaced(evaluation: Evaluation) -> list[str]:
    """Name the recordings whose LR frames do not lie on the truth, a sentence each."""
    return [
        f"{trial.name}: the truth lies {abs(trial.shift[0])} pixels "
        f"{'below' if trial.shift[0] > 0 else 'above'} and {abs(trial.shift[1])} "
        f"{'right' if trial.shift[1] > 0 else 'left'} of the LR frames, which lowers every figure. "
        "Register the two before you evaluate."
        for trial in evaluation.trials
        if max(map(abs, trial.shift)) > MOST_SHIFT
    ]


def mean_and_error(summary: MeanAndError, digits: int) -> str:
    """Mean ± standard error of the mean."""
    mean = f"{summary.mean:.{digits}f}"
    return mean if summary.sem is None else f"{mean} ± {summary.sem:.{digits}f}"


def p_value(p: float | None) -> str:
    """Write p with two significant digits; nothing where it can't be told."""
    if p is None:
        return ""
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.2g}"
