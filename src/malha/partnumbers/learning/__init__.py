"""Learning a model from part numbers and descriptions whose code is known. Needs scikit-learn: the extra `learned`."""

from malha.partnumbers.learning._agreement import Observation, weigh
from malha.partnumbers.learning._training import (
    ExamplesTooFewError,
    LearningUnavailableError,
    Trained,
    train,
)

__all__ = ["ExamplesTooFewError", "LearningUnavailableError", "Observation", "Trained", "train", "weigh"]
