"""Training: a loop that yields records, and what is measured along the way."""

from .class_weights import balanced_weights as balanced_weights
from .loop import Training as Training
from .loop import fit as fit
from .metrics import Evaluation as Evaluation
from .metrics import evaluate as evaluate
from .outputs import predict as predict
from .records import EpochRecord as EpochRecord
from .records import Record as Record
from .records import StepRecord as StepRecord
from .stopping import EarlyStopping as EarlyStopping
