"""Training: a loop that yields records, and what is measured along the way."""

from .loop import EpochRecord as EpochRecord
from .loop import StepRecord as StepRecord
from .loop import fit as fit
from .metrics import Evaluation as Evaluation
from .metrics import evaluate as evaluate
