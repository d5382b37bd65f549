"""Residual: what its modules compute is added to what goes around them."""

import numpy as np
import pytest

from mytorch import nn
from mytorch.nn import (
    BatchNorm1d,
    Dropout,
    Flatten,
    Identity,
    Linear,
    Module,
    ReLU,
    Residual,
    Sequential,
    Tanh,
)
from mytorch.utils.errors import ArgumentError, DtypeError, ShapeError

RNG = np.random.default_rng(0)
X, G = RNG.standard_normal((2, 5, 4))


def block(**options):
    return Residual(Linear(4, 6, rng=RNG), Tanh(), Linear(6, 4, rng=RNG), **options)


def test_it_adds_its_input_and_hands_on_its_gradient():
    residual = block().astype(np.float64)
    y, grad_input = residual.forward(X), residual.backward(G)
    np.testing.assert_array_equal(y, residual.body.forward(X) + X)
    np.testing.assert_array_equal(grad_input, residual.body.backward(G) + G)


def test_with_a_shortcut_it_adds_what_that_returns():
    residual = Residual(Linear(4, 2), ReLU(), shortcut=Linear(4, 2)).astype(np.float64)
    y, grad_input = residual.forward(X), residual.backward(G[:, :2])
    np.testing.assert_array_equal(y, residual.body.forward(X) + residual.shortcut.forward(X))
    np.testing.assert_array_equal(
        grad_input, residual.body.backward(G[:, :2]) + residual.shortcut.backward(G[:, :2])
    )
    assert len(residual.get_gradients()) == len(residual.get_parameters()) == 4


def test_of_the_identity_it_is_twice_its_input_which_is_left_as_it_was():
    residual, x = Residual(Identity()), X.copy()
    np.testing.assert_array_equal(residual.forward(x), 2 * X)
    np.testing.assert_array_equal(residual.backward(G), 2 * G)
    np.testing.assert_array_equal(x, X)


def test_through_a_hundred_blocks_of_zeros_everything_passes_unchanged():
    # This is what it is for: without the sum, nothing would.
    blocks = [Residual(Linear(4, 4, init="zeros", dtype=np.float64), Tanh()) for _ in range(100)]
    model = Sequential(blocks)
    np.testing.assert_array_equal(model.forward(X), X)
    np.testing.assert_array_equal(model.backward(G), G)
    for gradient in model.get_gradients()[::2]:
        np.testing.assert_allclose(gradient, G.T @ X, rtol=1e-13)


def test_a_deep_stack_is_torchs_in_values_gradients_and_names():
    torch = pytest.importorskip("torch")

    class Theirs(torch.nn.Module):
        def __init__(self, *modules, shortcut=None):
            super().__init__()
            self.body, self.shortcut = torch.nn.Sequential(*modules), shortcut

        def forward(self, x):
            return self.body(x) + (x if self.shortcut is None else self.shortcut(x))

    def make(lib, residual):
        return lib.Sequential(
            residual(lib.Linear(4, 3), lib.BatchNorm1d(3), lib.Tanh(), shortcut=lib.Linear(4, 3)),
            *(residual(lib.Linear(3, 7), lib.Tanh(), lib.Linear(7, 3)) for _ in range(20)),
            residual(residual(lib.Linear(3, 3)), lib.ReLU()),
        )

    ours, theirs = make(nn, Residual).astype(np.float64), make(torch.nn, Theirs).double()
    shapes = [(name, tuple(t.shape)) for name, t in theirs.state_dict().items()]
    assert [(name, a.shape) for name, a in ours.state_dict().items()] == shapes
    ours.load_state_dict(theirs.state_dict())
    tx = torch.tensor(X, requires_grad=True)
    expected = theirs(tx)
    expected.backward(torch.tensor(G[:, :3]))
    pairs = [(ours.forward(X), expected), (ours.backward(G[:, :3]), tx.grad)]
    gradients = [p.grad for p in theirs.parameters()]
    pairs += zip(ours.get_gradients(), gradients, strict=True)
    for a, b in pairs:
        b = b.detach().numpy()
        # A bias before a batch norm has gradient 0: what is left is rounding.
        assert abs(a - b).max() <= 1e-13 * max(abs(b).max(), 1)


