"""The worked pass of cmu10601: one example, columns, denominator layout, biases folded in.

In denominator layout a derivative of a number by an array has the shape of the array.
"""

from typing import NamedTuple

import numpy as np

from . import functions
from .answer import Step, Value, value
from .digits import dot, short
from .networks import Array
from .passes import Pass, moved
from .symbols import latex_symbol

Worked = tuple[str, str, tuple[Value, ...], tuple[Step, ...], tuple[Value, ...]]
FEW = 40  # weights whose sums are written out


class Names(NamedTuple):
    """What weights, net inputs and activations are called, layer by layer; the input first."""

    weights: list[str]
    nets: list[str]
    sources: list[str]  # what goes into each layer

    def tag(self, layer: int) -> str:
        """Return a layer's number, from 1, for keys that several layers have."""
        return "" if len(self.weights) == 2 else str(layer)


def names(layers: int) -> Names:
    """Return the course's letters where there is one hidden layer, else letters with numbers."""
    if layers == 2:
        return Names(["alpha", "beta"], ["a", "b"], ["x", "z"])
    count = range(1, layers + 1)
    return Names(
        [f"W{k}" for k in count], [f"a{k}" for k in count], ["x", *(f"z{k}" for k in count)][:-1]
    )


def worked(done: Pass, activation: str, lr: float) -> Worked:
    """Return title, question, what is given, the steps and the results."""
    called = names(len(done.weights))
    sizes = [done.x.shape[1], *(len(w) for w in done.weights)]
    pairs = list(zip(called.weights, done.weights, done.grad_weights, strict=True))
    given = (
        value("x", _column(done.x)),
        value("y", _one_hot(done)),
        *(value(name, weights) for name, weights, _ in pairs),
        value("lr", lr, "lr", r"\eta"),
    )
    after = _moved(done, called, lr)
    results = (
        value("y_hat", _column(done.p)),
        value("loss", done.loss, "l"),
        *(value(f"dl_d{name}", by_w, f"dl/d{name}") for name, _, by_w in reversed(pairs)),
        *after,
    )
    hidden = (
        f"{' and '.join(map(str, sizes[1:-1]))} hidden units with the activation "
        f"{functions.FUNCTIONS[activation].title}, "
    )
    told = _listed(called.weights)
    return (
        f"Backpropagation through a {'-'.join(map(str, sizes))} network, denominator layout",
        f"A network has {sizes[0]} input{'s' if sizes[0] > 1 else ''}, "
        f"{hidden if sizes[1:-1] else ''}{sizes[-1]} outputs with softmax, and the "
        f"cross-entropy l as its loss. The biases are column 0 of {told}. Find every quantity of "
        f"the forward pass, the gradients by {told} with their shapes, and the weights after one "
        "step of gradient descent.",
        given,
        (
            *_forward(done, called, activation),
            *_backward(done, called, activation),
            _update(called, lr, after),
        ),
        results,
    )


def _forward(done: Pass, called: Names, activation: str) -> tuple[Step, ...]:
    shapes = "; ".join(
        f"{name} is {_sizes(w)}" for name, w in zip(called.weights, done.weights, strict=True)
    )
    steps = [
        Step(
            f"Shapes. {shapes}: a row for each unit of the layer, a column for each of its inputs "
            "and one for the bias.",
            values=tuple(
                value(f"{name}_entries", w.size, f"entries of {name}")
                for name, w in zip(called.weights, done.weights, strict=True)
            ),
        )
    ]
    for k, weights in enumerate(done.weights):
        steps += _layer(done, called, activation, k)
        if k == 0:
            steps.append(_one_neuron(called, weights, _source(done, 0)))
    last = called.nets[-1]
    top, bottom = (f"e^{{{_entry(last, index)}}}" for index in "kj")
    return (
        *steps,
        Step(
            "Softmax: positive numbers that add up to 1.",
            f"y_hat_k = exp({last}_k) / sum over j of exp({last}_j)",
            rf"\hat{{y}}_k = \frac{{{top}}}{{\sum_j {bottom}}}",
            "",
            (
                value("y_hat", _column(done.p)),
                value(
                    "y_hat_sum", float(done.p.sum()), "sum of y_hat", r"\textstyle\sum_k \hat{y}_k"
                ),
            ),
        ),
        Step(
            "The cross-entropy, with the natural logarithm: minus the logarithm of the probability "
            "of the true class, as y is 0 for all others.",
            "l = -sum over k of y_k log y_hat_k",
            r"l = -\sum_k y_k \log \hat{y}_k",
            "",
            (value("loss", done.loss, "l"),),
        ),
    )


