"""What the experiments with rice576's convolutional network share: images, settings, training."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ..data import Dataset, Split, load
from ..data.splits import cut
from ..data.transforms import Standardizer
from ..interop.backend import BACKENDS, Trained, on_backend
from ..nn import SGD, Adagrad, Adam, Dropout, Optimizer, Sequential, SoftmaxCrossEntropy, schedule
from ..reporting.runs import Run
from ..training import Record, fit
from ..utils.errors import ArgumentError
from ..utils.random import streams
from .config import DTYPES, check_at_least, check_one_of
from .networks import dcn

HELD_OUT = 1 / 12  # of the training images: 5,000 of the 60,000 of MNIST
# The rate that each begins with; it falls to 0 along half a cosine.
OPTIMIZERS: dict[str, tuple[Callable[..., Optimizer], float, dict[str, Any]]] = {
    "adam": (Adam, 1e-3, {}),
    "sgd": (SGD, 0.1, {}),
    "momentum": (SGD, 0.02, {"momentum": 0.9}),
    "adagrad": (Adagrad, 0.004, {}),
}


@dataclass(frozen=True)
class Deep:
    """The settings of all of them."""

    data: str = "mnist"
    seed: int = 0
    backend: str = "torch"
    epochs: int = 4
    batch_size: int = 50
    lr: float | None = None
    padding: int = 2
    dropout: float = 0.5
    limit: int | None = None
    dtype: str = "float32"

    def __post_init__(self) -> None:
        check_at_least(0, seed=self.seed, lr=self.lr, padding=self.padding, dropout=self.dropout)
        check_at_least(1, epochs=self.epochs, batch_size=self.batch_size)
        check_at_least(4, limit=self.limit)
        check_one_of(BACKENDS, backend=self.backend)
        check_one_of(DTYPES, dtype=self.dtype)
        if self.dropout >= 1:
            raise ArgumentError(f"--dropout={self.dropout:g}: expected a number below 1")


class Images(NamedTuple):
    """A set of images in three parts, standardized by its training images."""

    data: Dataset
    train: Split
    validation: Split
    test: Split
    standardizer: Standardizer

    @property
    def sizes(self) -> str:
        """How many images each part has."""
        parts = len(self.train), len(self.validation), len(self.test)
        return " / ".join(f"{count:,}" for count in parts)


def images(config: Deep) -> Images:
    """Return a set of images; where no validation images are published, a twelfth is cut off.

    The cut is always the same one. `limit` takes the first so many of each part.

    Raises
    ------
    ArgumentError
        For a data set that is not images with classes.
    """
    data = load(config.data)
    if data.train.x.ndim != 4 or not data.classes or data.train.y.ndim > 1:
        raise ArgumentError(
            f"this network takes images with classes, and {config.data} has none; try mnist or "
            "digits"
        )
    train, validation = data.train, data.validation
    if validation is None:
        train, validation = cut(train, HELD_OUT)
    standardizer, _ = Standardizer.of(train.x, data.value_range, config.dtype)

    def ready(part: Split) -> Split:
        part = part[: config.limit]
        return Split(standardizer(part.x).reshape(part.x.shape), part.y)

    published = replace(data, test=data.test[: config.limit])
    return Images(published, ready(train), ready(validation), ready(data.test), standardizer)


def network(config: Deep, images: Images, activation: str = "relu", init: str | None = None) -> Any:
    """Return the network for the images, its weights drawn from the seed."""
    rng = streams(config.seed)
    model = dcn(
        rng.init,
        image=images.train.x.shape[1:],
        classes=len(images.data.classes),
        padding=config.padding,
        p=config.dropout,
        activation=activation,
        init=init,
        dtype=config.dtype,
    )
    for layer in model:
        if isinstance(layer, Dropout):
            layer.rng = rng.dropout
    return model


def train(
    run: Run,
    config: Deep,
    images: Images,
    model: Sequential,
    optimizer: str = "adam",
    name: str = "training",
) -> tuple[list[Record], Trained]:
    """Train a network; return the records, and what took part on the backend of the settings.

    `model` has the weights in the end.
    """
    make, lr, options = OPTIMIZERS[optimizer]
    lr = lr if config.lr is None else config.lr
    parts = on_backend(
        config.backend, model, SoftmaxCrossEntropy(), make(model.get_parameters(), lr, **options)
    )
    steps = config.epochs * -(-len(images.train) // config.batch_size)
    training = fit(
        *(*parts, images.train, images.validation),
        epochs=config.epochs,
        batch_size=config.batch_size,
        rng=streams(config.seed).order,
        schedule=schedule.cosine(lr, steps),
    )
    records = run.train(training, name)
    model.load_state_dict(parts.model.state_dict())
    return records, parts
