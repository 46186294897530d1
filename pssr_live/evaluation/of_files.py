"""An evaluation for a script: files in, figures out, nothing printed and nothing written."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from acquisition.images import StreamChoice
from engines import AUTO
from pssr_live.crappify import CRAPPIFIERS, find_crappifier
from pssr_live.defaults import DEFAULT_ENGINE
from pssr_live.evaluation.commands import need_libraries
from pssr_live.evaluation.methods import check_names, find_methods, find_training
from pssr_live.evaluation.recordings import SCANNED, find_sources, titles_of
from pssr_live.evaluation.trials import Evaluation, Steps
from pssr_live.evaluation.trials import evaluate as tried

_BASELINES = ("bilinear", "rolling-mean")


def evaluate(
    truth: Sequence[str | PathLike[str]],
    lr: Sequence[str | PathLike[str]] = (),
    *,
    engines: Sequence[str] = (DEFAULT_ENGINE,),
    baselines: Sequence[str] = _BASELINES,
    crappifiers: Sequence[str] = (),
    movies: Sequence[str] = (),
    backend: str = AUTO,
    seed: int = 0,
    channel: int | str | Sequence[int | str] | None = None,
    z: int | None = None,
    position: int | None = None,
) -> Evaluation:
    """Hold engines and baselines against the HR truth, as ``pssr-live evaluate`` does.

    Parameters
    ----------
    truth : sequence of paths
        HR time-lapses; read as any image file, (T, 4H, 4W).
    lr : sequence of paths, optional
        LR time-lapses of the same fields, (T, H, W), in the same order; without them the truth is
        crappified.
    engines, baselines : sequence of str
        The first engine is what all others are tested against.
    crappifiers : sequence of str
        Names, see ``pssr-live crappify --list``; all of them where none is given. Not with `lr`.
    movies : sequence of str
        Beginnings of file names: files that begin alike are parts of one movie.
    backend : str
        ``auto``, or a backend's name.
    seed : int
        Of the crappifiers' noise.
    channel : int, str or sequence of these, optional
        Which channel of files that have several: its number from 0, or its name. Of several, each
        condition is told of each: ``GFP, detector``.
    z, position : int, optional
        Which slice and position; from 0.

    Returns
    -------
    Evaluation
        ``summary(condition, method, figure)`` gives mean and standard error over movies,
        ``test(…)`` the first method against another. Conditions are the crappifiers' names, or
        ``scanned``; figures are named as in ``metrics.json``: ``psnr_fit`` in dB, ``ssim_fit``,
        ``nrmse_fit`` and the like.

    Raises
    ------
    UserError
        If files don't fit together or packages are missing, with the fix.
    SourceError
        If a file can't be read.
    EngineError
        If there is no such engine or backend.

    Examples
    --------
    >>> from pssr_live import evaluate
    >>> found = evaluate(["airyscan.czi"], crappifiers=["detector"])  # doctest: +SKIP
    >>> found.summary("detector", "mito-lite", "psnr_fit")  # doctest: +SKIP
    MeanAndError(mean=31.2, ...)
    """
    need_libraries()
    names = [*engines, *baselines]
    check_names(names, backend, uncertain=False)
    named = channel if channel is None or isinstance(channel, int | str) else tuple(channel)
    choice = StreamChoice(named, z, position)
    sources = find_sources(
        [Path(path) for path in truth], [Path(path) for path in lr], movies, choice=choice
    )
    conditions = [SCANNED] if lr else list(crappifiers or CRAPPIFIERS)
    if not lr:
        for name in conditions:
            find_crappifier(name)
    methods = find_methods(names, backend, uncertain=False)
    evaluation = Evaluation(
        methods=[method.name for method in methods],
        conditions=titles_of(sources, conditions),
        training=find_training(names, methods),
    )
    evaluation.trials.extend(tried(sources, conditions, methods, seed=seed, steps=Steps()))
    return evaluation
