"""Initial weights compared: what they make of activations, and of trainings, shown in a report."""

from collections.abc import Mapping, Sequence

from ..reporting import plots
from ..reporting.plots import Curve, Panel
from ..reporting.runs import Run
from .signals import Signal, depth, relu_against_tanh, why_he, why_xavier
from .trainings import Advice, Learned, advise, who_learned

QUESTIONS = {
    "tanh_activations": "Q5.2: which initializations make activations vanish, which hold them, and "
    "why does Xavier's suit tanh and sigmoid?",
    "tanh_training": "Q5.3: which of them learn with tanh?",
    "relu_activations": "Q5.4: how do the activations of ReLU differ from those of tanh, which "
    "initialization is best for it, and why was He's made for it?",
    "relu_training": "Q5.4: which of them learn with ReLU?",
    "recommended": "Q5.4: which initialization for which activation?",
}
NAMES = {"tanh": "tanh", "relu": "ReLU"}  # of the activations


def show_signals(run: Run, activation: str, found: Mapping[str, Signal], samples: int) -> None:
    """Show mean and deviation of the activations by depth, for each initialization."""
    name, layers = f"activations_{activation}", len(next(iter(found.values())).stds)
    numbers = range(1, layers + 1)
    rows = [
        [method, what, *values]
        for method, signal in found.items()
        for what, values in (("mean", signal.means), ("standard deviation", signal.stds))
    ]
    run.table(name, ["weights", "", *(f"layer {n}" for n in numbers)], rows)
    none = [method for method, signal in found.items() if not any(signal.stds)]
    aside = f" ({', '.join(none)}: exactly 0)" if none else ""
    means = [Curve(method, numbers, signal.means) for method, signal in found.items()]
    stds = [Curve(method, numbers, signal.stds) for method, signal in found.items()]
    figure = plots.curves(
        [
            Panel("mean", "hidden layer", "mean activation", means),
            Panel(f"standard deviation{aside}", "hidden layer", "standard deviation", stds, "y"),
        ]
    )
    figure.suptitle(f"Activations of untrained networks with {NAMES[activation]}")
    run.figure(
        name,
        figure,
        f"Mean and standard deviation of the activations of each hidden layer over {samples} "
        f"random training examples, in untrained networks with {NAMES[activation]}. The deviation "
        "is on a logarithmic axis, where 0 has no place.",
    )


def show_trainings(run: Run, activation: str, learned: Mapping[str, Learned]) -> None:
    """Show how each initialization learned, and what moved while it did."""
    run.table(
        f"trainings_{activation}",
        [
            "weights",
            "test accuracy",
            "final training loss",
            "largest weight gradient, untrained",
            "trained",
            "largest change of a weight",
            "of a hidden bias",
            "of an output bias",
        ],
        [[m, t.accuracy, t.losses[-1], *t.movement] for m, t in learned.items()],
    )
    for method, found in learned.items():
        run.metric(f"test_accuracy_{activation}_{method}", found.accuracy)
        run.metric(f"final_train_loss_{activation}_{method}", found.losses[-1])
    curves = [Curve(m, range(1, len(t.losses) + 1), t.losses) for m, t in learned.items()]
    figure = plots.curves([Panel("", "epoch", "cross-entropy (nats)", curves, "y")])
    figure.suptitle(f"Training loss with {NAMES[activation]}")
    run.figure(
        f"training_loss_{activation}",
        figure,
        f"The mean training loss of each epoch, with {NAMES[activation]}, for each initialization; "
        "the batches are the same for all.",
    )


def show_advice(run: Run, advice: Mapping[str, Advice]) -> None:
    """Show which initialization did best with each activation."""
    run.table(
        "recommended",
        [
            "activation",
            "recommended weights",
            "test accuracy",
            "next best",
            "its test accuracy",
            "what chance may make of the difference",
            "clear",
        ],
        [
            [NAMES[activation], *found, "yes" if found.clear else "no"]
            for activation, found in advice.items()
        ],
    )


def answers(
    run: Run,
    found: Mapping[str, Mapping[str, Signal]],
    learned: Mapping[str, Mapping[str, Learned]],
    advice: Mapping[str, Advice],
    classes: Sequence[str],
) -> None:
    """Answer the questions of the assignment."""
    tanh, relu = found["tanh"], found["relu"]
    by_tanh, by_relu = (advise(NAMES[name], advice[name]) for name in ("tanh", "relu"))
    for name, sentences in {
        "tanh_activations": [*depth(tanh), *why_xavier(tanh)],
        "tanh_training": who_learned(learned["tanh"], classes),
        "relu_activations": [*relu_against_tanh(relu, tanh), by_relu, why_he(relu)],
        "relu_training": who_learned(learned["relu"], classes),
        "recommended": [by_tanh, by_relu],
    }.items():
        run.finding(name, QUESTIONS[name], *sentences)
