"""The worked pass of rice576: rows are examples, gradients are products of matrices."""

from itertools import chain

import numpy as np

from . import functions
from .answer import Step, Value, value
from .backprop_columns import Worked
from .digits import short
from .networks import Array
from .passes import Pass, moved, penalty


def worked(done: Pass, activation: str, lr: float, reg_lambda: float) -> Worked:
    """Return title, question, what is given, the steps and the results."""
    count = len(done.x)
    layers = len(done.weights)
    given = (
        value("x", done.x, "X"),
        value("y", done.labels.astype(np.float64)),
        *(
            value(f"{letter}{k}", part)
            for k, w in enumerate(done.weights, 1)
            for letter, part in zip("Wb", _rows(w), strict=True)
        ),
        value("lr", lr, "lr", r"\eta"),
        *((value("reg_lambda", reg_lambda, "reg_lambda", r"\lambda"),) if reg_lambda else ()),
    )
    sizes = "-".join(map(str, (done.x.shape[1], *(len(w) for w in done.weights))))
    f = functions.FUNCTIONS[activation].title
    told = " and ".join(
        f"a{k - 1} = f(z{k - 1}), z{k} = a{k - 1} W{k} + b{k}" for k in range(2, layers + 1)
    )
    plain = [_gradients(w, k) for k, w in enumerate(done.grad_weights, 1)]
    steps = (*_forward(done, activation), *_backward(done, activation, plain))
    loss, gradients = done.loss, done.grad_weights
    if reg_lambda:
        term, pulls = penalty(done, reg_lambda)
        loss = done.loss + term
        gradients = [g + pull for g, pull in zip(done.grad_weights, pulls, strict=True)]
        steps += (_penalized(done, reg_lambda, loss, gradients),)
    tag = "with_l2." if reg_lambda else ""
    results = [part for k, g in enumerate(gradients, 1) for part in _gradients(g, k, tag)]
    after = _after(done, gradients, lr)
    with_f = f", {told}, with f = {f}" if told else ""
    return (
        f"Backpropagation through a {sizes} network, examples as rows",
        f"A network computes z1 = X W1 + b1{with_f}, and p = softmax(z{layers}); the loss is "
        f"the mean cross-entropy of {count} example{'s' if count > 1 else ''}, the rows of X"
        + (", plus reg_lambda / (2 N) times the sum of the squared weights" if reg_lambda else "")
        + ". Find the gradients of the loss by all weights and biases, and what these are after "
        "one step of gradient descent.",
        given,
        (*steps, _update(lr, after, bool(reg_lambda))),
        (value("p", done.p), value(f"{tag}loss", loss, "L"), *results, *after),
    )


def _forward(done: Pass, activation: str) -> tuple[Step, ...]:
    layers = len(done.weights)
    steps = []
    for k in range(1, layers + 1):
        source, tex = ("X", "X") if k == 1 else (f"a{k - 1}", f"a_{{{k - 1}}}")
        what = "scores" if k == layers else f"net inputs of hidden layer {k}"
        steps.append(
            Step(
                f"The {what}; b{k} is added to every row.",
                f"z{k} = {source} W{k} + b{k}",
                f"z_{{{k}}} = {tex} W_{{{k}}} + b_{{{k}}}",
                "",
                (value(f"z{k}", done.nets[k - 1]),),
            )
        )
        if k < layers:
            steps.append(
                Step(
                    "The activations, element by element.",
                    f"a{k} = f(z{k}), {functions.plain(activation)}",
                    rf"a_{{{k}}} = f(z_{{{k}}}), \quad {functions.FUNCTIONS[activation].latex}",
                    "",
                    (value(f"a{k}", done.hidden[k - 1]),),
                )
            )
    return (
        *steps,
        Step(
            "The probabilities: the softmax along each row.",
            f"p = softmax(z{layers})",
            rf"p = \operatorname{{softmax}}(z_{{{layers}}})",
            "",
            (value("p", done.p),),
        ),
        Step(
            "The loss: minus the logarithm of the probability of each true class, averaged.",
            "L = -1/N sum over n of log p[n, y_n]",
            r"L = -\frac{1}{N} \sum_n \log p_{n, y_n}",
            "",
            (value("losses", done.losses, "-log p", r"-\log p"), value("loss", done.loss, "L")),
        ),
    )


