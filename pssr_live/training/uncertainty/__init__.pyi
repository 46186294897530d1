from .learning import FILMS as FILMS
from .learning import learn_uncertainty as learn_uncertainty

__all__ = ["FILMS", "learn_uncertainty"]
