"""The networks on images: those of the course, and trained as PyTorch trains them."""

import inspect

import numpy as np
import pytest

from mytorch import nn
from mytorch.courses.purdue373.numpy_cnn import NumpyCNN
from mytorch.lab import networks
from mytorch.utils.errors import ArgumentError, DtypeError, MytorchError, OrderError, ShapeError

torch = pytest.importorskip("torch")

from mytorch.courses.purdue373.pytorch_ann import PyTorchANN  # noqa: E402 - where PyTorch is
from mytorch.courses.purdue373.pytorch_cnn import PyTorchCNN  # noqa: E402

KEYS = ["train_losses", "train_accs", "val_losses", "val_accs"]


def rows(n=50):
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, 6), np.float32), rng.integers(0, 3, n)


def pictures(n=20, classes=10):
    rng = np.random.default_rng(0)
    return rng.random((n, 1, 16, 16), np.float32), rng.integers(0, classes, n)


def trained(make, **options):
    if make is PyTorchANN:
        model = PyTorchANN(6, 4, 3)
        (x, y), options = rows(), {"epochs": 3, "batch_size": 16, "learning_rate": 0.1, **options}
    else:
        model = make(10)
        (x, y), options = pictures(), {"epochs": 2, **options}
    model.train(x, y, x[:8], y[:8], **options)
    return model


def test_the_dense_network_is_the_courses_and_drawn_from_its_seed():
    ann = PyTorchANN(6, 4, 3)
    assert isinstance(ann, torch.nn.Module)
    assert (ann.input_size, ann.hidden_size, ann.output_size, ann.seed) == (6, 4, 3, 42)
    torch.manual_seed(42)
    wanted = torch.nn.Sequential(torch.nn.Linear(6, 4), torch.nn.ReLU(), torch.nn.Linear(4, 3))
    assert repr(ann.model) == repr(wanted)
    for got, expected in zip(ann.model.parameters(), wanted.parameters(), strict=True):
        assert torch.equal(got, expected)
    assert ann.train_val_metrics == {key: [] for key in KEYS}


def test_training_the_dense_network_equals_pytorchs_own_loop():
    x, y = rows()
    x_val, y_val = x[:9], y[:9]
    ann = PyTorchANN(6, 4, 3, random_seed=1)
    torch.manual_seed(1)
    model = torch.nn.Sequential(torch.nn.Linear(6, 4), torch.nn.ReLU(), torch.nn.Linear(4, 3))
    criterion, optimizer = torch.nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.2)
    expected = {key: [] for key in KEYS}
    data = torch.from_numpy(x), torch.from_numpy(y)
    for _ in range(12):
        for start in range(0, 50, 16):
            optimizer.zero_grad()
            xb, yb = (part[start : start + 16] for part in data)
            criterion(model(xb), yb).backward()
            optimizer.step()
        with torch.no_grad():
            for name, n in (("train", 50), ("val", 9)):
                scores = model(data[0][:n])
                expected[f"{name}_losses"].append(criterion(scores, data[1][:n]).item())
                right = (scores.argmax(1) == data[1][:n]).double().mean().item()
                expected[f"{name}_accs"].append(right)
    assert ann.train(x, y, x_val, y_val, 12, 16, 0.2) is None
    assert list(ann.train_val_metrics) == KEYS
    for key in KEYS:
        np.testing.assert_allclose(ann.train_val_metrics[key], expected[key], rtol=1e-6)
    for got, wanted in zip(ann.model.parameters(), model.parameters(), strict=True):
        np.testing.assert_allclose(got.detach(), wanted.detach(), rtol=1e-5, atol=1e-7)
    assert ann.accuracy(x, y) == expected["train_accs"][-1]
    assert torch.equal(ann.predict(x), model(data[0]).argmax(1))