def _backward(done: Pass, activation: str, plain: list[tuple[Value, ...]]) -> tuple[Step, ...]:
    count, layers = len(done.x), len(done.weights)
    steps = [
        Step(
            "The error of the output layer: y here has a 1 at each label. 1/N is put in here, "
            "once, and reaches everything below.",
            f"d{layers} = dL/dz{layers} = (p - y) / N",
            rf"\delta_{{{layers}}} = \frac{{\partial L}}{{\partial z_{{{layers}}}}} = "
            r"\frac{1}{N} (p - y)",
            "",
            (value(f"d{layers}", done.grad_nets[-1], f"d{layers}", rf"\delta_{{{layers}}}"),),
        )
    ]
    for k in range(layers, 0, -1):
        source, tex = ("X", "X") if k == 1 else (f"a{k - 1}", f"a_{{{k - 1}}}")
        steps.append(
            Step(
                "The sum over examples is in the matrix product; for the biases it is written out."
                if k == layers
                else "As above, one layer earlier.",
                f"dW{k} = {source}^T d{k}, db{k} = sum of the rows of d{k}",
                rf"\frac{{\partial L}}{{\partial W_{{{k}}}}} = {tex}^T \delta_{{{k}}}, \quad "
                rf"\frac{{\partial L}}{{\partial b_{{{k}}}}} = \sum_n \delta_{{{k},n}}",
                "",
                plain[k - 1],
            )
        )
        if k > 1:
            steps.append(_hidden(done, activation, k - 1))
    steps.append(
        Step(
            f"Some texts leave 1/N out. Their gradients are those of the summed loss, larger by N "
            f"= {count}: the same direction, and a learning rate that means something else.",
            values=tuple(
                value(
                    f"summed.{part.key}", count * part.value, f"N {part.symbol}", f"N {part.latex}"
                )
                for part in chain.from_iterable(plain)
            ),
        )
    )
    return tuple(steps)


def _hidden(done: Pass, activation: str, k: int) -> Step:
    """Return the error of hidden layer k."""
    return Step(
        f"Back through W{k + 1} and the activation. f' is taken of the net input z{k}: "
        f"{functions.plain_slope(activation)}.",
        f"d{k} = d{k + 1} W{k + 1}^T * f'(z{k})",
        rf"\delta_{{{k}}} = \delta_{{{k + 1}}} W_{{{k + 1}}}^T \odot f'(z_{{{k}}})",
        "",
        (
            value(f"slope{k}", done.slopes[k - 1], f"f'(z{k})", f"f'(z_{{{k}}})"),
            value(f"d{k}", done.grad_nets[k - 1], f"d{k}", rf"\delta_{{{k}}}"),
        ),
    )


def _penalized(done: Pass, reg_lambda: float, loss: float, gradients: list[Array]) -> Step:
    """Return the loss and the gradients with the penalty, and which sum of both fits which loss."""
    count = len(done.x)
    return Step(
        "With the penalty the loss is the sum of -log p plus reg_lambda / 2 times the sum of "
        f"the squared weights, all divided by N = {count}. So the pull on a weight is "
        f"reg_lambda W / N = {short(reg_lambda / count)} W beside the mean gradient above, or "
        "reg_lambda W beside the summed one, which is N times the gradient of this loss. The mean "
        "gradient plus reg_lambda W mixes the two: its penalty is N times too strong. Biases are "
        "not penalized.",
        "L = (sum over n of -log p[n, y_n] + reg_lambda/2 sum of W^2) / N, "
        "dL/dW = dW + reg_lambda W / N",
        r"L = \frac{1}{N} \left( -\sum_n \log p_{n, y_n} + \frac{\lambda}{2} \sum W^2 \right), "
        r"\quad \frac{\partial L}{\partial W} = dW + \frac{\lambda}{N} W",
        "",
        (
            value("with_l2.loss", loss, "L"),
            *(part for k, g in enumerate(gradients, 1) for part in _gradients(g, k, "with_l2.")),
            *(
                value(
                    f"with_l2.summed_dW{k}",
                    count * _rows(g)[0],
                    f"N dL/dW{k}",
                    rf"N \frac{{\partial L}}{{\partial W_{{{k}}}}}",
                )
                for k, g in enumerate(gradients, 1)
            ),
        ),
    )


def _after(done: Pass, gradients: list[Array], lr: float) -> tuple[Value, ...]:
    return tuple(
        value(f"new_{letter}{k}", part, f"{letter}{k}'")
        for k, w in enumerate(moved(done.weights, gradients, lr), 1)
        for letter, part in zip("Wb", _rows(w), strict=True)
    )


def _update(lr: float, after: tuple[Value, ...], penalized: bool) -> Step:
    return Step(
        f"One step of gradient descent with the rate {short(lr)}"
        + (", on the loss with its penalty." if penalized else ".")
        + " All gradients were taken at the weights before the step.",
        "W' = W - lr dL/dW, b' = b - lr dL/db",
        r"W' = W - \eta \frac{\partial L}{\partial W}, \quad "
        r"b' = b - \eta \frac{\partial L}{\partial b}",
        "",
        after,
    )


def _gradients(folded: Array, k: int, tag: str = "") -> tuple[Value, ...]:
    by_w, by_b = _rows(folded)
    return value(f"{tag}dW{k}", by_w, f"dL/dW{k}"), value(f"{tag}db{k}", by_b, f"dL/db{k}")


def _rows(folded: Array) -> tuple[Array, Array]:
    """Return W (in, out) and b (1, out) of a matrix (out, 1 + in) with the biases in column 0."""
    return folded[:, 1:].T, folded[:, :1].T
