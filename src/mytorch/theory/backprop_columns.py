"""The worked pass of cmu10601: one example, columns, denominator layout, biases folded in.

In denominator layout a derivative of a number by an array has the shape of the array.
"""

import numpy as np

from . import functions
from .answer import Step, Value, value
from .digits import dot
from .networks import Array
from .one_hidden import Pass

Worked = tuple[str, str, tuple[Value, ...], tuple[Step, ...], tuple[Value, ...]]
FEW = 40  # weights whose sums are written out


def worked(done: Pass, activation: str) -> Worked:
    """Return title, question, what is given, the steps and the results."""
    hidden, inputs = done.alpha.shape[0], done.alpha.shape[1] - 1
    classes = len(done.beta)
    given = (
        value("x", _column(done.x)),
        value("y", _one_hot(done)),
        value("alpha", done.alpha),
        value("beta", done.beta),
    )
    results = (
        value("y_hat", _column(done.p)),
        value("loss", done.loss, "l"),
        value("dl_dbeta", done.grad_beta, "dl/dbeta"),
        value("dl_dalpha", done.grad_alpha, "dl/dalpha"),
    )
    return (
        f"Backpropagation through a {inputs}-{hidden}-{classes} network, denominator layout",
        f"A network has {inputs} inputs, {hidden} hidden units with the activation "
        f"{functions.FUNCTIONS[activation].title}, {classes} outputs with softmax, and the "
        "cross-entropy l as its loss. The biases are column 0 of alpha and beta. Find every "
        "quantity of the forward pass, and the gradients by alpha and beta, with their shapes.",
        given,
        (*_forward(done, activation), *_backward(done, activation)),
        results,
    )