def test_training_the_convolutional_network_equals_pytorchs_own_loop():
    x, y = pictures(70)
    cnn = PyTorchCNN(random_seed=5)
    cnn.train(x, y, x[:8], y[:8], epochs=3, learning_rate=0.002)
    wanted = PyTorchCNN(random_seed=5).model  # and the same dropout masks follow
    optimizer = torch.optim.Adam(wanted.parameters(), lr=0.002)
    criterion, losses = torch.nn.CrossEntropyLoss(), []
    for _ in range(3):
        wanted.train()
        optimizer.zero_grad()
        criterion(wanted(torch.from_numpy(x)), torch.from_numpy(y)).backward()
        optimizer.step()
        wanted.eval()
        with torch.no_grad():
            losses.append(criterion(wanted(torch.from_numpy(x)), torch.from_numpy(y)).item())
    np.testing.assert_allclose(cnn.train_val_metrics["train_losses"], losses, rtol=1e-5)
    for got, expected in zip(cnn.model.parameters(), wanted.parameters(), strict=True):
        np.testing.assert_allclose(got.detach(), expected.detach(), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("make", [PyTorchCNN, NumpyCNN])
def test_the_defaults_of_the_convolutional_network_are_the_courses(make):
    training = inspect.signature(make.train).parameters
    defaults = {name: training[name].default for name in ("epochs", "learning_rate", "batch_size")}
    assert defaults == {"epochs": 10, "learning_rate": 0.001, "batch_size": None}
    assert inspect.signature(make).parameters["num_classes"].default == 10
    assert inspect.signature(make).parameters["random_seed"].default == 42


@pytest.mark.parametrize("n", [999, 1000, 1001, 2500])
def test_any_number_of_examples_is_predicted(n):
    x, _ = rows(n)
    ann = PyTorchANN(6, 4, 3)
    assert torch.equal(ann.predict(x), ann.model(torch.from_numpy(x)).argmax(1))


def test_batches_may_be_smaller_than_the_whole():
    x, y = pictures()
    whole, parts = PyTorchCNN(), PyTorchCNN()
    whole.train(x, y, x, y, epochs=1)
    parts.train(x, y, x, y, epochs=1, batch_size=5)
    assert whole.train_val_metrics["train_losses"] != parts.train_val_metrics["train_losses"]


def test_the_convolutional_network_is_the_courses():
    layers = list(PyTorchCNN().model)
    kinds = ["Conv2d", "ReLU", "MaxPool2d", "BatchNorm2d", "Dropout"] * 4
    kinds += ["Flatten", "Linear", "ReLU", "Linear"]
    assert [type(layer).__name__ for layer in layers] == kinds
    convolutions = layers[:20:5]
    channels = [(1, 32), (32, 64), (64, 128), (128, 256)]
    assert [(c.in_channels, c.out_channels) for c in convolutions] == channels
    assert all(
        (c.kernel_size, c.stride, c.padding) == ((3, 3), (1, 1), (1, 1)) for c in convolutions
    )
    assert all(layer.p == 0.3 for layer in layers[4:20:5])
    assert (layers[21].in_features, layers[21].out_features) == (256, 128)
    assert PyTorchCNN(num_classes=7).model[-1].out_features == 7


def test_the_convolutional_network_on_the_library_is_the_same():
    ours, theirs = NumpyCNN(), PyTorchCNN()
    assert repr(ours.model) == repr(networks.block_cnn(np.random.default_rng(0)))
    state = {name: t.numpy() for name, t in theirs.model.state_dict().items()}
    state = {name: a for name, a in state.items() if not name.endswith("num_batches_tracked")}
    own = ours.model.state_dict()
    assert {name: a.shape for name, a in own.items() if "num_batches" not in name} == {
        name: a.shape for name, a in state.items()
    }
    ours.model.load_state_dict(state, strict=False)
    x = np.random.default_rng(0).random((3, 1, 28, 28), np.float32)
    theirs.model.eval()
    with torch.no_grad():
        np.testing.assert_allclose(ours.model.predict(x), theirs(torch.from_numpy(x)), atol=1e-5)


def test_the_convolutional_network_on_the_library_takes_the_steps_of_adam():
    x, y = pictures()
    # In float64: Adam's first steps have the sign of gradients that round-off decides in float32.
    cnn, model = NumpyCNN(random_seed=3), NumpyCNN(random_seed=3).model.astype(np.float64)
    cnn.model = cnn.model.astype(np.float64)
    cnn.train(x, y, x[:8], y[:8], epochs=3, learning_rate=0.002)
    loss, optimizer = nn.SoftmaxCrossEntropy(), nn.Adam(model.get_parameters(), lr=0.002)
    losses = []
    for _ in range(3):
        model.train()
        loss.forward(model.forward(x), y)
        model.backward(loss.backward())
        optimizer.step(model.get_gradients())
        losses.append(loss.forward(model.predict(x), y))
    np.testing.assert_allclose(cnn.train_val_metrics["train_losses"], losses, rtol=1e-9)
    np.testing.assert_array_equal(cnn.predict(x), model.predict(x).argmax(axis=1))


@pytest.mark.parametrize("make", [PyTorchANN, PyTorchCNN])
def test_train_with_a_truth_value_is_pytorchs_mode(make):
    model = trained(make)
    assert model.eval() is model
    assert not model.model.training
    assert model.train() is model
    assert model.model.training


@pytest.mark.parametrize("make", [PyTorchANN, PyTorchCNN])
def test_forward_gives_scores_that_have_a_gradient(make):
    model = trained(make)
    x, _ = rows(4) if make is PyTorchANN else pictures(4)
    model(torch.from_numpy(x)).sum().backward()
    assert all(p.grad is not None for p in model.parameters())


@pytest.mark.parametrize("make", [PyTorchANN, PyTorchCNN, NumpyCNN])
def test_tensors_and_arrays_labels_and_one_hot_rows_are_the_same(make):
    (x, y), classes = (rows(), 3) if make is PyTorchANN else (pictures(), 10)
    seen = []
    for convert in (np.asarray, torch.tensor):
        for labels in (y, np.eye(classes)[y]):
            model = PyTorchANN(6, 4, 3) if make is PyTorchANN else make(10)
            a, b = convert(x), convert(labels)
            options = {"batch_size": 16} if make is PyTorchANN else {}
            model.train(a, b, a, b, epochs=1, **options)
            assert model.accuracy(a, b) == model.train_val_metrics["train_accs"][-1]
            seen.append(model.train_val_metrics)
    assert all(metrics == seen[0] for metrics in seen)


def test_images_go_into_the_dense_network_as_rows():
    x, y = pictures()
    ann = PyTorchANN(256, 4, 10)
    ann.train(x, y, x, y, 1, 16, 0.1)
    assert torch.equal(ann.predict(x), ann.predict(x.reshape(20, 256)))


@pytest.mark.parametrize("make", [PyTorchANN, PyTorchCNN, NumpyCNN])
def test_predictions_change_nothing(make):
    model = trained(make)
    x, _ = rows() if make is PyTorchANN else pictures()
    state = {name: np.asarray(a).copy() for name, a in model.model.state_dict().items()}
    first = np.asarray(model.predict(x)).copy()
    np.testing.assert_array_equal(model.predict(x), first)
    for name, array in model.model.state_dict().items():
        np.testing.assert_array_equal(array, state[name])


@pytest.mark.parametrize("make", [PyTorchANN, PyTorchCNN, NumpyCNN])
def test_two_trainings_from_one_seed_are_the_same(make):
    assert trained(make).train_val_metrics == trained(make).train_val_metrics


@pytest.mark.parametrize("make", [PyTorchANN, PyTorchCNN, NumpyCNN])
def test_the_figure_is_saved_under_the_courses_name(make, tmp_path, monkeypatch):
    image = pytest.importorskip("matplotlib.image")
    monkeypatch.chdir(tmp_path)
    model = trained(make)
    figure, axes = model.plot_train_val_metrics()
    (written,) = tmp_path.iterdir()
    names = {
        PyTorchANN: "pytorch_ann_train_val_metrics.png",
        PyTorchCNN: "pytorch_cnn_train_val_metrics.png",
        NumpyCNN: "numpy_cnn_train_val_metrics.png",
    }
    assert written.name == names[make]
    assert image.imread(written).std() > 0.01  # not blank
    assert len(axes) == 2
    assert list(figure.axes) == list(axes)
    for ax, what in zip(axes, ("losses", "accs"), strict=True):
        train, validation = (line.get_ydata() for line in ax.get_lines())
        np.testing.assert_array_equal(train, model.train_val_metrics[f"train_{what}"])
        np.testing.assert_array_equal(validation, model.train_val_metrics[f"val_{what}"])


@pytest.mark.parametrize("make", [PyTorchANN, PyTorchCNN, NumpyCNN])
def test_before_any_training_there_is_nothing_to_show_or_judge(make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = PyTorchANN(6, 4, 3) if make is PyTorchANN else make()
    for method in (model.plot_train_val_metrics, model.report_my_judgement):
        with pytest.raises(OrderError, match="needs a training before it"):
            method()
    assert list(tmp_path.iterdir()) == []


MISTAKES = {
    "features": (ShapeError, lambda: PyTorchANN(5, 4, 3).predict(rows()[0]), r"shape \(N, 5\)"),
    "whole numbers": (
        DtypeError,
        lambda: PyTorchANN(6, 4, 3).predict(np.ones((2, 6), np.uint8)),
        "divide by 255",
    ),
    "labels": (ShapeError, lambda: PyTorchANN(6, 4, 2).accuracy(*rows()), "from 0 to 1, got 2"),
    "no labels": (ShapeError, lambda: PyTorchANN(6, 4, 3).accuracy(rows()[0], [1]), "50 integer"),
    "probabilities": (
        ShapeError,
        lambda: PyTorchANN(6, 4, 3).accuracy(rows(2)[0], np.full((2, 3), 1 / 3)),
        "one-hot rows",
    ),
    "two ones": (
        ShapeError,
        lambda: PyTorchANN(6, 4, 3).accuracy(rows(2)[0], np.ones((2, 3))),
        "one-hot rows",
    ),
    "size": (ShapeError, lambda: PyTorchCNN().predict(np.ones((1, 1, 8, 8))), "16 x 16 to 31"),
    "channels": (
        ShapeError,
        lambda: NumpyCNN().predict(np.ones((1, 3, 28, 28))),
        r"shape \(N, 1, N, N\)",
    ),
    "epochs": (MytorchError, lambda: trained(PyTorchANN, epochs=0), "epochs=0"),
    "batch": (MytorchError, lambda: trained(PyTorchANN, batch_size=0), "batch_size=0"),
    "sizes": (ArgumentError, lambda: PyTorchANN(6, 0, 3), "sizes must be at least 1"),
    "classes": (ArgumentError, lambda: PyTorchCNN(0), "at least one class, got 0"),
    "classes of ours": (ArgumentError, lambda: NumpyCNN(0), "at least one class, got 0"),
    "no examples": (ShapeError, lambda: PyTorchANN(6, 4, 3).accuracy(*rows(0)), "got none"),
    "no validation": (
        ArgumentError,
        lambda: PyTorchANN(6, 4, 3).train(*rows()),
        "PyTorchANN.train: X_val, y_val missing",
    ),
    "seed": (MytorchError, lambda: PyTorchANN(6, 4, 3, -1), "seed must be"),
    "seed of ours": (MytorchError, lambda: NumpyCNN(random_seed=-1), "seed must be"),
    "diverged": (MytorchError, lambda: trained(PyTorchANN, learning_rate=1e38), "at step|epoch"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line(name):
    error, call, message = MISTAKES[name]
    with pytest.raises(error, match=message) as raised:
        call()
    assert "\n" not in str(raised.value)
