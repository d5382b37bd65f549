"""The worked pass of rice576: rows are examples, gradients are products of matrices."""

import numpy as np

from . import functions
from .answer import Step, Value, value
from .backprop_columns import Worked
from .networks import Array
from .one_hidden import Pass


def worked(done: Pass, activation: str) -> Worked:
    """Return title, question, what is given, the steps and the results."""
    count, inputs = done.x.shape
    hidden, classes = len(done.alpha), len(done.beta)
    w1, b1, w2, b2 = _rows(done.alpha, done.beta)
    given = (
        value("x", done.x, "X"),
        value("y", done.labels.astype(np.float64)),
        value("W1", w1),
        value("b1", b1),
        value("W2", w2),
        value("b2", b2),
    )
    gradients = _gradients(done)
    return (
        f"Backpropagation through a {inputs}-{hidden}-{classes} network, examples as rows",
        f"A network computes z1 = X W1 + b1, a1 = f(z1) with f = "
        f"{functions.FUNCTIONS[activation].title}, z2 = a1 W2 + b2, p = softmax(z2); the loss is "
        f"the mean cross-entropy of {count} example{'s' if count > 1 else ''}, the rows of X. Find "
        "the gradients of the loss by W2, b2, W1 and b1.",
        given,
        (*_forward(done, activation), *_backward(done, activation, gradients)),
        (value("p", done.p), value("loss", done.loss, "L"), *gradients),
    )


def _forward(done: Pass, activation: str) -> tuple[Step, ...]:
    return (
        Step(
            "The net inputs of the hidden layer; b1 is added to every row.",
            "z1 = X W1 + b1",
            r"z_1 = X W_1 + b_1",
            "",
            (value("z1", done.a),),
        ),
        Step(
            "The activations, element by element.",
            f"a1 = f(z1), {functions.plain(activation)}",
            rf"a_1 = f(z_1), \quad {functions.FUNCTIONS[activation].latex}",
            "",
            (value("a1", done.z),),
        ),
        Step(
            "The scores, and their softmax along each row.",
            "z2 = a1 W2 + b2, p = softmax(z2)",
            r"z_2 = a_1 W_2 + b_2, \quad p = \operatorname{softmax}(z_2)",
            "",
            (value("z2", done.b), value("p", done.p)),
        ),
        Step(
            "The loss: minus the logarithm of the probability of each true class, averaged.",
            "L = -1/N sum over n of log p[n, y_n]",
            r"L = -\frac{1}{N} \sum_n \log p_{n, y_n}",
            "",
            (value("losses", done.losses, "-log p", r"-\log p"), value("loss", done.loss, "L")),
        ),
    )


def _backward(done: Pass, activation: str, gradients: tuple[Value, ...]) -> tuple[Step, ...]:
    by_w2, by_b2, by_w1, by_b1 = gradients
    count = len(done.x)
    return (
        Step(
            "The error of the output layer: y here has a 1 at each label. 1/N is put in here, "
            "once, and reaches everything below.",
            "d2 = dL/dz2 = (p - y) / N",
            r"\delta_2 = \frac{\partial L}{\partial z_2} = \frac{1}{N} (p - y)",
            "",
            (value("d2", done.grad_b, "d2", r"\delta_2"),),
        ),
        Step(
            "The sum over examples is in the matrix product; for the biases it is written out.",
            "dW2 = a1^T d2, db2 = sum of the rows of d2",
            r"\frac{\partial L}{\partial W_2} = a_1^T \delta_2, \quad "
            r"\frac{\partial L}{\partial b_2} = \sum_n \delta_{2,n}",
            "",
            (by_w2, by_b2),
        ),
        Step(
            f"Back through W2 and the activation. f' is taken of the net input z1: "
            f"{functions.plain_slope(activation)}.",
            "d1 = d2 W2^T * f'(z1)",
            r"\delta_1 = \delta_2 W_2^T \odot f'(z_1)",
            "",
            (
                value("slope", done.slope, "f'(z1)", "f'(z_1)"),
                value("d1", done.grad_a, "d1", r"\delta_1"),
            ),
        ),
        Step(
            "As above, one layer earlier.",
            "dW1 = X^T d1, db1 = sum of the rows of d1",
            r"\frac{\partial L}{\partial W_1} = X^T \delta_1, \quad "
            r"\frac{\partial L}{\partial b_1} = \sum_n \delta_{1,n}",
            "",
            (by_w1, by_b1),
        ),
        Step(
            f"Some texts leave 1/N out. Their gradients are those of the summed loss, larger by N "
            f"= {count}: the same direction, and a learning rate that means something else.",
            "",
            "",
            "",
            tuple(
                value(
                    f"summed.{part.key}", count * part.value, f"N {part.symbol}", f"N {part.latex}"
                )
                for part in gradients
            ),
        ),
    )


def _gradients(done: Pass) -> tuple[Value, ...]:
    by_w1, by_b1, by_w2, by_b2 = _rows(done.grad_alpha, done.grad_beta)
    return (
        value("dW2", by_w2, "dL/dW2"),
        value("db2", by_b2, "dL/db2"),
        value("dW1", by_w1, "dL/dW1"),
        value("db1", by_b1, "dL/db1"),
    )


def _rows(alpha: Array, beta: Array) -> tuple[Array, Array, Array, Array]:
    """Return W1 (D, H), b1 (1, H), W2 (H, C), b2 (1, C) of matrices with the biases folded in."""
    return alpha[:, 1:].T, alpha[:, :1].T, beta[:, 1:].T, beta[:, :1].T
