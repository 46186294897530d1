"""How good a network is after an epoch: by series set aside, or by pairs held out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from pssr_live.training.data import Batch, EpochScore, PairSource, Restore, Scores, ValidationSet
from pssr_live.training.loop.learner import Learner
from pssr_live.training.loop.torch_restorer import restorer_of
from pssr_live.training.recipe import Recipe

BATCHES_HELD_OUT, PAIRS_IN_EACH = 8, 4


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
    validation_sets : list of ValidationSet
    held_out : list of Batch
        What is judged by; one of them is empty.
    """

    def __init__(
        self, recipe: Recipe, selection: Sequence[ValidationSet], held_out: PairSource
    ) -> None:
        self._network, self._by_loss = recipe.network, recipe.best == "loss"
        self.validation_sets = list(selection)
        self.held_out: list[Batch] = []
        if not self.validation_sets:
            for first in range(0, BATCHES_HELD_OUT * PAIRS_IN_EACH, PAIRS_IN_EACH):
                numbers = range(first, first + PAIRS_IN_EACH)
                pairs = held_out.pairs(numbers, recipe.schedule.hr_tile)
                self.held_out.append(Batch(*(torch.from_numpy(images) for images in pairs)))

    def restorer(self, learner: Learner) -> Restore:
        """Make what is judged into a function from a window to a restored frame."""
        return restorer_of(learner.average, self._network)

    def validate(self, learner: Learner) -> EpochScore:
        """Measure the learner's average network."""
        if self.held_out:
            losses = [learner.validate(batch) for batch in self.held_out]
            return EpochScore(float(np.mean(losses)), None)
        restore = self.restorer(learner)
        judged = [one.loss_and_scores(restore) for one in self.validation_sets]
        loss = float(np.mean([loss for loss, _ in judged])) if self._by_loss else None
        return EpochScore(loss, Scores.over([scores for _, scores in judged]))
