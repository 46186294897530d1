"""How good a network is after an epoch: by series set aside, or by pairs held out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from pssr_live.training.data.pair_maker import PairSource
from pssr_live.training.data.validation import Restore, Scores, ValidationSet
from pssr_live.training.loop.learner import Batch, Learner
from pssr_live.training.loop.torch_restorer import restorer_of
from pssr_live.training.recipe import Recipe

BATCHES_HELD_OUT, PAIRS_IN_EACH = 8, 4


class EpochScore(NamedTuple):
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
            return self.scores.psnr
        return -np.inf if self.loss is None else -self.loss

    def short(self) -> str:
        """Say what is judged by."""
        return f"{self.scores.psnr:.2f} dB" if self.scores else f"{self.loss:.3g}"

    def words(self) -> str:
        """Say it for people."""
        if self.scores is None:
            return f"validation loss {self.loss:.3g}"
        psnr, bilinear, rolling_mean, ssim, ssim_bilinear, ssim_rolling_mean = self.scores
        return (
            f"PSNR {psnr:.2f} dB ({psnr - bilinear:+.2f} over bilinear, "
            f"{psnr - rolling_mean:+.2f} over rolling mean), SSIM {ssim:.3f} "
            f"({ssim - ssim_bilinear:+.3f}, {ssim - ssim_rolling_mean:+.3f})"
        )


class EpochValidation:
    """Judges the average network of a learner, always on the same images.

    Parameters
    ----------
    recipe : Recipe
    selection : sequence of ValidationSet
        To measure PSNR on.
    held_out : PairSource
        To measure the loss on, where there are none.

    Attributes
    ----------
    exams : list of ValidationSet
    held_out : list of Batch
        What is judged by; one of them is empty.
    """

    def __init__(
        self, recipe: Recipe, selection: Sequence[ValidationSet], held_out: PairSource
    ) -> None:
        self._network = recipe.network
        self.exams = list(selection)
        self.held_out: list[Batch] = []
        if not self.exams:
            for first in range(0, BATCHES_HELD_OUT * PAIRS_IN_EACH, PAIRS_IN_EACH):
                numbers = range(first, first + PAIRS_IN_EACH)
                pairs = held_out.pairs(numbers, recipe.schedule.hr_tile)
                self.held_out.append(Batch(*(torch.from_numpy(images) for images in pairs)))

    def restorer(self, learner: Learner) -> Restore:
        """Make what is judged into a function from a window to a restored frame."""
        return restorer_of(learner.average, self._network)

    def judge(self, learner: Learner) -> EpochScore:
        """EpochValidation."""
        if self.held_out:
            losses = [learner.judge(batch) for batch in self.held_out]
            return EpochScore(float(np.mean(losses)), None)
        restore = self.restorer(learner)
        return EpochScore(None, Scores.over([exam.scores(restore) for exam in self.exams]))
