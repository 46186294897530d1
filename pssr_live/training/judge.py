"""How good a network is after an epoch: by series set aside, or by pairs held out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from pssr_live.training.dataset import PairSource
from pssr_live.training.learner import Batch, Learner
from pssr_live.training.recipe import Recipe
from pssr_live.training.restoring import restorer_of
from pssr_live.training.series import HRSeries
from pssr_live.training.validation import Scores, exams

WINDOWS_TO_SELECT_BY = 4
BATCHES_HELD_OUT, PAIRS_IN_EACH = 8, 4


class Verdict(NamedTuple):
    """What is known of a network after an epoch.

    Attributes
    ----------
    loss : float or None
        On pairs held out.
    scores : Scores or None
        On the selection series.
    """

    loss: float | None
    scores: Scores | None

    @property
    def merit(self) -> float:
        """The higher the better: PSNR, or where there is none the loss, as in the paper."""
        if self.scores:
            return self.scores.engine
        return -np.inf if self.loss is None else -self.loss

    def __str__(self) -> str:
        if self.scores is None:
            return f"validation loss {self.loss:.3g}"
        return (
            f"PSNR {self.scores.engine:.2f} dB (bilinear {self.scores.bilinear:.2f},"
            f" rolling mean {self.scores.rolling_mean:.2f})"
        )


class Judge:
    """Judges the average network of a learner, always on the same images.

    Parameters
    ----------
    recipe : Recipe
    selection : sequence of HRSeries
        To measure PSNR on.
    held_out : PairSource
        To measure the loss on, where there are no such series.
    """

    def __init__(self, recipe: Recipe, selection: Sequence[HRSeries], held_out: PairSource) -> None:
        self._network = recipe.network
        self._exams = exams(selection, recipe.used_crappifiers, WINDOWS_TO_SELECT_BY, recipe.seed)
        self._held_out: list[Batch] = []
        if not self._exams:
            for _ in range(BATCHES_HELD_OUT):
                pairs = held_out.batch(PAIRS_IN_EACH, recipe.schedule.hr_tile)
                self._held_out.append(Batch(*(torch.from_numpy(images) for images in pairs)))

    def judge(self, learner: Learner) -> Verdict:
        """Judge."""
        if self._held_out:
            losses = [learner.judge(batch) for batch in self._held_out]
            return Verdict(float(np.mean(losses)), None)
        restore = restorer_of(learner.average, self._network)
        return Verdict(None, Scores.over([exam.figure(restore) for exam in self._exams]))