def _layer(done: Pass, called: Names, activation: str, k: int) -> list[Step]:
    """Return the net inputs of layer k, from 0, after the activations that go into it."""
    source, net, name = called.sources[k], called.nets[k], called.weights[k]
    steps = []
    if k:
        steps.append(
            Step(
                "The activations, element by element.",
                f"{source} = f({called.nets[k - 1]}), {functions.plain(activation)}",
                rf"{latex_symbol(source)} = f({latex_symbol(called.nets[k - 1])}), \quad "
                f"{functions.FUNCTIONS[activation].latex}",
                "",
                (value(source, _column(done.hidden[k - 1])),),
            )
        )
    told = (
        f"A 1 is put on top of {source}, too: it multiplies the biases in column 0 of {name}. It "
        "is no output of the layer before it and has no weights of its own."
        if k
        else "A 1 is put on top of x, so that the bias is a weight like the others: its input is "
        "always 1."
    )
    with_one = _source(done, k)
    steps.append(
        Step(
            told,
            f"{net} = {name} {source}",
            f"{latex_symbol(net)} = {latex_symbol(name)} {_tilde(source)}",
            "",
            (
                value(f"{source}_with_1", with_one, f"{source} with 1", _tilde(source)),
                value(net, _column(done.nets[k])),
            ),
            _products(net, done.weights[k], with_one),
        )
    )
    return steps


def _one_neuron(called: Names, weights: Array, x: Array) -> Step:
    net, name = called.nets[0], called.weights[0]
    return Step(
        f"If the layer had a single neuron, {name} would be one row and {net} a number, the dot "
        "product of that row and x. Here is the first neuron alone.",
        f"{net}[1] = {name}[1] . x",
        rf"{latex_symbol(f'{net}[1]')} = {latex_symbol(f'{name}[1]')} \cdot \tilde{{x}}",
        "",
        (value("first_neuron", float(weights[0] @ x[:, 0]), f"{net}[1]"),),
    )


def _backward(done: Pass, called: Names, activation: str) -> tuple[Step, ...]:
    y, p = _one_hot(done), _column(done.p)  # (C, 1)
    by_p = -y / p
    jacobian = np.diagflat(p) - p @ p.T  # (C, C)
    chained = jacobian @ by_p  # (C, 1)
    by_scores = _column(done.grad_nets[-1])  # (C, 1)
    net = called.nets[-1]
    tex = latex_symbol(net)
    steps = [
        Step(
            "The loss by the probabilities: 0 but for the true class.",
            "dl/dy_hat_k = -y_k / y_hat_k",
            r"\frac{\partial l}{\partial \hat{y}_k} = -\frac{y_k}{\hat{y}_k}",
            "",
            (value("dl_dy_hat", by_p, "dl/dy_hat", r"\frac{\partial l}{\partial \hat{y}}"),),
        ),
        Step(
            "y holds one 1 and otherwise 0.",
            "sum over k of y_k = 1",
            r"\sum_k y_k = 1",
            "",
            (value("y_sum", float(y.sum()), "sum of y", r"\textstyle\sum_k y_k"),),
        ),
        Step(
            "The derivative of the softmax.",
            f"dy_hat_i/d{net}_j = y_hat_i ([i = j] - y_hat_j)",
            rf"\frac{{\partial \hat{{y}}_i}}{{\partial {_entry(net, 'j')}}} = "
            r"\hat{y}_i ([i = j] - \hat{y}_j)",
            "",
            (
                value(
                    f"dy_hat_d{net}",
                    jacobian,
                    f"dy_hat/d{net}",
                    rf"\frac{{\partial \hat{{y}}}}{{\partial {tex}}}",
                ),
            ),
        ),
        Step(
            "The two together: in -y_j + y_hat_j sum over k of y_k, the sum is 1. The product of "
            "the two matrices above is the same up to rounding.",
            f"dl/d{net} = y_hat - y",
            rf"{_by(net)} = \hat{{y}} - y",
            "",
            (
                value(f"dl_d{net}", by_scores, f"dl/d{net}"),
                value(
                    "chained_difference",
                    float(np.abs(chained - by_scores).max()),
                    "largest difference to the product",
                ),
            ),
        ),
    ]
    for k in reversed(range(len(done.weights))):
        steps.append(_by_weights(done, called, k))
        if k:
            steps += _to_the_layer_before(done, called, activation, k)
    return tuple(steps)


def _by_weights(done: Pass, called: Names, k: int) -> Step:
    net, name, source = called.nets[k], called.weights[k], called.sources[k]
    return Step(
        f"{net} is linear in {name}: the outer product of dl/d{net} and {source} with its 1, in "
        f"the shape of {name}, {_sizes(done.weights[k])}.",
        f"dl/d{name} = (dl/d{net}) {source}^T",
        f"{_by(name)} = {_by(net)} {_tilde(source)}^T",
        "",
        (value(f"dl_d{name}", done.grad_weights[k], f"dl/d{name}"),),
    )


