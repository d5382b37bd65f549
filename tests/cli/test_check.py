import sys
import textwrap

import pytest

from mytorch.cli.main import main

RIGHT = """
import numpy as np

class Linear:
    def __init__(self, i, o):
        self.W, self.b = np.random.default_rng(0).standard_normal((o, i)), np.zeros(o)
    def forward(self, x):
        self.x = x
        return x @ self.W.T + self.b
    def backward(self, g):
        self.dW, self.db = g.T @ self.x, g.sum(axis=0)
        return g @ self.W
    def get_parameters(self):
        return [self.W, self.b]
    def get_gradients(self):
        return [self.dW, self.db]

class SoftmaxCrossEntropy:
    def forward(self, z, y):
        e = np.exp(z - z.max(axis=1, keepdims=True))
        self.p, self.y = e / e.sum(axis=1, keepdims=True), y
        return -np.log(self.p[np.arange(len(y)), y]).mean()
    def backward(self):
        return (self.p - np.eye(self.p.shape[1])[self.y]) / len(self.y)
"""


@pytest.fixture
def check(tmp_path, capsys):
    """Write a file, check it, return the exit code, what was printed, and the complaint."""

    def run(source, target="layers.py", *options, name="layers.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source))
        code = main(["check", str(tmp_path / target), *options])
        return code, *capsys.readouterr()

    return run


def test_right_classes_exit_0_with_a_report_each(check):
    code, out, err = check(RIGHT)
    assert code == 0, out
    assert out.count(": ok, largest relative error") == 2
    assert "W            (3, 4)" in out
    assert err == ""


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        ("g.sum(axis=0)", "g.mean(axis=0)", "b            (3,)           wrong        6.7e-01"),
        ("g @ self.W", "g @ -self.W", "input        (5, 4)         wrong        1.0e+00"),
        (" / len(self.y)", "", "input        (5, 3)         wrong        6.7e-01"),
    ],
)
def test_a_wrong_gradient_exits_1_and_shows_where(check, right, wrong, line):
    code, out, _ = check(RIGHT.replace(right, wrong))
    assert code == 1
    assert line in out
    assert out.count(": ok, largest relative error") == 1


def test_one_class_is_checked_when_it_is_named(check):
    code, out, _ = check(RIGHT, "layers.py:Linear")
    assert code == 0
    assert "SoftmaxCrossEntropy" not in out


def test_a_class_of_another_name_is_checked_as_a_reference(check):
    code, out, _ = check(
        RIGHT.replace("class Linear", "class Dense"), "layers.py:Dense", "--as=Linear"
    )
    assert code == 0
    assert "gradient check of Dense on 5 samples, 15 parameters" in out


def test_arguments_and_input_can_be_given(check):
    source = RIGHT.replace("class Linear", "class Dense")
    code, out, _ = check(source, "layers.py:Dense", "--args=2,7", "--input=3,2")
    assert code == 0
    assert "3 samples, 21 parameters" in out


def test_a_class_that_cannot_be_built_is_told(check):
    code, _, err = check(RIGHT.replace("class Linear", "class Dense"), "layers.py:Dense")
    assert code == 2
    assert "Dense() cannot be built" in err
    assert "--args" in err


def test_a_file_that_raises_is_told_with_its_line(check):
    code, _, err = check("x = 1\ny = x / 0\n")
    assert code == 1
    assert err.endswith("layers.py, line 2, in <module>: ZeroDivisionError: division by zero\n")


def test_a_class_that_raises_is_told_with_its_line_and_the_others_are_checked(check):
    code, out, _ = check(RIGHT.replace("g @ self.W", "g @ self.V"))
    assert code == 1
    assert "in backward: AttributeError: 'Linear' object has no attribute 'V'" in out
    assert "gradient check of SoftmaxCrossEntropy on 5 samples" in out


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def f(:\n", "layers.py, line 1: "),
        ("x = 1\n", "no class in it has forward and backward"),
        ("class A:\n    def forward(self, x): ...\n", "no class in it has forward and backward"),
        ("x = '\0'", "layers.py"),
    ],
)
def test_a_file_without_anything_to_check_is_told(check, source, message):
    code, _, err = check(source)
    assert code == 2
    assert message in err
    assert err.count("\n") == 1


def test_a_class_without_backward_is_told_by_name(check):
    code, _, err = check("class A:\n    def forward(self, x): ...\n", "layers.py:A")
    assert code == 2
    assert "A has no backward" in err


@pytest.mark.parametrize("with_init", [True, False])
def test_relative_imports_find_the_files_neighbours(check, tmp_path, with_init):
    package = tmp_path / "mytorch" / "nn"
    (package / "modules").mkdir(parents=True)
    if with_init:
        for folder in (tmp_path / "mytorch", package, package / "modules"):
            (folder / "__init__.py").write_text("")
    (package / "module.py").write_text("class Module:\n    scale = 2.0\n")
    source = """
        from ..module import Module

        class Double(Module):
            def forward(self, x):
                return self.scale * x
            def backward(self, g):
                return self.scale * g
    """
    target = "mytorch/nn/modules/double.py"
    code, out, err = check(source, target, name=target)
    assert (code, err) == (0, "")
    assert "gradient check of Double" in out


def test_our_own_layers_are_right(capsys):
    from mytorch.nn.modules import linear

    assert main(["check", f"{linear.__file__}:Linear", "--as", "Linear"]) == 0
    assert "weight       (3, 4)" in capsys.readouterr().out


def test_a_file_that_exits_does_not_end_the_check(check):
    code, _, err = check("import sys\nsys.exit(0)\n")
    assert code == 1
    assert "layers.py, line 2, in <module>: SystemExit: 0" in err


