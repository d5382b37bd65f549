"""Initial weights: what they make of the activations of a deep network, and of its training."""

from dataclasses import dataclass

from ....courses.nyu6953.initialize_weights import METHODS, mlp
from ....data import Dataset, Split
from ....data.transforms import flatten, standardized_rows, unit_range
from ....interop.backend import BACKENDS, on_backend
from ....nn import SGD, Module, ReLU, Sequential, SoftmaxCrossEntropy, Tanh
from ....reporting.runs import Run
from ....training import EpochRecord, evaluate, fit
from ....utils.errors import ArgumentError
from ....utils.random import streams
from ...classes import load_classes, mark_stand_in
from ...config import DTYPES, check_at_least, check_one_of
from ...dense import dense
from ...initial_weights import NAMES, answers, show_advice, show_signals, show_trainings
from ...signals import Signal, signal
from ...trainings import Learned, movement, recommend, weight_gradient

ACTIVATIONS: dict[str, type[Module]] = {"tanh": Tanh, "relu": ReLU}
SMOKE = {"data": "digits", "hidden": (32,) * 5, "epochs": 6, "batch_size": 32, "limit": 500}


@dataclass(frozen=True)
class Config:
    """Xavier's and He's weights learn 0.96 of MNIST in 10 epochs, zero and small ones nothing.

    Four networks D-256-256-256-256-256-C with tanh and four with ReLU, which differ by their
    initial weights alone; PyTorch draws these, whatever trains. `samples` training images are what
    activations are measured on; `limit` trains on the first so many examples only.
    """

    data: str = "mnist"
    seed: int = 0
    backend: str = "torch"
    dtype: str = "float32"
    epochs: int = 10
    hidden: tuple[int, ...] = (256,) * 5
    lr: float = 0.1
    batch_size: int = 128
    samples: int = 256
    limit: int | None = None

    def __post_init__(self) -> None:
        check_at_least(0, seed=self.seed, lr=self.lr)
        check_at_least(1, epochs=self.epochs, hidden=min(self.hidden), limit=self.limit)
        check_at_least(1, batch_size=self.batch_size, samples=self.samples)
        check_one_of(BACKENDS, backend=self.backend)
        check_one_of(DTYPES, dtype=self.dtype)
        if len(self.hidden) < 2:
            raise ArgumentError(
                f"--hidden={self.hidden[0]}: expected two layers or more, as in 256,256"
            )


def run(config: Config, run: Run) -> None:
    """Measure untrained networks, train them, and recommend initial weights for each activation."""
    data = load_classes("nyu6953/p5", config.data)
    train, test = rows(data, config.dtype)
    if config.samples > len(train):
        raise ArgumentError(
            f"--samples={config.samples}: {config.data} has {len(train)} training examples"
        )
    rng = streams(config.seed)
    sample = train[rng.data.permutation(len(train))[: config.samples]]
    seed = int(rng.init.integers(2**63))
    sizes = (train.x.shape[1], *config.hidden, len(data.classes))
    networks = {
        activation: {method: network(config, activation, method, sizes, seed) for method in METHODS}
        for activation in ACTIVATIONS
    }
    mark_stand_in(run, data)
    run.begin()  # before anything that takes long: it refuses what cannot be run here

    found: dict[str, dict[str, Signal]] = {}
    learned: dict[str, dict[str, Learned]] = {}
    for activation, by_method in networks.items():
        found[activation], learned[activation] = {}, {}
        for method, model in by_method.items():
            optimizer = SGD(model.get_parameters(), lr=config.lr)
            trained = on_backend(config.backend, model, SoftmaxCrossEntropy(), optimizer)
            found[activation][method] = signal(trained.model, model, sample.x)

            before = trained.model.state_dict()
            gradient = weight_gradient(trained.model, trained.loss, *sample)
            training = fit(
                *trained,
                train[: config.limit],
                epochs=config.epochs,
                batch_size=config.batch_size,
                rng=streams(config.seed).order,  # the same batches for all
            )
            records = run.train(training, f"{activation}_{method}")
            gradients = gradient, weight_gradient(trained.model, trained.loss, *sample)
            after = trained.model.state_dict()
            learned[activation][method] = Learned(
                [record.train_loss for record in records if isinstance(record, EpochRecord)],
                evaluate(trained.model, trained.loss, test),
                movement(before, after, gradients),
            )
            accuracy = learned[activation][method].accuracy
            run.say(f"{NAMES[activation]} {method}", f"test accuracy {accuracy:.4f}")
        show_signals(run, activation, found[activation], config.samples)
        show_trainings(run, activation, learned[activation])

    advice = {activation: recommend(by, len(test)) for activation, by in learned.items()}
    show_advice(run, advice)
    answers(run, found, learned, advice, data.classes)


def rows(data: Dataset, dtype: str) -> tuple[Split, Split]:
    """Return training and test examples (N, D): pixels in [0, 1], columns standardized.

    Pixels are not standardized: activations of the first layer are proportional to their scale.
    """
    if data.value_range is None:
        prepared = standardized_rows(data, dtype)
        return prepared.train, prepared.test
    train, test = (
        Split(flatten(unit_range(split.x, data.value_range, dtype)), split.y)
        for split in (data.train, data.test)
    )
    return train, test


def network(
    config: Config, activation: str, method: str, sizes: tuple[int, ...], seed: int
) -> Sequential:
    """Return a network with the weights that PyTorch draws by one of METHODS."""
    inputs, *hidden, classes = sizes
    theirs = mlp(activation, method, seed, inputs=inputs, hidden=hidden, classes=classes)
    ours = dense(sizes, None, activation=ACTIVATIONS[activation], init="zeros", dtype=config.dtype)
    ours.load_state_dict({name: p.numpy() for name, p in theirs.state_dict().items()})
    return ours