def _to_the_layer_before(done: Pass, called: Names, activation: str, k: int) -> list[Step]:
    net, name, source, before = (
        *(called.nets[k], called.weights[k], called.sources[k]),
        called.nets[k - 1],
    )
    tex = latex_symbol(name)
    weights = done.weights[k]
    with_bias = weights.T @ _column(done.grad_nets[k])  # (1 + H, 1)
    z, a = latex_symbol(source), latex_symbol(before)
    slope = f"{source} (1 - {source})" if activation == "sigmoid" else f"f'({before})"
    tex_slope = rf"{z} \odot (1 - {z})" if activation == "sigmoid" else f"f'({a})"
    return [
        Step(
            f"Back to {source}. The 1 on top of {source} is a constant: it does not depend on "
            f"{before}, so nothing flows through it, and column 0 of {name}, which it multiplies, "
            f"is left out: {name}* is {name} without it, {_sizes(weights[:, 1:])}. With it, there "
            "would be one entry too many, the first below, which belongs to no hidden unit.",
            f"dl/d{source} = {name}*^T dl/d{net}",
            rf"{_by(source)} = {{{tex}^*}}^T {_by(net)}",
            "",
            (
                value(f"{name}_star", weights[:, 1:], f"{name}*", rf"{{{tex}}}^*"),
                value(
                    f"with_bias_column{called.tag(k + 1)}",
                    with_bias,
                    f"{name}^T dl/d{net}",
                    rf"{{{tex}}}^T {_by(net)}",
                ),
                value(f"dl_d{source}", _column(done.grad_hidden[k - 1]), f"dl/d{source}"),
            ),
        ),
        Step(
            f"Through the activation, element by element: each {before} moves its own {source} "
            f"alone.{_kink(done.nets[k - 1], activation)}",
            f"dl/d{before} = dl/d{source} * {slope}",
            rf"{_by(before)} = {_by(source)} \odot {tex_slope}",
            "",
            (
                value(f"slope{called.tag(k)}", _column(done.slopes[k - 1]), slope, tex_slope),
                value(f"dl_d{before}", _column(done.grad_nets[k - 1]), f"dl/d{before}"),
            ),
        ),
    ]


def _moved(done: Pass, called: Names, lr: float) -> tuple[Value, ...]:
    after = moved(done.weights, done.grad_weights, lr)
    return tuple(
        value(f"new_{name}", w, f"{name}'") for name, w in zip(called.weights, after, strict=True)
    )


def _update(called: Names, lr: float, after: tuple[Value, ...]) -> Step:
    return Step(
        f"One step of gradient descent with the rate {short(lr)}. All gradients above were taken "
        "at the weights before the step: no layer is changed before the last gradient is there.",
        ", ".join(f"{name}' = {name} - lr dl/d{name}" for name in called.weights),
        r", \quad ".join(
            rf"{latex_symbol(name + chr(39))} = {latex_symbol(name)} - \eta {_by(name)}"
            for name in called.weights
        ),
        "",
        after,
    )


def _kink(nets: Array, activation: str) -> str:
    """Return what is to be said where a net input lies where f' does not exist."""
    left, right = functions.sides(activation)
    if left == right or np.all(nets != 0):
        return ""
    taken = functions.value_and_slope(activation, np.zeros(1))[1].item()
    return (
        f" One of the net inputs is 0, where f' does not exist: the library takes {short(taken)}, "
        f"and {short(right if taken == left else left)} is just as good."
    )


def _by(name: str) -> str:
    return latex_symbol(f"dl/d{name}")


def _tilde(name: str) -> str:
    """Return x or z1 with a tilde: the column with the 1 on top."""
    return rf"\tilde{{{name[0]}}}" + (f"_{{{name[1:]}}}" if name[1:] else "")


def _entry(name: str, index: str) -> str:
    return latex_symbol(f"{name}[{index}]")


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _source(done: Pass, k: int) -> Array:
    return _with_one(done.hidden[k - 1] if k else done.x)


def _column(row: Array) -> Array:
    return row.T


def _with_one(row: Array) -> Array:
    return np.concatenate([np.ones((1, 1)), row.T])  # (1 + D, 1)


def _one_hot(done: Pass) -> Array:
    return np.eye(done.p.shape[1])[done.labels].T  # (C, 1)


def _sizes(matrix: Array) -> str:
    return " x ".join(map(str, matrix.shape))


def _products(symbol: str, weights: Array, column: Array) -> tuple[tuple[str, str], ...]:
    if weights.size > FEW:
        return ()
    return tuple((f"{symbol}[{n}]", dot(row, column)) for n, row in enumerate(weights, 1))
