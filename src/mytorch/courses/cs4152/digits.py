"""Classify handwritten digits: a softmax layer, then a hidden layer, by example and by batch.

Everything is the library's; a training by example runs each epoch as one of its kernels.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from mytorch import nn
from mytorch.courses.arguments import above_zero, count, program_parser, seed, whole
from mytorch.courses.cs4152.conventions import SEED
from mytorch.data import Split, load
from mytorch.data.splits import cut
from mytorch.data.transforms import flatten, unit_range
from mytorch.training import EpochRecord, fit
from mytorch.utils.console import Parser, exit_code
from mytorch.utils.progress import progress
from mytorch.utils.random import streams

Array = NDArray[Any]

CLASSES = 10
HELD_OUT = 0.2
HIDDEN = 32
EPOCHS = 30
BATCH_SIZE = 32
SAMPLE_RATE, BATCH_RATE = 0.1, 0.5


def read_digits(seed: int = SEED, held_out: float = HELD_OUT) -> tuple[Split, Split]:
    """Return the digits to learn from and those held out: x (N, 64) in [0, 1], y (N,).

    Every class has the same share in both, and another seed makes another cut.
    """
    digits = load("digits")
    parts = digits.train, digits.test
    x, y = (np.concatenate(both) for both in zip(*parts, strict=True))
    rows = flatten(unit_range(x, (0, 16), np.float64))
    return cut(Split(rows, y), held_out, np.random.default_rng(seed))


def softmax_layer(inputs: int, classes: int, seed: int = SEED) -> nn.Sequential:
    """Return z = x W^T + b alone; the loss takes its softmax."""
    # STARTCODE
    return nn.Sequential(nn.Linear(inputs, classes, dtype=np.float64, rng=streams(seed).init))
    # ENDCODE


def hidden_network(
    inputs: int, classes: int, hidden: int = HIDDEN, seed: int = SEED
) -> nn.Sequential:
    """Return z = sigma(x W1^T + b1) W2^T + b2."""
    # STARTCODE
    rng = streams(seed).init
    return nn.Sequential(
        nn.Linear(inputs, hidden, dtype=np.float64, rng=rng),
        nn.Sigmoid(),
        nn.Linear(hidden, classes, dtype=np.float64, rng=rng),
    )
    # ENDCODE


def train(
    network: nn.Sequential, split: Split, epochs: int, batch_size: int, lr: float, seed: int = SEED
) -> float:
    """Go through the examples in a new order every epoch; return the last epoch's mean loss.

    A batch of one is SGD by example.
    """
    # STARTCODE
    records = fit(
        network,
        nn.SoftmaxCrossEntropy(),
        nn.SGD(network.get_parameters(), lr),
        split,
        epochs=epochs,
        batch_size=batch_size,
        rng=streams(seed).order,
        step_records=False,
    )
    loss = np.nan
    for record in progress(records, total=epochs, label="training", unit="epoch"):
        loss = cast(EpochRecord, record).train_loss
    return loss
    # ENDCODE


def accuracy(network: nn.Sequential, split: Split) -> float:
    """Return the share of examples whose largest score is that of their label."""
    # STARTCODE
    return float(np.mean(network.predict(split.x).argmax(axis=1) == split.y))
    # ENDCODE


class Outcome(NamedTuple):
    """A row of the table; the accuracies are in [0, 1]."""

    network: str
    sgd: str
    loss: float
    learned: float
    held_out: float


# What does the hidden layer add, and what does a batch of one change?
# STARTTEXT
# The softmax layer separates any two digits by a plane among the pixels; hidden units bend what
# separates them, so that digits which no plane tells apart can be learned. Whether that helps is
# said by the digits held out, and not by those learned. A batch of one makes as many updates in an
# epoch as there are examples, each along the gradient of one, which is far from that of all;
# a batch of B makes a B-th of them, along a mean that is closer to it, so its rate may be larger.
# ENDTEXT


def main(argv: Sequence[str]) -> int:
    """Train both networks in both ways, and print the table of their accuracies."""
    args = _parser().parse_args(argv)
    learned, held_out = read_digits(args.seed)
    inputs, seed = learned.x.shape[1], args.seed
    networks: list[tuple[str, Callable[[], nn.Sequential]]] = [
        ("softmax layer", lambda: softmax_layer(inputs, CLASSES, seed)),
        (
            f"hidden layer of {args.hidden}",
            lambda: hidden_network(inputs, CLASSES, args.hidden, seed),
        ),
    ]
    ways = {"by example": (1, args.sample_lr)}
    ways[f"batches of {args.batch_size}"] = args.batch_size, args.batch_lr
    outcomes = []
    for name, make in networks:
        for way, (batch_size, lr) in ways.items():
            network = make()
            loss = train(network, learned, args.epochs, batch_size, lr, seed)
            shares = accuracy(network, learned), accuracy(network, held_out)
            outcomes.append(Outcome(name, f"{way}, lr {lr:g}", loss, *shares))
    print(
        f"digits: {len(learned):,} to learn from, {len(held_out)} held out, seed {seed}, "
        f"{args.epochs:,} epoch{'s' if args.epochs > 1 else ''}\n"
    )
    print(as_text(outcomes))
    return 0


def as_text(outcomes: Sequence[Outcome]) -> str:
    """Return the outcomes as a table."""
    names = max(len(outcome.network) for outcome in outcomes)
    ways = max(len(outcome.sgd) for outcome in outcomes)
    lines = [f"{'network':<{names}}  {'SGD':<{ways}}    loss  accuracy  held out"]
    for network, sgd, loss, learned, held_out in outcomes:
        numbers = f"{loss:.4f}    {learned:.4f}    {held_out:.4f}"
        lines.append(f"{network:<{names}}  {sgd:<{ways}}  {numbers}")
    return "\n".join(lines)


def _parser() -> Parser:
    parser = program_parser(
        __file__, "Classify digits with a softmax layer and with a hidden layer, by SGD."
    )
    add, rate = parser.add_argument, above_zero(1e6)
    add("--seed", type=seed, default=SEED, help=f"default {SEED}")
    add("--epochs", type=count, default=EPOCHS, help=f"default {EPOCHS}")
    add("--hidden", type=whole(1, 10**4), default=HIDDEN, help=f"units (default {HIDDEN})")
    add(
        "--batch-size",
        type=whole(2, 10**6),
        default=BATCH_SIZE,
        help=f"of the mini-batches (default {BATCH_SIZE})",
    )
    add("--sample-lr", type=rate, default=SAMPLE_RATE, help=f"by example (default {SAMPLE_RATE})")
    add("--batch-lr", type=rate, default=BATCH_RATE, help=f"by mini-batch (default {BATCH_RATE})")
    return parser


if __name__ == "__main__":
    sys.exit(exit_code("digits.py", lambda: main(sys.argv[1:])))