WRONG_BIAS = RIGHT.replace("g.sum(axis=0)", "2 * g.sum(axis=0)")


@pytest.mark.parametrize("with_init", [True, False])
def test_a_students_own_mytorch_is_the_one_that_is_imported(check, tmp_path, with_init):
    modules = tmp_path / "mytorch" / "nn" / "modules"
    modules.mkdir(parents=True)
    if with_init:
        for folder in (modules, modules.parent, modules.parents[1]):
            (folder / "__init__.py").write_text("")
    (modules / "linear.py").write_text(WRONG_BIAS)
    source = """
        from mytorch.nn.modules.linear import Linear as Theirs

        class Linear(Theirs):
            pass
    """
    code, out, _ = check(source, "homework.py", name="homework.py")
    assert code == 1
    assert "b            (3,)           wrong" in out
    import mytorch.nn.modules.linear as ours

    assert ours.Linear.__module__ == "mytorch.nn.modules.linear"
    assert "src" in ours.__file__ or "site-packages" in ours.__file__


def test_an_import_of_a_file_beside_it_works(check, tmp_path):
    (tmp_path / "base_of_layers.py").write_text(WRONG_BIAS)
    source = "from base_of_layers import Linear as B\nclass Linear(B):\n    pass\n"
    assert check(source)[0] == 1


def test_a_class_that_cannot_be_built_does_not_stop_the_others(check):
    extra = "\nclass Net:\n    def __init__(self, layers): ...\n"
    extra += "    def forward(self, x): ...\n    def backward(self, g): ...\n"
    code, out, _ = check(extra + RIGHT)
    assert code == 1
    assert "gradient check of Net: Net() cannot be built" in out
    assert out.count(": ok, largest relative error") == 2


def test_a_layer_that_returns_nothing_is_told(check):
    code, out, _ = check(
        "class ReLU:\n    def forward(self, x): ...\n    def backward(self, g): ...\n"
    )
    assert code == 1
    assert "ReLU.forward gives nothing, expected an array" in out


LOSSES = """
import numpy as np

class MSELoss:
    def forward(self, z, y):
        assert z.shape == y.shape and y.dtype == float
        self.error = z - y
        return np.mean(self.error ** 2)
    def backward(self):
        return 2 * self.error / self.error.size

class MSE(MSELoss):
    pass

class L1Loss:
    def forward(self, z, y):
        assert z.shape == y.shape and y.dtype == float
        self.error = z - y
        return np.mean(np.abs(self.error))
    def backward(self):
        return np.sign(self.error) / self.error.size

class HuberLoss:
    def __init__(self, delta=1.0):
        self.delta = delta
    def forward(self, z, y):
        assert z.shape == y.shape and y.dtype == float
        self.error = e = z - y
        small = np.abs(e) < self.delta
        line = self.delta * (np.abs(e) - self.delta / 2)
        return np.mean(np.where(small, e ** 2 / 2, line))
    def backward(self):
        return np.clip(self.error, -self.delta, self.delta) / self.error.size

class BCEWithLogitsLoss:
    def forward(self, z, y):
        assert z.shape == y.shape and set(np.unique(y)) == {0.0, 1.0}
        self.p, self.y = 1 / (1 + np.exp(-z)), y
        return -np.mean(y * np.log(self.p) + (1 - y) * np.log(1 - self.p))
    def backward(self):
        return (self.p - self.y) / self.y.size

class NLLLoss:
    def forward(self, log_p, y):
        assert y.shape == log_p.shape[:1] and y.max() < log_p.shape[1]
        self.shape, self.y = log_p.shape, y
        return -log_p[np.arange(len(y)), y].mean()
    def backward(self):
        return -np.eye(self.shape[1])[self.y] / len(self.y)
"""


@pytest.mark.parametrize("shape", ["5,3", "4,7"])
def test_every_loss_is_given_the_targets_that_it_takes(check, shape):
    code, out, err = check(LOSSES, "layers.py", f"--input={shape}")
    assert (code, err) == (0, ""), out
    assert out.count(": ok, largest relative error") == 6


@pytest.mark.parametrize(
    ("right", "wrong", "names"),
    [
        ("return 2 * self.error", "return self.error", ["MSELoss", "MSE"]),
        ("np.sign(self.error)", "np.ones(self.error.shape)", ["L1Loss"]),
        ("np.clip(self.error, -self.delta, self.delta)", "self.error", ["HuberLoss"]),
        ("self.p - self.y", "self.p - 1", ["BCEWithLogitsLoss"]),
        ("return -np.eye", "return np.eye", ["NLLLoss"]),
    ],
)
def test_a_wrong_gradient_of_a_loss_is_told(check, right, wrong, names):
    code, out, _ = check(LOSSES.replace(right, wrong))
    assert code == 1
    assert out.count(": ok, largest relative error") == 6 - len(names)
    for name in names:
        assert f"gradient check of {name} on 5 samples" in out


def test_our_own_losses_are_right(capsys):
    from mytorch import nn
    from mytorch.grading.cases import CASES

    losses = [name for name, case in CASES.items() if case.targets is not None]
    ours = {
        name
        for name, value in vars(nn).items()
        if isinstance(value, type) and issubclass(value, nn.Loss) and value is not nn.Loss
    }
    assert ours - {"CrossEntropyLoss"} == set(losses)
    for name in losses:
        file = sys.modules[getattr(nn, name).__module__].__file__
        assert main(["check", f"{file}:{name}"]) == 0, capsys.readouterr().out
