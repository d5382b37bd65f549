"""Depth, width and activation of networks on two half moons: deep against shallow."""

from collections.abc import Sequence
from dataclasses import dataclass

from ....reporting.boundaries import decision_boundaries
from ....reporting.plots import Curve, Panel, curves
from ....reporting.runs import Run
from ...chance import differ, guessing, listed
from ...config import check_at_least, check_one_of
from ...half_moons import NAMES, Descent, Trained, descend, points

SMOKE = {"passes": 25, "depths": (1, 4)}
STUCK = 0.9  # of the loss of guessing: who is above it has learned next to nothing
VANISHED = 0.01  # of the last layer's gradient


@dataclass(frozen=True)
class Config(Descent):
    """1, 2 and 4 hidden layers of 3 and 10 units: 10 units of Tanh or ReLU get 0.97 right.

    That is the share of the training examples, at every depth. The rate is a fifth of the course's,
    at which 4 hidden layers of 10 ReLUs end with half of the examples wrong.
    """

    passes: int = 10000
    lr: float = 0.002
    depths: tuple[int, ...] = (1, 2, 4)
    widths: tuple[int, ...] = (3, 10)
    activations: tuple[str, ...] = ("tanh", "sigmoid", "relu")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least(1, depths=min(self.depths), widths=min(self.widths))
        for name in self.activations:
            check_one_of(tuple(NAMES), activations=name)
        for field in ("depths", "widths"):
            object.__setattr__(self, field, tuple(sorted(set(getattr(self, field)))))
        object.__setattr__(self, "activations", tuple(dict.fromkeys(self.activations)))


def run(config: Config, run: Run) -> None:
    """Train every combination; compare boundaries, losses and accuracies."""
    data = points(config.data, config.seed)
    run.begin()
    trained = [
        descend(
            *(run, config, data, activation, (width,) * depth),
            f"{NAMES[activation]} {depth} x {width}",
        )
        for activation in config.activations
        for width in config.widths
        for depth in config.depths
    ]
    run.metric("lowest_loss", min(net.losses[-1] for net in trained))
    run.metric("highest_train_accuracy", max(net.train_accuracy for net in trained))
    run.metric("highest_test_accuracy", max(net.test_accuracy for net in trained))
    for width in config.widths:
        wide = [net for net in trained if net.hidden[0] == width]
        run.figure(
            f"decision_boundaries_width_{width}",
            decision_boundaries(
                [net.plane(data.train) for net in wide], columns=len(config.depths)
            ),
            f"Hidden layers of {width}, {listed([str(d) for d in config.depths])} of them from "
            f"left to right, after {config.passes:,} passes: a row for each activation.",
        )
    run.figure(
        "depth",
        curves(
            [by_depth(trained, activation) for activation in config.activations],
            columns=len(config.activations),
            share_y=True,
        ),
        "The loss after training against the number of hidden layers.",
        "Final loss by depth",
    )
    run.table(
        "networks",
        [
            *("activation", "hidden layers", "units in each", "parameters", "final loss"),
            *("training accuracy", "test accuracy", "gradient, first to last layer, at first"),
        ],
        [
            [
                *(NAMES[net.activation], len(net.hidden), net.hidden[0], net.parameters),
                *(net.losses[-1], net.train_accuracy, net.test_accuracy, net.gradient_ratio),
            ]
            for net in trained
        ],
    )
    best = max(trained, key=lambda net: net.train_accuracy)
    run.say("best", f"{best.name}, {best.train_accuracy:.4f} of the training examples right")
    sizes = len(data.train), len(data.test)
    run.finding("depth", "Deep or shallow, wide or narrow?", *depth_and_width(trained, sizes[1]))
    stuck = stuck_networks(trained, guessing(data.train.y))
    run.finding(
        "activation", "Which networks do not learn, and what do they have in common?", *stuck
    )


def by_depth(trained: Sequence[Trained], activation: str) -> Panel:
    """Return the losses of an activation's networks against their depth, a curve per width."""
    mine = [net for net in trained if net.activation == activation]
    found = []
    for width in dict.fromkeys(net.hidden[0] for net in mine):
        wide = [net for net in mine if net.hidden[0] == width]
        depths, losses = [len(net.hidden) for net in wide], [net.losses[-1] for net in wide]
        found.append(Curve(f"{width} units in each", depths, losses))
    return Panel(NAMES[activation], "hidden layers", "loss with L2 term (nats)", found, log="y")


def depth_and_width(trained: Sequence[Trained], tests: int) -> list[str]:
    """Return what the numbers say about depth at equal width, and width at equal depth."""
    said = []
    for name, what, size, other in (
        ("deepest", "hidden layers of the same width", _depth, _width),
        ("widest", "units in each of as many layers", _width, _depth),
    ):
        low, high = min(map(size, trained)), max(map(size, trained))
        pairs = [
            (small, large)
            for small in trained
            for large in trained
            if (small.activation, other(small)) == (large.activation, other(large))
            and (size(small), size(large)) == (low, high)
        ]
        if low == high:
            continue
        better = sum(large.losses[-1] < small.losses[-1] for small, large in pairs)
        beyond = [p for p in pairs if differ(p[0].test_accuracy, p[1].test_accuracy, tests)]
        up = [large.name for small, large in beyond if large.test_accuracy > small.test_accuracy]
        down = [large.name for small, large in beyond if large.test_accuracy < small.test_accuracy]
        said.append(
            f"With {high} {what} instead of {low}, the training loss is lower for {better} "
            f"of {len(pairs)} networks."
        )
        said.append(
            f"On test examples the {name} are better, beyond chance, for {listed(up)}."
            if up
            else f"On test examples the {name} are for none better beyond chance."
        )
        if down:
            said.append(f"They are worse, beyond chance, for {listed(down)}.")
    return said


def _depth(net: Trained) -> int:
    return len(net.hidden)


def _width(net: Trained) -> int:
    return net.hidden[0]


def stuck_networks(trained: Sequence[Trained], guess: float) -> list[str]:
    """Return which networks are hardly better than guessing, and their gradients at first."""
    stuck = [net for net in trained if net.losses[-1] > STUCK * guess]
    if not stuck:
        said = [f"All of them learn: no loss is left above {STUCK:g} of that of guessing."]
        small = [net for net in trained if net.gradient_ratio < VANISHED]
        if small:
            said.append(
                f"So do {listed([net.name for net in small])}, though at the first weights the "
                "gradient of their first layer is at most "
                f"{max(net.gradient_ratio for net in small):.1e} of that of the last one."
            )
        return said
    said = [
        f"{listed([net.name for net in stuck])} end above {STUCK:g} of the loss of guessing, "
        f"{guess:.4f}."
    ]
    ratios = [net.gradient_ratio for net in stuck]
    others = [net.gradient_ratio for net in trained if net.losses[-1] <= STUCK * guess]
    if max(ratios) < VANISHED and others and min(others) > max(ratios):
        said.append(
            "At the first weights the gradient of their first layer is at most "
            f"{max(ratios):.1e} of that of the last one; with all others it is at least "
            f"{min(others):.1e}: the gradient vanishes on its way down."
        )
    return said