def _forward(done: Pass, activation: str) -> tuple[Step, ...]:
    hidden, width = done.alpha.shape
    classes = len(done.beta)
    x, z = _with_one(done.x), _with_one(done.z)
    return (
        Step(
            f"Shapes. alpha is {hidden} x {width}: a row for each hidden unit, a column for each "
            f"input and one for the bias. beta is {classes} x {hidden + 1} for the same reason.",
            "",
            "",
            "",
            (
                value("alpha_entries", done.alpha.size, "entries of alpha"),
                value("beta_entries", done.beta.size, "entries of beta"),
            ),
        ),
        Step(
            "A 1 is put on top of x, so that the bias is a weight like the others: "
            "its input is always 1.",
            "a = alpha x",
            r"a = \alpha x",
            "",
            (value("x_with_1", x, "x with 1", r"\tilde{x}"), value("a", _column(done.a))),
            _products("a", done.alpha, x),
        ),
        Step(
            "If the layer had a single neuron, alpha would be one row and a one number, the dot "
            "product of that row and x. Here is the first neuron alone.",
            "a_1 = alpha_1 . x",
            r"a_1 = \alpha_{1} \cdot x",
            "",
            (value("first_neuron", float(done.alpha[0] @ x[:, 0]), "a[1]"),),
        ),
        Step(
            "The activations, element by element.",
            f"z = f(a), {functions.plain(activation)}",
            rf"z = f(a), \quad {functions.FUNCTIONS[activation].latex}",
            "",
            (value("z", _column(done.z)),),
        ),
        Step(
            "A 1 is put on top of z, too: it multiplies the biases in column 0 of beta. It is no "
            "output of the layer before it and has no weights of its own.",
            "b = beta z",
            r"b = \beta z",
            "",
            (value("z_with_1", z, "z with 1", r"\tilde{z}"), value("b", _column(done.b))),
            _products("b", done.beta, z),
        ),
        Step(
            "Softmax: positive numbers that add up to 1.",
            "y_hat_k = exp(b_k) / sum over j of exp(b_j)",
            r"\hat{y}_k = \frac{e^{b_k}}{\sum_j e^{b_j}}",
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


def _backward(done: Pass, activation: str) -> tuple[Step, ...]:
    y, p = _one_hot(done), _column(done.p)  # (C, 1)
    by_p = -y / p
    jacobian = np.diagflat(p) - p @ p.T  # (C, C)
    chained = jacobian @ by_p  # (C, 1)
    by_b = done.grad_b.T  # (C, 1)
    by_z = done.grad_z.T  # (H, 1)
    by_a = done.grad_a.T  # (H, 1)
    with_bias = done.beta.T @ by_b  # (1 + H, 1)
    slope_formula = "z (1 - z)" if activation == "sigmoid" else "f'(a)"
    tex_slope = r"z \odot (1 - z)" if activation == "sigmoid" else "f'(a)"
    return (
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
            "dy_hat_i/db_j = y_hat_i ([i = j] - y_hat_j)",
            r"\frac{\partial \hat{y}_i}{\partial b_j} = \hat{y}_i ([i = j] - \hat{y}_j)",
            "",
            (value("dy_hat_db", jacobian, "dy_hat/db", r"\frac{\partial \hat{y}}{\partial b}"),),
        ),
        Step(
            "The two together: in -y_j + y_hat_j sum over k of y_k, the sum is 1. The product of "
            "the two matrices above is the same up to rounding.",
            "dl/db = y_hat - y",
            r"\frac{\partial l}{\partial b} = \hat{y} - y",
            "",
            (
                value("dl_db", by_b, "dl/db"),
                value(
                    "chained_difference",
                    float(np.abs(chained - by_b).max()),
                    "largest difference to the product",
                ),
            ),
        ),
        Step(
            f"b is linear in beta: the outer product of dl/db and z with its 1, in the shape of "
            f"beta, {_sizes(done.beta)}.",
            "dl/dbeta = (dl/db) z^T",
            r"\frac{\partial l}{\partial \beta} = \frac{\partial l}{\partial b} \tilde{z}^T",
            "",
            (value("dl_dbeta", done.grad_beta, "dl/dbeta"),),
        ),
        Step(
            "Back to z. The 1 on top of z is a constant: it does not depend on a, so nothing "
            "flows through it, and column 0 of beta, which it multiplies, is left out: beta* is "
            f"beta without it, {_sizes(done.beta[:, 1:])}. With it, there would be one entry too "
            "many, the first below, which belongs to no hidden unit.",
            "dl/dz = beta*^T dl/db",
            r"\frac{\partial l}{\partial z} = {\beta^*}^T \frac{\partial l}{\partial b}",
            "",
            (
                value("beta_star", done.beta[:, 1:], "beta*", r"\beta^*"),
                value(
                    "with_bias_column",
                    with_bias,
                    "beta^T dl/db",
                    r"\beta^T \frac{\partial l}{\partial b}",
                ),
                value("dl_dz", by_z, "dl/dz"),
            ),
        ),
        Step(
            "Through the activation, element by element: each a moves its own z alone.",
            f"dl/da = dl/dz * {slope_formula}",
            rf"\frac{{\partial l}}{{\partial a}} = \frac{{\partial l}}{{\partial z}} \odot "
            rf"{tex_slope}",
            "",
            (
                value("slope", _column(done.slope), slope_formula, tex_slope),
                value("dl_da", by_a, "dl/da"),
            ),
        ),
        Step(
            f"a is linear in alpha: the outer product with x and its 1, in the shape of alpha, "
            f"{_sizes(done.alpha)}.",
            "dl/dalpha = (dl/da) x^T",
            r"\frac{\partial l}{\partial \alpha} = \frac{\partial l}{\partial a} \tilde{x}^T",
            "",
            (value("dl_dalpha", done.grad_alpha, "dl/dalpha"),),
        ),
    )


def _column(row: Array) -> Array:
    return row.T


def _with_one(row: Array) -> Array:
    return np.concatenate([np.ones((1, 1)), row.T])  # (1 + D, 1)


def _one_hot(done: Pass) -> Array:
    return np.eye(done.b.shape[1])[done.labels].T  # (C, 1)


def _sizes(matrix: Array) -> str:
    return " x ".join(map(str, matrix.shape))


def _products(symbol: str, weights: Array, column: Array) -> tuple[tuple[str, str], ...]:
    if weights.size > FEW:
        return ()
    return tuple((f"{symbol}[{n}]", dot(row, column)) for n, row in enumerate(weights, 1))
