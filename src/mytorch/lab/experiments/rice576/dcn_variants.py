"""Other activations, first weights and optimizers for the deep convolutional network, compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ....nn.init import METHODS
from ....reporting.held_out import read_held_out
from ....reporting.monitor import read_monitor
from ....reporting.plots import Curve, Panel, bars, curves
from ....reporting.runs import Run
from ....training import StepRecord
from ...chance import differ, listed
from ...config import check_at_least, check_one_of
from ...dcn import OPTIMIZERS, Deep, images, network, train
from ...networks import ACTIVATIONS

SMOKE = {
    **{"data": "digits", "limit": 200, "every": 4, "activations": ("relu", "maxout")},
    **{"inits": ("xavier_normal",), "optimizers": ("adam",)},
}
NAMES = {
    **{"relu": "ReLU", "tanh": "Tanh", "sigmoid": "Sigmoid", "leaky-relu": "Leaky ReLU"},
    **{"maxout": "MaxOut", "adam": "Adam", "sgd": "SGD", "momentum": "momentum 0.9"},
    **{"adagrad": "Adagrad", "xavier_normal": "Xavier normal", "he_normal": "He normal"},
    **{"xavier_uniform": "Xavier uniform", "he_uniform": "He uniform", "zeros": "zeros"},
    **{"normal": "small normal", "uniform": "uniform", "orthogonal": "orthogonal"},
}
QUESTIONS = {
    "activation": "What does another activation change?",
    "first weights": "What do other first weights change?",
    "optimizer": "What does another optimizer change?",
}
PARTS = tuple(QUESTIONS)
POINTS = 60  # of a smoothed loss


@dataclass(frozen=True)
class Config(Deep):
    """Each variant differs from the base in one part; the base makes fewer than 0.02 mistakes.

    That is its share of MNIST's test images after 1 epoch. The base is the first of `activations`,
    of `inits` and of `optimizers`: ReLU, Xavier's normal weights in all layers, Adam. Each
    optimizer has its own rate (Adam 0.001, SGD 0.1, with momentum 0.02, Adagrad 0.004), or all have
    `lr`; it falls to 0 along half a cosine. All see the same batches, and are monitored.
    """

    epochs: int = 1
    activations: tuple[str, ...] = ("relu", "tanh", "sigmoid", "leaky-relu", "maxout")
    inits: tuple[str, ...] = ("xavier_normal", "xavier_uniform", "he_normal", "normal")
    optimizers: tuple[str, ...] = ("adam", "sgd", "momentum", "adagrad")
    every: int = 100

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least(1, every=self.every)
        for field, known in (
            ("activations", ACTIVATIONS),
            ("inits", METHODS),
            ("optimizers", OPTIMIZERS),
        ):
            for name in getattr(self, field):
                check_one_of(tuple(known), **{field: name})
            object.__setattr__(self, field, tuple(dict.fromkeys(getattr(self, field))))


class Variant(NamedTuple):
    """A network and how it is trained; `part` is where it differs from the base, if it does."""

    part: str
    activation: str
    init: str
    optimizer: str

    @property
    def key(self) -> str:
        """What its training is called."""
        return "base" if self.part == "base" else self[1 + PARTS.index(self.part)].replace("-", "_")

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        return "base" if self.part == "base" else self.has(self.part)

    def has(self, part: str) -> str:
        """Return what it has for a part, in words."""
        return NAMES[self[1 + PARTS.index(part)]]


class Outcome(NamedTuple):
    """What a variant reached; `signal` is the deviation of its scores at the monitor's first look.

    `losses` are those of the steps, `loss` the mean of the last tenth of them.
    """

    variant: Variant
    losses: list[float]
    loss: float
    signal: float
    validation_error: float
    test_error: float


def variants(config: Config) -> list[Variant]:
    """Return the base, then whatever differs from it in one part."""
    base = config.activations[0], config.inits[0], config.optimizers[0]
    found = [Variant("base", *base)]
    found += [Variant(PARTS[0], name, *base[1:]) for name in config.activations[1:]]
    found += [Variant(PARTS[1], base[0], name, base[2]) for name in config.inits[1:]]
    found += [Variant(PARTS[2], *base[:2], name) for name in config.optimizers[1:]]
    return found


def run(config: Config, run: Run) -> None:
    """Train every variant; compare losses and errors."""
    data = images(config)
    network(config, data)  # refuses images that are too small, before anything is written
    folder = run.begin()
    run.watch(config.every, {"test": data.test})
    outcomes = []
    for variant in variants(config):
        model = network(config, data, variant.activation, variant.init)
        records, _ = train(run, config, data, model, variant.optimizer, variant.key)
        losses = [record.loss for record in records if isinstance(record, StepRecord)]
        last = losses[-max(1, len(losses) // 10) :]
        seen = read_monitor(folder)[variant.key]
        errors = {error.of: error.error for error in read_held_out(folder)[variant.key]}
        scores = next(entry for entry in seen if entry["of"] == seen[-1]["of"])  # the last layer's
        found = sum(last) / len(last), scores["std"], errors["validation"], errors["test"]
        outcomes.append(Outcome(variant, losses, *found))
        run.say(variant.name, f"{errors['test']:.4f} of {len(data.test):,} test images wrong")
    for one in outcomes:
        run.metric(f"test_error_{one.variant.key}", one.test_error)
    run.figure(
        "losses",
        curves([panel(outcomes, part) for part in PARTS], columns=3, share_y=True),
        f"Training loss, means over {window(outcomes)} iterations each: the base, and what differs "
        "from it in one part.",
        "Training loss of the variants",
    )
    run.figure(
        "variants",
        bars(
            [one.variant.name for one in outcomes],
            [100 * one.test_error for one in outcomes],
            xlabel="the base, and what differs from it in one part",
            ylabel="wrong test images (%)",
        ),
        f"Test error after {config.epochs} epoch{'s' if config.epochs > 1 else ''}; the base is "
        f"{described(outcomes[0].variant)}.",
        "Test error of the variants",
    )
    run.table(
        "variants",
        [
            *("differs in", "activation", "first weights", "optimizer", "training loss at last"),
            *("deviation of the scores at first", "validation error", "test error"),
        ],
        [
            [
                *(one.variant.part, *(NAMES[name] for name in one.variant[1:]), one.loss),
                *(one.signal, one.validation_error, one.test_error),
            ]
            for one in outcomes
        ],
    )
    for part in PARTS:
        mine = [one for one in outcomes if one.variant.part in ("base", part)]
        if len(mine) > 1:
            answer = comparison(part, mine, len(data.test))
            run.finding(part.replace(" ", "_"), QUESTIONS[part], *answer)


def described(variant: Variant) -> str:
    """Return the three parts of a variant."""
    return ", ".join(f"{part} {variant.has(part)}" for part in PARTS)


def window(outcomes: Sequence[Outcome]) -> int:
    """Return how many steps a point of a smoothed loss stands for."""
    return -(-len(outcomes[0].losses) // POINTS)


def panel(outcomes: Sequence[Outcome], part: str) -> Panel:
    """Return the smoothed losses of the base and of the variants that differ in a part."""
    found, width = [], window(outcomes)
    for one in outcomes:
        if one.variant.part in ("base", part):
            ends = range(width, len(one.losses) + 1, width)
            means = [sum(one.losses[end - width : end]) / width for end in ends]
            found.append(Curve(one.variant.has(part), ends, means))
    return Panel(part, "iteration", "cross-entropy (nats)", found, log="y")


def comparison(part: str, outcomes: Sequence[Outcome], n: int) -> list[str]:
    """Return what the numbers say about a part, the base first; errors are shares of n images."""
    base, *others = outcomes
    each = [f"{one.variant.name} {one.test_error:.4f}" for one in others]
    first = f"{base.variant.has(part)} (the base) {base.test_error:.4f}"
    said = [f"Test errors: {first}, {', '.join(each)}."]
    beyond = [one for one in others if differ(one.test_error, base.test_error, n)]
    for word, names in (
        ("better", [one.variant.name for one in beyond if one.test_error < base.test_error]),
        ("worse", [one.variant.name for one in beyond if one.test_error > base.test_error]),
    ):
        if names:
            be = "is" if len(names) == 1 else "are"
            said.append(f"{listed(names)} {be} {word} than the base, beyond chance.")
    equal = [one.variant.name for one in others if one not in beyond]
    if equal:
        said.append(f"What {listed(equal)} differ{'s' * (len(equal) == 1)} by may be chance.")
    if part == PARTS[1]:
        most, least = (choose(outcomes, key=lambda one: one.signal) for choose in (max, min))
        if most.signal > 10 * least.signal:
            said.append(
                f"At the first look the scores have a deviation of {least.signal:.2g} with "
                f"{least.variant.has(part)} and of {most.signal:.2g} with {most.variant.has(part)}."
            )
    fast, slow = (choose(outcomes, key=lambda one: one.loss) for choose in (min, max))
    if slow.loss > 1.25 * fast.loss:
        said.append(
            f"In the last tenth of the training the loss is lowest with {fast.variant.has(part)}, "
            f"{fast.loss:.4f}, and highest with {slow.variant.has(part)}, {slow.loss:.4f}."
        )
    return said
