import math

import numpy as np
import pytest

from mytorch.utils.errors import ArgumentError, ShapeError

from .answers import numbers, problem, solved

F = {
    "sigmoid": (lambda a: 1 / (1 + np.exp(-a)), lambda a: np.exp(-a) / (1 + np.exp(-a)) ** 2),
    "tanh": (np.tanh, lambda a: 1 / np.cosh(a) ** 2),
    "relu": (lambda a: np.maximum(a, 0), lambda a: (a > 0) * 1.0),
}


def by_hand(posed):
    """The pass with columns and folded biases, one example after the other, in plain NumPy."""
    alpha, beta = np.array(posed.alpha), np.array(posed.beta)
    f, slope = F[posed.activation]
    by_alpha, by_beta, loss = np.zeros_like(alpha), np.zeros_like(beta), 0.0
    for row, label in zip(posed.x, posed.y, strict=True):
        x = np.array([1.0, *row])[:, np.newaxis]
        a = alpha @ x
        z = np.vstack([[[1.0]], f(a)])
        b = beta @ z
        p = np.exp(b) / np.exp(b).sum()
        loss -= math.log(p[int(label), 0])
        db = p.copy()
        db[int(label)] -= 1
        by_beta += db @ z.T
        by_alpha += ((beta[:, 1:].T @ db) * slope(a)) @ x.T
    count = len(posed.x)
    return loss / count, by_alpha / count, by_beta / count


def test_the_default_has_the_sizes_of_the_course():
    got = numbers(solved("backprop"))
    shapes = {
        "x_with_1": (7, 1), "a": (4, 1), "z": (4, 1), "z_with_1": (5, 1), "b": (3, 1),
        "y_hat": (3, 1), "dl_db": (3, 1), "dl_dbeta": (3, 5), "dl_dz": (4, 1), "beta_star": (3, 4),
        "with_bias_column": (5, 1), "dl_da": (4, 1), "dl_dalpha": (4, 7), "dy_hat_db": (3, 3),
    }  # fmt: skip
    assert {key: got[key].shape for key in shapes} == shapes
    assert (got["alpha_entries"], got["beta_entries"]) == (28, 15)


def test_the_chain_rule_gives_the_short_form_and_the_bias_column_is_dropped():
    got = numbers(solved("backprop"))
    assert got["chained_difference"] < 1e-15
    assert got["y_sum"] == 1
    np.testing.assert_allclose(got["dy_hat_db"] @ got["dl_dy_hat"], got["dl_db"], atol=1e-15)
    np.testing.assert_allclose(got["with_bias_column"][1:], got["dl_dz"], rtol=1e-15)
    beta = np.array(solved("backprop").problem["beta"])
    assert got["beta_star"].tolist() == beta[:, 1:].tolist()
    assert got["first_neuron"] == pytest.approx(got["a"][0, 0], rel=1e-15, abs=0)