@pytest.mark.parametrize("x", [X, X.astype(np.float32), X.tolist()], ids=["64", "32", "list"])
@pytest.mark.parametrize("shortcut", [None, Linear(4, 4)])
def test_the_dtype_is_that_of_the_parameters(x, shortcut):
    residual = block(shortcut=shortcut)
    assert residual.forward(x).dtype == residual.backward(x).dtype == np.float32


def test_modes_and_dtypes_reach_what_it_holds():
    residual = Residual(BatchNorm1d(4), Dropout(), shortcut=Sequential(BatchNorm1d(4)))
    assert not any(module.training for module in residual.eval().modules())
    assert len(list(residual.modules())) == 6
    assert {p.dtype.name for p in residual.astype(np.float64).get_parameters()} == {"float64"}
    residual.train()
    residual.predict(X)
    assert residual.body[0].num_batches_tracked == 0
    assert residual.training


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Residual(Linear(4, 3)),
            "Residual: the modules return shape (5, 3) and the shortcut (5, 4), expected the "
            "same; give a module that mends it as shortcut=",
        ),
        (  # (5, 1) and (5, 4) would broadcast without a word
            lambda: Residual(Linear(4, 1)),
            "Residual: the modules return shape (5, 1) and the shortcut (5, 4), expected the "
            "same; give a module that mends it as shortcut=",
        ),
        (
            lambda: Residual(Linear(4, 3), shortcut=Linear(4, 2)),
            "Residual: the modules return shape (5, 3) and the shortcut (5, 2), expected the "
            "same; give a module that mends it as shortcut=",
        ),
        (
            lambda: Residual(Linear(7, 4)),
            "Linear(7, 4): input has 4 features, expected 7 (got shape (5, 4))",
        ),
    ],
)
def test_terms_that_do_not_fit_are_refused(make, message):
    with pytest.raises(ShapeError) as caught:
        make().forward(X)
    assert str(caught.value) == message


def test_a_gradient_of_another_shape_and_whole_numbers_are_refused():
    residual = Residual(Flatten())
    residual.forward(X)
    with pytest.raises(ShapeError, match=r"^Flatten\(\)\.backward: grad_output has shape \(4,\),"):
        residual.backward(np.ones(4))
    with pytest.raises(DtypeError, match=r"^Flatten\(\): input of dtype int64, expected floating"):
        residual.forward(np.ones((5, 4), np.int64))


SHARED = Linear(4, 4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Residual(), "Residual: expected at least one module"),
        (lambda: Residual([]), "Residual: expected at least one module"),
        (lambda: Residual(None), "Sequential: item 0 is not a module: None"),
        (lambda: Residual(ReLU(), shortcut="x"), "Residual: shortcut is not a module: 'x'"),
        (
            lambda: Residual(ReLU(), shortcut=ReLU),
            "Residual: shortcut is not a module: <class 'mytorch.nn.modules.activation.ReLU'>",
        ),
        (
            lambda: Residual(SHARED, shortcut=SHARED),
            "Sequential: the same module stands in it twice; make one for each",
        ),
        (
            lambda: Residual(Residual(SHARED), shortcut=Sequential(SHARED)),
            "Sequential: the same module stands in it twice; make one for each",
        ),
    ],
)
def test_what_cannot_be_added_is_refused_at_once(make, message):
    with pytest.raises(ArgumentError) as caught:
        make()
    assert str(caught.value) == message


@pytest.mark.parametrize("where", ["body", "shortcut"])
def test_a_backward_that_returns_nothing_is_told(where):
    class Forgetful(Module):
        parameter_names = ()

        def forward(self, x):
            return x

        def backward(self, grad_output):
            pass

    residual = Residual(Forgetful()) if where == "body" else block(shortcut=Forgetful())
    residual.forward(X)
    with pytest.raises(ArgumentError) as caught:
        residual.backward(G)
    assert str(caught.value) == "Residual: a backward within it returned None, expected dL/dx"


def test_its_repr_is_nested_like_that_of_sequential():
    model = Sequential(Residual(Linear(3, 2), ReLU(), shortcut=Linear(3, 2, bias=False)))
    assert repr(model) == (
        "Sequential(\n"
        "  (0): Residual(\n"
        "    (body): Sequential(\n"
        "      (0): Linear(3, 2)\n"
        "      (1): ReLU()\n"
        "    )\n"
        "    (shortcut): Linear(3, 2, bias=False)\n"
        "  )\n"
        ")"
    )
    assert "shortcut" not in repr(block())
