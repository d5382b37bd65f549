"""The library itself: gradients checked on real images, a dense network trained and tested."""

from dataclasses import dataclass

from ....data.transforms import standardized_rows
from ....interop.backend import BACKENDS, on_backend
from ....nn import SGD, SoftmaxCrossEntropy
from ....reporting import sections, tables
from ....reporting.runs import Run
from ....training import evaluate, fit
from ....training.layers import summarize
from ....utils.gradient_check import check_gradients
from ....utils.random import streams
from ...classes import load_classes, mark_stand_in
from ...config import DTYPES, check_at_least, check_one_of
from ...dense import dense

EPOCHS = {"mnist": 3, "fashion-mnist": 10, "digits": 30}
SMOKE = {"hidden": (16, 8), "epochs": 2, "limit": 300}


@dataclass(frozen=True)
class Config:
    """D-128-64-C with ReLU, SGD: at least 0.96 of MNIST's test images right after 3 epochs.

    With 0 epochs, each data set has its own number of them; `limit` trains on the first so many
    examples only. The gradient check of a large network takes minutes; 0 samples leave it out.
    """

    data: str = "digits"
    seed: int = 0
    backend: str = "numpy"
    dtype: str = "float32"
    epochs: int = 0
    hidden: tuple[int, ...] = (128, 64)
    lr: float = 0.1
    momentum: float = 0.0
    batch_size: int = 64
    check_samples: int = 5
    limit: int | None = None

    def __post_init__(self) -> None:
        check_at_least(0, seed=self.seed, epochs=self.epochs, lr=self.lr, momentum=self.momentum)
        check_at_least(1, hidden=min(self.hidden), batch_size=self.batch_size, limit=self.limit)
        check_at_least(0, check_samples=self.check_samples)
        check_one_of(BACKENDS, backend=self.backend)
        check_one_of(DTYPES, dtype=self.dtype)
        object.__setattr__(self, "epochs", self.epochs or EPOCHS.get(self.data, 10))


def run(config: Config, run: Run) -> None:
    """Check the gradients on a few samples, train, test, and show what was learned."""
    data = load_classes("nyu6953/p6", config.data)
    train, _, test, standardizer = standardized_rows(data, config.dtype)
    train = train[: config.limit]
    rng = streams(config.seed)
    sizes = (train.x.shape[1], *config.hidden, len(data.classes))
    model = dense(sizes, rng.init, dtype=config.dtype)
    loss = SoftmaxCrossEntropy()
    optimizer = SGD(model.get_parameters(), lr=config.lr, momentum=config.momentum)

    mark_stand_in(run, data)
    run.begin()  # before anything that takes long: it refuses what cannot be run here
    samples = rng.data.permutation(len(train))[: config.check_samples]
    if len(samples):
        with run.timed("gradient_check"):
            sections.gradient_check(run, check_gradients(model, *train[samples]))

    first_batch = train[: config.batch_size]
    before = summarize(model, loss, *first_batch)
    trained = on_backend(config.backend, model, loss, optimizer)
    training = fit(
        *trained,
        train,
        epochs=config.epochs,
        batch_size=config.batch_size,
        rng=rng.order,
    )
    sections.training(run, run.train(training))
    model.load_state_dict(trained.model.state_dict())  # what PyTorch has trained, if it was that
    run.table("layers", *tables.layers(before, after=summarize(model, loss, *first_batch)))

    sections.classification(run, data, evaluate(trained.model, trained.loss, test), rng.data)
    run.model(model, standardizer, data)