def test_the_gradients_equal_sympys():
    sympy = pytest.importorskip("sympy")
    posed = problem("backprop", 3, sizes=(2, 2, 2))
    got = numbers(solved("backprop", 3, sizes=(2, 2, 2)))
    entries = sympy.symbols("e0:12")
    alpha, beta = sympy.Matrix(2, 3, entries[:6]), sympy.Matrix(2, 3, entries[6:])
    a = alpha * sympy.Matrix([1, *posed.x[0]])
    z = sympy.Matrix([1, *(1 / (1 + sympy.exp(-e)) for e in a)])
    b = beta * z
    loss = sympy.log(sum(map(sympy.exp, b))) - b[int(posed.y[0])]
    flat = [*np.ravel(posed.alpha), *np.ravel(posed.beta)]
    at = dict(zip(entries, map(sympy.Float, flat), strict=True))
    want = [float(sympy.diff(loss, e).subs(at)) for e in entries]
    np.testing.assert_allclose(got["dl_dalpha"].ravel(), want[:6], rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(got["dl_dbeta"].ravel(), want[6:], rtol=1e-12, atol=1e-16)


def test_the_gradients_equal_finite_differences():
    posed = problem("backprop", 1)
    got = numbers(solved("backprop", 1))
    for name in ("alpha", "beta"):
        matrix = np.array(getattr(posed, name))
        for index in np.ndindex(matrix.shape):
            losses = []
            for h in (1e-5, -1e-5):
                moved = matrix.copy()
                moved[index] += h
                given = {"x": posed.x, "y": posed.y, "alpha": posed.alpha, "beta": posed.beta}
                given[name] = tuple(map(tuple, moved))
                losses.append(numbers(solved("backprop", **given))["loss"])
            want = (losses[0] - losses[1]) / 2e-5
            assert got[f"dl_d{name}"][index] == pytest.approx(want, rel=1e-6, abs=1e-10)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
def test_rows_are_the_same_numbers_laid_out_for_several_examples(activation):
    given = {"sizes": (3, 4, 2), "examples": 5, "activation": activation, "layout": "rows"}
    posed = problem("backprop", 2, **given)
    got = numbers(solved("backprop", 2, **given))
    loss, by_alpha, by_beta = by_hand(posed)
    assert got["loss"] == pytest.approx(loss, rel=1e-14, abs=0)
    np.testing.assert_allclose(got["dW1"], by_alpha[:, 1:].T, rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(got["db1"], by_alpha[:, :1].T, rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(got["dW2"], by_beta[:, 1:].T, rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(got["db2"], by_beta[:, :1].T, rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(got["summed.dW1"], 5 * got["dW1"], rtol=1e-15)
    shapes = {"d2": (5, 2), "d1": (5, 4), "dW1": (3, 4), "db1": (1, 4), "dW2": (4, 2)}
    assert {key: got[key].shape for key in shapes} == shapes


def test_sizes_follow_the_numbers_that_are_given():
    posed = problem("backprop", 0, alpha=((0.1, 0.2, 0.3), (0.4, 0.5, 0.6)))
    answer = solved("backprop", alpha=((0.1, 0.2, 0.3), (0.4, 0.5, 0.6)))
    assert answer.problem["sizes"] == [2, 2, 3] == list(posed.sizes)
    assert len(answer.problem["beta"][0]) == 3


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"sizes": (3,)}, ArgumentError, "--sizes has 1 numbers, expected 2 to 9"),
        ({"sizes": (2,) * 10}, ArgumentError, "--sizes has 10 numbers, expected 2 to 9"),
        ({"sizes": (3, 4, 4, 2), "beta": ((1.0, 2.0),)}, ArgumentError, "use --weights"),
        ({"weights": (((1.0, 2.0),),), "beta": ((1.0, 2.0),)}, ArgumentError, "not both"),
        (
            {"weights": (((1.0, 2.0),), ((1.0, 2.0, 3.0),))},
            ShapeError,
            r"matrix 2 of --weights has shape \(1, 3\), expected \(1, 2\) for sizes 1-1-1",
        ),
        ({"reg_lambda": 0.1}, ArgumentError, "--reg-lambda needs --layout rows"),
        ({"x": ((1.0, 0.0),), "alpha": ((1.0, 2.0),)}, ShapeError, r"--alpha has shape \(1, 2\)"),
        ({"y": (3.0,)}, ArgumentError, "--y has 3, expected whole numbers from 0 to 2"),
        ({"y": (0.5,)}, ArgumentError, "--y has 0.5"),
        ({"x": ((1.0,), (2.0,))}, ArgumentError, "--layout rows"),
        ({"alpha": ((1.0,),)}, ShapeError, "a column of biases"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(given, error, message):
    with pytest.raises(error, match=message):
        solved("backprop", **given)


def by_torch(posed):
    """Every weight's gradient, mean loss and scores of a network of any depth, by autograd."""
    torch = pytest.importorskip("torch")
    weights = [torch.tensor(w, dtype=torch.float64, requires_grad=True) for w in posed.weights]
    y = torch.tensor(posed.y).long()
    scores = torch.tensor(posed.x, dtype=torch.float64)
    f = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}[posed.activation]
    for k, w in enumerate(weights):
        scores = torch.nn.functional.linear(f(scores) if k else scores, w[:, 1:], w[:, 0])
    loss = torch.nn.functional.cross_entropy(scores, y)
    if posed.reg_lambda:
        squares = sum((w[:, 1:] ** 2).sum() for w in weights)
        loss = loss + posed.reg_lambda / 2 * squares / len(y)
    loss.backward()
    return loss.item(), [w.grad.numpy() for w in weights]


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("sizes", [(3, 2), (3, 4, 2, 2), (2, 3, 3, 4, 5)])
def test_networks_of_any_depth_equal_pytorchs_in_both_layouts(sizes, activation):
    given = {"sizes": sizes, "activation": activation}
    posed = problem("backprop", 4, **given)
    got = numbers(solved("backprop", 4, **given))
    loss, gradients = by_torch(posed)
    assert got["loss"] == pytest.approx(loss, rel=1e-14, abs=0)
    rows = numbers(solved("backprop", 4, layout="rows", examples=3, **given))
    row_posed = problem("backprop", 4, layout="rows", examples=3, **given)
    row_loss, row_gradients = by_torch(row_posed)
    assert rows["loss"] == pytest.approx(row_loss, rel=1e-14, abs=0)
    for k, (want, by_row) in enumerate(zip(gradients, row_gradients, strict=True), 1):
        np.testing.assert_allclose(got[f"dl_dW{k}"], want, rtol=1e-11, atol=1e-16)
        np.testing.assert_allclose(rows[f"dW{k}"], by_row[:, 1:].T, rtol=1e-11, atol=1e-16)
        np.testing.assert_allclose(rows[f"db{k}"], by_row[:, :1].T, rtol=1e-11, atol=1e-16)
        moved = np.array(posed.weights[k - 1]) - 0.1 * want
        np.testing.assert_allclose(got[f"new_W{k}"], moved, rtol=1e-13)


def test_the_bias_column_is_dropped_in_every_layer():
    got = numbers(solved("backprop", sizes=(3, 4, 2, 2)))
    for k, z in ((2, "z1"), (3, "z2")):
        column = got[f"with_bias_column{k}"][1:]
        np.testing.assert_allclose(column, got[f"dl_d{z}"], rtol=1e-14, atol=1e-16)
        assert got[f"W{k}_star"].shape == (got[f"a{k}"].size, got[z].size)


def test_the_penalty_over_n_fits_the_mean_gradient():
    given = {"layout": "rows", "examples": 4, "sizes": (2, 3, 2, 3), "reg_lambda": 0.5}
    got = numbers(solved("backprop", 1, **given))
    posed = problem("backprop", 1, **given)
    loss, gradients = by_torch(posed)
    assert got["with_l2.loss"] == pytest.approx(loss, rel=1e-14, abs=0)
    for k, want in enumerate(gradients, 1):
        weights = np.array(posed.weights[k - 1])
        np.testing.assert_allclose(got[f"with_l2.dW{k}"], want[:, 1:].T, rtol=1e-11, atol=1e-16)
        np.testing.assert_allclose(got[f"with_l2.db{k}"], want[:, :1].T, rtol=1e-11, atol=1e-16)
        summed = got[f"summed.dW{k}"] + 0.5 * weights[:, 1:].T  # rice576's update
        np.testing.assert_allclose(got[f"with_l2.summed_dW{k}"], summed, rtol=1e-12, atol=1e-16)
        moved = weights[:, 1:].T - 0.1 * got[f"with_l2.dW{k}"]
        np.testing.assert_allclose(got[f"new_W{k}"], moved, rtol=1e-13)


def test_one_step_moves_both_matrices_from_where_they_were():
    posed = problem("backprop", 5, lr=0.5)
    got = numbers(solved("backprop", 5, lr=0.5))
    _, by_alpha, by_beta = by_hand(posed)
    np.testing.assert_allclose(got["new_alpha"], np.array(posed.alpha) - 0.5 * by_alpha, rtol=1e-13)
    np.testing.assert_allclose(got["new_beta"], np.array(posed.beta) - 0.5 * by_beta, rtol=1e-13)


def test_a_net_input_that_is_0_by_hand_is_0_and_its_slope_is_told():
    alpha = ((0.1, 0.2, -0.3), (0.1, 0.2, 0.3))  # 0.1 + 0.2 - 0.3 is 6e-17 in the computer
    assert 0.1 + 0.2 - 0.3 > 0
    answer = solved("backprop", x=((1.0, 1.0),), alpha=alpha, activation="relu")
    got = numbers(answer)
    assert got["a"][0, 0] == 0
    assert got["slope"].ravel().tolist() == [0, 1]
    assert any("does not exist: the library takes 0, and 1 is" in step.say for step in answer.steps)


def test_drawn_weights_leave_no_net_input_where_the_slope_is_a_matter_of_taste():
    met = 0
    for seed in range(300):
        for activation in ("relu", "sigmoid"):
            posed = problem("backprop", seed, sizes=(3, 4, 2), activation=activation)
            net = np.array(posed.alpha) @ [1.0, *posed.x[0]]
            met += activation == "sigmoid" and bool(np.any(np.abs(net) < 1e-9))
            assert activation == "sigmoid" or np.all(np.abs(net) > 1e-9)
    assert met > 10  # they are not rare


def test_keys_of_1000_exercises_are_right():
    seen = set()
    for seed in range(1000):
        posed = problem("backprop", seed)
        got = numbers(solved("backprop", seed))
        loss, by_alpha, by_beta = by_hand(posed)
        assert got["loss"] == pytest.approx(loss, rel=1e-13, abs=0)
        np.testing.assert_allclose(got["dl_dalpha"], by_alpha, rtol=1e-11, atol=1e-16)
        np.testing.assert_allclose(got["dl_dbeta"], by_beta, rtol=1e-11, atol=1e-16)
        seen.add(posed)
    assert len(seen) == 1000
