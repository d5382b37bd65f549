"""rice576's experiments: what each must produce, in step on both backends, in words that hold."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from mytorch.cli.main import main
from mytorch.courses.rice576.n_layer_neural_network import DeepNeuralNetwork
from mytorch.courses.rice576.three_layer_neural_network import NeuralNetwork, generate_data
from mytorch.data import load
from mytorch.lab import registry
from mytorch.lab.chance import differ, guessing, listed
from mytorch.lab.experiments.rice576 import (
    activations,
    dcn,
    dcn_monitor,
    dcn_variants,
    hidden_units,
    n_layers,
    other_data,
)
from mytorch.lab.runner import configure, make_run
from mytorch.reporting.held_out import HeldOut, read_held_out
from mytorch.reporting.monitor import read_monitor
from mytorch.reporting.predictor import Predictor
from mytorch.reporting.runs import Run
from mytorch.training import EpochRecord
from mytorch.utils.errors import ArgumentError
from mytorch.utils.random import generator_state, streams

pytest.importorskip("sklearn")
Image = pytest.importorskip("PIL.Image")

DEEP = [f"rice576/{name}" for name in ("dcn", "dcn-monitor", "dcn-variants")]
# What the course asks to be shown: figures with their panels, tables with their rows, findings.
SHOWN = {
    "rice576/activations": (
        {"data": 1, "decision_boundaries": 3, "loss": 1},
        {"activations": 3},
        {"activations"},
    ),
    "rice576/hidden-units": (
        {"decision_boundaries": 7, "hidden_units": 2, "loss": 1},
        {"hidden_units": 7},
        {"hidden_units"},
    ),
    "rice576/n-layers": (
        {"decision_boundaries_width_3": 6, "decision_boundaries_width_10": 6, "depth": 3},
        {"networks": 12},
        {"depth", "activation"},
    ),
    "rice576/other-data": (
        {"networks": 3, "learning_curves": 2, "confusion_matrix": 2, "test_images": 10},
        {"networks": 12, "design": 10, "confusion_matrix": 10},
        {"design", "effects", "generalization"},
    ),
    "rice576/dcn": (
        {"training_loss": 1, "epochs": 2, "confusion_matrix": 2, "test_images": 10},
        {"epochs": 1, "layers": 11, "confusion_matrix": 10},
        {"accuracy"},
    ),
    "rice576/dcn-monitor": (
        {"training_loss": 1, "errors": 1, "monitor": 19, "histograms": 20},
        {"errors": 2, "monitor": 19},
        {"inside", "errors"},
    ),
    "rice576/dcn-variants": (
        {
            **{"losses": 3, "variants": 1},
            **{f"monitor_{name}": 19 for name in ("base", "maxout")},
            **{f"histograms_{name}": 20 for name in ("base", "maxout")},
        },
        {"variants": 2},
        {"activation"},
    ),
}


@pytest.fixture
def runs(all_smoke):
    """Return what gives the folder and the results of an experiment that ran with --smoke."""

    def run(name):
        if name in DEEP:
            pytest.importorskip("torch")
        out = all_smoke / name
        return out, json.loads((out / "results.json").read_text(encoding="utf-8"))

    return run


@pytest.fixture
def undrawn(monkeypatch):
    """Let the grids of boundaries, which take longest, not be computed."""
    for module in (activations, hidden_units, n_layers):
        monkeypatch.setattr(module, "decision_boundaries", lambda planes, **options: None)


class Unseen(Run):
    """A run that keeps no figures."""

    def figure(self, name, figure, caption, title=""):
        """Keep nothing."""


def results_of(name, tmp_path, **fields):
    """Run an experiment with --smoke, and return the numbers and words that it kept."""
    experiment = registry.get(name)
    config = configure(experiment, {key: str(v) for key, v in fields.items()}, smoke=True)
    header = make_run(experiment, config, {}, {}, out=tmp_path / "header")._header
    run = Unseen(header, "", tmp_path / "run")
    try:
        experiment.run(config, run)
    finally:
        run.close()
    return run._results


@pytest.mark.parametrize("name", SHOWN)
def test_everything_that_the_course_asks_for_is_shown(name, runs):
    folder, results = runs(name)
    figures, tables, findings = SHOWN[name]
    assert set(results["figures"]) == set(figures)
    for figure, panels in figures.items():
        svg = (folder / "figures" / f"{figure}.svg").read_text(encoding="utf-8")
        assert svg.count('id="axes_') == panels, figure
        with Image.open(folder / "figures" / f"{figure}.png") as picture:
            pixels = np.asarray(picture.convert("L"))
        assert min(pixels.shape) > 300
        assert (pixels < 128).mean() > 0.002, f"{figure} is blank"
        assert results["figures"][figure].endswith(".")
    assert {key: len(table["rows"]) for key, table in results["tables"].items()} == tables
    for table in results["tables"].values():
        assert {len(row) for row in table["rows"]} == {len(table["columns"])}
    assert set(results["findings"]) == findings
    for finding in results["findings"].values():
        assert finding["question"].endswith("?")
        assert finding["answer"].endswith(".")


@pytest.mark.parametrize("name", SHOWN)
def test_both_backends_come_to_the_same_numbers(name, tmp_path, undrawn):
    pytest.importorskip("torch")
    has_dtype = "dtype" in registry.get(name).config.__dataclass_fields__
    fields = {"dtype": "float64"} if has_dtype else {}
    if name == "rice576/dcn-variants":
        fields |= {"optimizers": "adam,sgd,momentum,adagrad", "inits": "xavier_normal,orthogonal"}
    ours = results_of(name, tmp_path / "numpy", backend="numpy", **fields)
    theirs = results_of(name, tmp_path / "torch", backend="torch", **fields)
    assert list(ours["metrics"]) == list(theirs["metrics"])
    if name == "rice576/dcn-variants":  # and what differs in a part is not the base once more
        losses = [row[4] for row in ours["tables"]["variants"]["rows"]]
        assert len(set(losses)) == len(losses) == 6
    np.testing.assert_allclose(
        list(ours["metrics"].values()), list(theirs["metrics"].values()), rtol=1e-10
    )
    for key, table in ours["tables"].items():
        for one, other in zip(table["rows"], theirs["tables"][key]["rows"], strict=True):
            pairs = [(a, b) for a, b in zip(one, other, strict=True) if isinstance(a, int | float)]
            # A mean of numbers of both signs is known to what they are rounded to.
            for a, b in pairs:
                assert a == pytest.approx(b, rel=1e-10, abs=1e-15), (key, one)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
def test_the_weights_are_those_of_the_courses_own_arithmetic(activation, tmp_path):
    X, y = generate_data()
    run = Unseen({"backend": "numpy"} | dict.fromkeys(["experiment", "data"], "x"), "", tmp_path)
    config = activations.Config(passes=60)
    points = activations.points("moons", 0)
    trained = activations.descend(run, config, points, activation, (10,), "one")
    deep = activations.descend(run, config, points, activation, (4, 5), "two")
    run.close()
    np.testing.assert_array_equal(points.train.x, X)

    course = NeuralNetwork(2, 10, 2, activation)
    first = course.calculate_loss(X, y)
    dW1, dW2, db1, db2 = course.backprop(X, y)
    ratio = np.hypot(*map(np.linalg.norm, (dW1, db1))) / np.hypot(*map(np.linalg.norm, (dW2, db2)))
    assert trained.gradient_ratio == pytest.approx(ratio, rel=1e-12)
    course.fit_model(X, y, num_passes=60, print_loss=False)
    state = trained.model.state_dict()
    np.testing.assert_allclose(state["0.weight"].T, course.W1, rtol=1e-11)
    np.testing.assert_allclose(state["2.weight"].T, course.W2, rtol=1e-11)
    np.testing.assert_allclose(state["2.bias"], course.b2[0], rtol=1e-11, atol=1e-14)
    assert trained.losses[0] == pytest.approx(first, rel=1e-13)
    assert len(trained.losses) == 60
    assert trained.train_accuracy == np.mean(course.predict(X) == y)

    course = DeepNeuralNetwork(4, (2, 4, 5, 2), activation)
    course.fit_model(X, y, num_passes=60, print_loss=False)
    for position, layer in zip((0, 2, 4), course.layers, strict=True):
        weight = deep.model.state_dict()[f"{position}.weight"]
        np.testing.assert_allclose(weight.T, layer.W, rtol=1e-11, atol=1e-13)


def test_the_fresh_moons_are_drawn_by_the_seed_and_the_courses_are_always_the_same():
    first, again, other = (activations.points("moons", seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.train.x, other.train.x)
    np.testing.assert_array_equal(first.test.x, again.test.x)
    assert not np.isin(first.test.x[:, 0], other.test.x[:, 0]).any()
    assert not np.isin(first.train.x[:, 0], first.test.x[:, 0]).any()
    assert (len(first.train), len(first.test)) == (200, 1000)


def test_with_10_units_every_activation_learns_the_moons(tmp_path, undrawn):
    results = results_of("rice576/activations", tmp_path, passes=2000, hidden=10)
    for name in ("tanh", "sigmoid", "relu"):
        assert results["metrics"][f"train_accuracy_{name}"] >= 0.95


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("activations", "digits", "takes examples of 2 numbers with classes, and digits has 1 x 8"),
        ("hidden-units", "iris", "takes examples of 2 numbers with classes, and iris has 4; try"),
        ("n-layers", "sine", "takes examples of 2 numbers with classes, and sine has 1 and no"),
        ("other-data", "sine", "rice576/other-data is about classes; sine has none"),
        ("dcn", "iris", "this network takes images with classes, and iris has none"),
        ("dcn-monitor", "moons", "this network takes images with classes, and moons has none"),
    ],
)
def test_data_that_do_not_fit_are_told_before_anything_is_written(name, data, message, tmp_path):
    with pytest.raises(ArgumentError) as caught:
        results_of(f"rice576/{name}", tmp_path, data=data, backend="numpy")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("activations", {"hidden": 0}, "--hidden=0"),
        ("activations", {"passes": 0}, "--passes=0"),
        ("hidden-units", {"units": "3,0"}, "--units=0"),
        ("hidden-units", {"activation": "gelu"}, "expected tanh or sigmoid or relu"),
        ("n-layers", {"activations": "tanh,gelu"}, "--activations=gelu: expected tanh"),
        ("n-layers", {"widths": "0"}, "--widths=0"),
        ("other-data", {"dtype": "float16"}, "--dtype=float16: expected float32 or float64"),
        ("dcn", {"padding": 0}, "dcn: images of 8 x 8 pixels are too small"),
        ("dcn", {"dropout": 1}, "--dropout=1: expected a number below 1"),
        ("dcn", {"backend": "jax"}, "--backend=jax: expected numpy or torch"),
        ("dcn-monitor", {"every": 0}, "--every=0"),
        ("dcn-variants", {"inits": "xavier"}, "--inits=xavier: expected zeros"),
        ("dcn-variants", {"optimizers": "lbfgs"}, "--optimizers=lbfgs: expected adam"),
    ],
)
def test_settings_that_cannot_be_are_told_by_name(name, fields, message, tmp_path):
    with pytest.raises(ArgumentError) as caught:
        results_of(f"rice576/{name}", tmp_path, **fields)
    assert message in str(caught.value)


def test_other_points_of_the_plane_are_taken_too(tmp_path):
    results = results_of("rice576/n-layers", tmp_path, data="circles", depths=1, widths=4)
    assert len(results["tables"]["networks"]["rows"]) == 3
    assert "depth" in results["findings"]


def test_other_data_takes_tables_too_and_sizes_its_network_by_them(tmp_path):
    results = results_of("rice576/other-data", tmp_path, data="iris", depths=1, widths=5)
    rows = results["tables"]["networks"]["rows"]
    assert [row[3] for row in rows] == [4 * 5 + 5 + 5 * 3 + 3] * 3
    design = {row[0]: row[1] for row in results["tables"]["design"]["rows"]}
    assert (design["inputs"], design["outputs"], design["units in each"]) == ("4", "3", "5")
    assert design["examples"] == "96 training + 24 validation + 30 test"


# the convolutional network


def test_mnists_60000_training_images_are_cut_into_55000_and_5000(real_data):
    assert dcn.Config().limit is None
    found = dcn.images(dcn.Config(dtype="float32"))
    assert found.sizes == "55,000 / 5,000 / 10,000"
    assert found.train.x.mean() == pytest.approx(0, abs=1e-4)
    assert found.train.x.std() == pytest.approx(1, abs=1e-4)
    assert found.validation.x.mean() != pytest.approx(0, abs=1e-4)


def test_dropout_has_a_stream_of_its_own():
    config = dcn.Config(data="digits", limit=8)
    model = dcn.network(config, dcn.images(config))
    (dropout,) = (layer for layer in model if type(layer).__name__ == "Dropout")
    assert generator_state(dropout.rng) == generator_state(streams(0).dropout)


def test_the_trained_network_can_be_used_on_images(runs):
    folder, results = runs("rice576/dcn")
    test = load("digits").test[:200]
    predictor = Predictor(folder)
    right = np.mean(predictor.outputs(test.x).argmax(axis=1) == test.y)
    assert right == pytest.approx(results["metrics"]["test_accuracy"], abs=1e-12)
    assert results["tables"]["layers"]["rows"][0][2] == "32 x 8 x 8"
    assert "published" not in results["findings"]["accuracy"]["answer"]


def test_the_monitor_looks_at_all_that_the_course_lists(runs):
    folder, results = runs("rice576/dcn-monitor")
    entries = read_monitor(folder)["training"]
    assert sorted({entry["step"] for entry in entries}) == [1, 2, 4, 6, 8]
    seen = [entry["of"] for entry in entries if entry["step"] == 1]
    layers = ["0 Conv2d", "1 ReLU", "2 MaxPool2d", "3 Conv2d", "4 ReLU", "5 MaxPool2d"]
    layers += ["7 Linear", "8 ReLU", "10 Linear"]
    weights = [f"{i}.{part}" for i in (0, 3, 7, 10) for part in ("weight", "bias")]
    assert set(seen) >= {*layers, *weights}
    rows = {row[0]: row[1:] for row in results["tables"]["monitor"]["rows"]}
    for entry in entries[:19]:
        assert rows[entry["of"]][:4] == [entry[key] for key in ("min", "max", "mean", "std")]
    for entry in entries[-19:]:
        assert rows[entry["of"]][4:] == [entry[key] for key in ("min", "max", "mean", "std")]
        assert sum(entry["counts"]) > 0


def test_validation_and_test_errors_are_kept_epoch_by_epoch(runs):
    folder, results = runs("rice576/dcn-monitor")
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    epochs = [e for e in map(json.loads, lines) if e["record"] == "epoch"]
    errors = read_held_out(folder)["training"]
    assert [(e.epoch, e.of) for e in errors] == [
        (epoch, of) for epoch in (1, 2) for of in ("validation", "test")
    ]
    wrong = [error.error * {"validation": 120, "test": 200}[error.of] for error in errors]
    assert wrong == pytest.approx([round(count) for count in wrong], abs=1e-9)
    for epoch, row in zip(epochs, results["tables"]["errors"]["rows"], strict=True):
        assert row[2] == 1 - epoch["validation_accuracy"]
    assert results["tables"]["errors"]["rows"][-1][3] == results["metrics"]["test_error"]


def test_the_event_files_hold_losses_errors_and_histograms(runs):
    event_pb2 = pytest.importorskip("tensorboardX.proto.event_pb2")
    folder, results = runs("rice576/dcn-monitor")
    tags = {}
    for path in (folder / "tensorboard").glob("*tfevents*"):
        content = path.read_bytes()
        while content:
            size = int.from_bytes(content[:8], "little")
            event = event_pb2.Event()
            event.ParseFromString(content[12 : 12 + size])
            content = content[16 + size :]
            for value in event.summary.value:
                tags.setdefault(value.tag, {})[event.step] = value
    assert sorted(tags["training/loss"]) == list(range(1, 9))
    rates = [tags["training/lr"][step].simple_value for step in range(1, 9)]
    assert rates[0] == np.float32(0.001)
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] < 0.1 * rates[0]
    test_error = tags["training/test_error"][2].simple_value
    assert test_error == pytest.approx(results["metrics"]["test_error"], rel=1e-6)
    assert set(tags["training/validation_error"]) == {1, 2}
    for name in ("0.weight", "0.bias", "3_Conv2d", "4_ReLU", "5_MaxPool2d"):
        assert tags[f"training/{name}"][8].HasField("histo")
        for number in ("min", "max", "mean", "std"):
            assert set(tags[f"training/{name}/{number}"]) == {1, 2, 4, 6, 8}


def test_variants_differ_from_the_base_in_one_part_each():
    found = dcn_variants.variants(dcn_variants.Config())
    base, *others = found
    assert base == ("base", "relu", "xavier_normal", "adam")
    for one in others:
        both = zip(dcn_variants.PARTS, one[1:], base[1:], strict=True)
        changed = [part for part, a, b in both if a != b]
        assert changed == [one.part]
    assert {"tanh", "sigmoid", "leaky-relu", "maxout"} <= {one.activation for one in found}
    assert {"sgd", "momentum", "adagrad", "adam"} == {one.optimizer for one in found}
    assert {"xavier_normal", "xavier_uniform", "he_normal"} < {one.init for one in found}
    assert len({one.key for one in found}) == len(found) == 11
    assert not {one.name for one in found} & set(dcn_variants.NAMES)  # in words


def test_an_interrupted_run_goes_on_to_the_same_errors_and_results(runs, tmp_path, monkeypatch):
    folder, _ = runs("rice576/dcn-monitor")
    observe, out = HeldOut.observe, tmp_path / "run"

    def fail(self, name, training, record):
        if isinstance(record, EpochRecord) and record.epoch == 2:
            raise KeyboardInterrupt
        observe(self, name, training, record)

    monkeypatch.setattr(HeldOut, "observe", fail)
    arguments = ["run", "rice576/dcn-monitor", "--smoke", "--save-every=0", "--out", str(out)]
    assert main(arguments) == 130
    assert not (out / "results.json").exists()
    monkeypatch.undo()
    assert main([*arguments, "--resume"]) == 0
    for name in ("results.json", "metrics.jsonl", "held_out.jsonl", "monitor.jsonl", "model.npz"):
        if (folder / name).exists():
            assert (out / name).read_bytes() == (folder / name).read_bytes(), name


# sentences


def test_what_chance_explains():
    assert differ(0.9, 0.8, 200)
    assert not differ(0.9, 0.86, 200)
    assert differ(0.9, 0.86, 2000)
    assert not differ(0.9, 0.86, 2000, 100)
    assert guessing(np.array([0, 1, 1, 0])) == pytest.approx(np.log(2))
    assert guessing(np.array([1, 1])) == 0
    assert [listed(["a"]), listed(["a", "b", "c"])] == ["a", "a, b and c"]


def measured(name, train=0.98, reached=100, slope=0.5, flat=0.0):
    return activations.Measured(name, 0.1, train, 0.97, reached, slope, flat)


def test_differences_of_activations_are_told_only_where_there_are_some():
    different = " ".join(
        activations.differences(
            [
                measured("Tanh", reached=100, slope=0.7),
                measured("Sigmoid", 0.9, reached=400, slope=0.2),
                measured("ReLU", flat=0.9),
            ],
            0.11,
        )
    )
    assert "Sigmoid fewest" in different
    assert "takes Tanh 100 passes and Sigmoid 400, 4.0 times as many" in different
    assert "smallest derivative at the first weights, 0.20 on average (Tanh: 0.70)" in different
    assert "The scores of ReLU (90%) are linear on most" in different
    assert "Those of Tanh (0%) and Sigmoid (0%) are linear almost nowhere" in different

    equal = " ".join(activations.differences([measured("Tanh"), measured("ReLU", flat=0.3)], 0.11))
    assert "within one percentage point" in equal
    assert "about as many passes" in equal
    assert "derivative" not in equal
    assert "straight" not in equal
    slow = " ".join(activations.differences([measured("A"), measured("B", reached=200)], 0.1))
    assert "2.0 times as many" in slow
    assert "derivative" not in slow


def net(name, loss, train, test=0.97, activation="tanh", hidden=(1,), ratio=1.0):
    return SimpleNamespace(
        name=name,
        losses=[1.0, loss],
        train_accuracy=train,
        test_accuracy=test,
        activation=activation,
        hidden=hidden,
        gradient_ratio=ratio,
    )


def test_what_more_units_change_is_told_from_the_numbers():
    falling = [net("1 unit", 0.3, 0.86, 0.9), net("5 units", 0.1, 0.98), net("9 units", 0.09, 0.98)]
    said = " ".join(hidden_units.changes(falling, 200, 1000))
    assert "is 0.3000 with 1 unit and 0.0900 with 9 units, smaller with every step." in said
    assert "With 5 units 0.980 of the training examples are right, and 0.980 at best; with" in said
    assert "with fewer, at most 0.860." in said
    assert "most are right with 5 units, 0.970; that it is 0.970 with 9 units may be" in said
    assert "overfits" not in said

    worse = [net("2 units", 0.1, 0.97), net("5 units", 0.05, 0.98), net("9 units", 0.06, 1.0, 0.9)]
    said = " ".join(hidden_units.changes(worse, 200, 1000))
    assert "it is lowest with 5 units, 0.0500." in said
    assert "and fewer, beyond chance, with 9 units, 0.900: more units are not always better" in said
    assert "With 9 units 0.100 more of the training examples than of the others" in said
    assert "overfits" in said
    assert "overfits" not in " ".join(hidden_units.changes(worse, 20, 20))
    best = [net("2 units", 0.1, 0.9, 0.8), net("5 units", 0.05, 0.9, 0.97)]
    assert hidden_units.changes(best, 200, 1000)[2].endswith("with 5 units, 0.970.")
    assert not any("settles" in sentence for sentence in hidden_units.changes(best, 200, 1000))
    best[0].losses = [1.0] * 80 + [0.1, 0.2] * 10
    said = hidden_units.changes(best, 200, 1000)[-1]
    assert said.startswith("With 2 units the loss never settles: in the last tenth of the passes")
    assert said.endswith("it moves between 0.1000 and 0.2000.")


def test_depth_and_width_are_compared_at_equal_width_and_depth():
    nets = [
        net("1 x 3", 0.3, 0.9, 0.9, hidden=(3,)),
        net("4 x 3", 0.1, 0.9, 0.95, hidden=(3,) * 4),
        net("1 x 9", 0.1, 0.9, 0.95, hidden=(9,)),
        net("4 x 9", 0.05, 0.9, 0.80, hidden=(9,) * 4),
    ]
    deep, better, worse, wide, *rest = n_layers.depth_and_width(nets, 1000)
    assert deep.startswith("With 4 hidden layers of the same width instead of 1, the training loss")
    assert deep.endswith("is lower for 2 of 2 networks.")
    assert better == "On test examples the deepest are better, beyond chance, for 4 x 3."
    assert worse == "They are worse, beyond chance, for 4 x 9."
    assert wide.startswith("With 9 units in each of as many layers instead of 3, the training loss")
    assert rest == [
        "On test examples the widest are better, beyond chance, for 1 x 9.",
        "They are worse, beyond chance, for 4 x 9.",
    ]
    equal = [net("1", 0.2, 0.9, 0.9, hidden=(3,)), net("2", 0.2, 0.9, 0.9, hidden=(3, 3))]
    assert n_layers.depth_and_width(equal, 100) == [
        "With 2 hidden layers of the same width instead of 1, the training loss is lower for 0 of "
        "1 networks.",
        "On test examples the deepest are for none better beyond chance.",
    ]


def test_networks_that_do_not_learn_are_named_with_their_gradients():
    learns, stuck = net("a", 0.1, 0.9, ratio=0.5), net("b", 0.69, 0.5, ratio=1e-4)
    said = " ".join(n_layers.stuck_networks([learns, stuck], 0.693))
    assert said.startswith("b end")
    assert "at most 1.0e-04 of that of the last one; with all others it is at least 5.0e-01" in said
    other = " ".join(n_layers.stuck_networks([learns, net("b", 0.69, 0.5, ratio=0.1)], 0.693))
    assert "gradient" not in other
    below = net("c", 0.1, 0.9, ratio=1e-5)
    assert "gradient" not in " ".join(n_layers.stuck_networks([below, stuck], 0.693))
    assert n_layers.stuck_networks([learns], 0.693) == [
        "All of them learn: no loss is left above 0.9 of that of guessing."
    ]
    said = n_layers.stuck_networks([learns, below], 0.693)[1]
    assert said.startswith("So do c, though at the first weights the gradient of their first")
    assert said.endswith("at most 1.0e-05 of that of the last one.")


def fitted(activation, depth, width, accuracy, parameters=10):
    record = EpochRecord(1, 1, 0.5, 0.5, accuracy, 0.9)
    return other_data.Fitted(activation, depth, width, parameters, [record], None)


def test_the_design_is_chosen_by_validation_and_among_equals_by_size():
    nets = [fitted("tanh", 1, 8, 0.9, 20), fitted("relu", 2, 4, 0.9, 10)]
    assert other_data.choice(nets) is nets[1]
    said = other_data.chosen(nets, nets[1], 0.88)[0]
    assert "2 get most validation examples right, 0.9000; ReLU 2 x 4 has the fewest" in said
    nets = [fitted("tanh", 1, 8, 0.9), fitted("relu", 2, 4, 0.8)]
    assert other_data.choice(nets) is nets[0]
    said = " ".join(other_data.chosen(nets, nets[0], 0.88))
    assert "Of 2 networks Tanh 1 x 8 gets most validation examples right, 0.9000" in said
    assert "looked at once, with this one: 0.8800 right" in said


def test_effects_are_told_with_what_chance_allows():
    nets = [fitted("tanh", 1, 8, 0.95), fitted("tanh", 2, 8, 0.94), fitted("relu", 1, 8, 0.7)]
    depth, activation, lowest = other_data.effects(nets, 500)
    assert depth == (
        "Best validation accuracy by hidden layers: 1: 0.9500, 2: 0.9400; the differences may be "
        "chance."
    )
    assert activation.endswith(
        "Tanh: 0.9500, ReLU: 0.7000; Tanh is better than ReLU beyond chance."
    )
    assert lowest == "The lowest of all is ReLU 1 x 8 with 0.7000."
    assert len(other_data.effects(nets[:2], 500)) == 1
    nets = [fitted("relu", 1, 8, 0.9), fitted("relu", 3, 8, 0.6), fitted("relu", 1, 4, 0.1)]
    said = other_data.effects(nets, 500)
    assert "ReLU loses by depth: 0.9000 with 1 x 8 units, 0.6000 with 3 x 8." in said
    nets[1] = fitted("relu", 3, 8, 0.99)
    assert any("ReLU gains by depth" in sentence for sentence in other_data.effects(nets, 500))


def epoch(number, accuracy):
    return EpochRecord(number, 100 * number, 0.1, 0.1, accuracy)


def test_the_published_level_is_named_for_the_published_images_alone():
    rising = [epoch(1, 0.97), epoch(2, 0.99)]
    at = " ".join(dcn.answers(rising, 0.9906, 10_000, 0.99))
    assert "0.9906 of the 10,000 test images are right, with a standard error of 0.0010." in at
    assert "at the published level of about 0.99" in at
    assert "0.9900 after the last, more with every epoch." in at
    below = " ".join(dcn.answers([*rising, epoch(3, 0.98)], 0.97, 10_000, 0.99))
    assert "below the published level" in below
    assert "most after epoch 2." in below
    other = " ".join(dcn.answers(rising[:1], 0.97, 200, None))
    assert "published" not in other
    assert "epoch" not in other


def look(mean, std, most=1.0, not_finite=0):
    return {"mean": mean, "std": std, "max": most, "not_finite": not_finite}


def test_what_happens_inside_is_told_from_the_first_and_the_last_look():
    found = {
        "0.weight": (look(0, 1.0), look(0, 1.1)),
        "0.bias": (look(0, 0.001), look(0, 0.02)),
        "3.weight": (look(0, 1.0), look(0, 1.3)),
        "0 Conv2d": (look(0.1, 1.0), look(-0.2, 2.0)),
        "1 ReLU": (look(0.5, 1.0), look(0.4, 1.0, 7.5)),
        "3 Linear": (look(0, 1.0), look(0, 0.9)),
    }
    said = " ".join(dcn_monitor.changes(found))
    assert "least in 0.weight (times 1.100) and most in 3.weight (times 1.300)" in said
    assert "deviations from 0.02 to 0.02" in said
    assert "grows in 1 of 2 layers; in the hidden ones their mean falls in 1 of 1" in said
    assert "ends below 0 in 1. So ReLU" in said
    assert "The largest activation of the last look is 7.5." in said
    assert "Nothing overflowed." in said
    one_of_two = {"0 Linear": (look(0.1, 1.0), look(0.2, 2.0)), **found}
    assert "So ReLU" not in " ".join(dcn_monitor.changes(one_of_two))
    found["0 Conv2d"] = (look(0.1, 1.0), look(0.2, 2.0, not_finite=3))
    said = " ".join(dcn_monitor.changes(found))
    assert "falls in 0 of 1, and ends below 0 in 0." in said
    assert "So ReLU" not in said
    assert "overflowed" not in said


def test_errors_are_followed_from_epoch_to_epoch():
    assert dcn_monitor.development([0.03, 0.02], [0.04, 0.02]) == [
        "After the first epoch 0.0300 of the validation images and 0.0400 of the test images are "
        "wrong, after epoch 2 0.0200 and 0.0200."
    ]
    risen = dcn_monitor.development([0.03, 0.02, 0.025], [0.04, 0.02, 0.02])
    assert risen[1] == "The validation error was lowest after epoch 2."
    assert len(dcn_monitor.development([0.03], [0.04])) == 1


def outcome(part, activation, error, loss=0.1, signal=1.0, init="xavier_normal"):
    variant = dcn_variants.Variant(part, activation, init, "adam")
    return dcn_variants.Outcome(variant, [], loss, signal, error, error)


def test_variants_are_better_or_worse_only_beyond_chance():
    outcomes = [
        outcome("base", "relu", 0.015),
        outcome("activation", "tanh", 0.016),
        outcome("activation", "sigmoid", 0.05, loss=0.4),
        outcome("activation", "maxout", 0.008),
    ]
    said = dcn_variants.comparison("activation", outcomes, 10_000)
    assert said == [
        "Test errors: ReLU (the base) 0.0150, Tanh 0.0160, Sigmoid 0.0500, MaxOut 0.0080.",
        "MaxOut is better than the base, beyond chance.",
        "Sigmoid is worse than the base, beyond chance.",
        "What Tanh differs by may be chance.",
        "In the last tenth of the training the loss is lowest with ReLU, 0.1000, and highest with "
        "Sigmoid, 0.4000.",
    ]
    inits = [
        outcome("base", "relu", 0.015),
        outcome("first weights", "relu", 0.015, signal=0.01, init="normal"),
    ]
    said = " ".join(dcn_variants.comparison("first weights", inits, 10_000))
    assert "a deviation of 0.01 with small normal and of 1 with Xavier normal." in said
    inits[1] = outcome("first weights", "relu", 0.015, signal=0.5, init="he_normal")
    said = " ".join(dcn_variants.comparison("first weights", inits, 10_000))
    assert "deviation" not in said
    assert "lowest" not in said


def test_flat_pieces_are_measured_not_assumed():
    X = np.array([[-1.0, -1.0], [1.0, 1.0]])
    bent = activations.flat_share(lambda p: np.stack([0 * p[:, 0], np.abs(p[:, 0])], axis=1), X)
    assert 0.97 < bent < 1
    assert activations.flat_share(lambda p: np.stack([p[:, 0] ** 2, p[:, 1]], axis=1), X) == 0
    assert activations.flat_share(lambda p: np.stack([p[:, 0], p[:, 1] ** 2], axis=1), X) == 0
    assert activations.flat_share(lambda p: np.stack([p[:, 0] * 3, p[:, 1]], axis=1), X) == 1


def test_losses_are_sampled_from_the_first_pass_to_the_last():
    passes, losses = activations.sampled([float(i) for i in range(1, 2001)])
    assert passes[0] == 1
    assert passes[-1] == 2000
    assert [float(p) for p in passes] == losses
    assert len(passes) <= 300


def test_a_smoothed_loss_is_the_mean_of_whole_windows():
    one = outcome("base", "relu", 0.1)._replace(losses=[float(i) for i in range(121)])
    panel = dcn_variants.panel([one], "activation")
    assert dcn_variants.window([one]) == 3
    assert panel.curves[0].y[:2] == [1.0, 4.0]
    assert list(panel.curves[0].x) == list(range(3, 122, 3))
