"""The programs of rice576 and purdue373: what they write and print, and how mistakes are told."""

import contextlib
import importlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import mytorch
from mytorch.cli.main import main
from mytorch.courses.pictures import KINDS
from mytorch.courses.registry import profile, program, summary
from mytorch.training.judgement import VERDICTS, Judgement

pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")

COURSES = Path(mytorch.__file__).parent / "courses"
MOONS = ("three_layer_neural_network", "n_layer_neural_network")
IMAGES = ("numpy_ann", "pytorch_ann", "pytorch_cnn", "numpy_cnn")
NEEDS_TORCH = ("pytorch_ann", "pytorch_cnn")
PNG = b"\x89PNG\r\n"


def course(name):
    return "rice576" if name in MOONS else "purdue373"


@pytest.fixture(scope="module")
def small_images(tmp_path_factory):
    """A data set of 16 x 16 images in three classes that are told apart by a bright quarter."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 60)
    x = rng.integers(0, 90, (60, 1, 16, 16), np.uint8)
    for image, label in zip(x, y, strict=True):
        image[0, label * 5 : label * 5 + 5, :] += 150
    path = tmp_path_factory.mktemp("data") / "small.npz"
    np.savez(path, x=x, y=y)
    return f"npz:{path}"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    """Run `mytorch ARGUMENTS` in this process; return exit code, stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as error:
            code = error.code
    return code, out.getvalue(), err.getvalue()


def python(script):
    command = [sys.executable, "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def needs_torch(name):
    if name in NEEDS_TORCH:
        pytest.importorskip("torch")


def arguments_of(name, small_images):
    """Arguments that make a program quick."""
    return ["--passes=30"] if name in MOONS else [f"--data={small_images}", "--epochs=2"]


@pytest.mark.parametrize("name", MOONS)
def test_a_program_on_the_moons_prints_and_writes_its_figure(name, here):
    code, out, err = run("rice576", name, "--passes=1001", "--activation=ReLU")
    assert (code, err) == (0, "")
    first, second, accuracy, last = out.splitlines()
    assert re.fullmatch(r"Loss after iteration 0: \d+\.\d{6}", first)
    assert re.fullmatch(r"Loss after iteration 1000: \d+\.\d{6}", second)
    assert float(accuracy.removeprefix("accuracy on the training data: ")) > 0.7
    assert last == f"decision boundary: {name}.png"
    assert (here / f"{name}.png").read_bytes().startswith(PNG)
    assert len(list(here.iterdir())) == 1


@pytest.mark.parametrize("name", IMAGES)
def test_a_program_on_images_prints_accuracies_and_judgement(name, here, small_images):
    needs_torch(name)
    code, out, err = run("purdue373", name, f"--data={small_images}", "--epochs=10")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    if name == "numpy_ann":
        assert lines[0].startswith("Epoch 10: validation loss ")
        assert len(lines) == 3
        assert list(here.iterdir()) == []
        lines = lines[1:]
    else:
        picture = f"{name}_train_val_metrics.png"
        assert re.fullmatch("judgement: (underfitting|overfitting|generalizing)", lines[2])
        assert lines[-1] == f"losses and accuracies: {picture}"
        assert (here / picture).read_bytes().startswith(PNG)
        assert [path.name for path in here.iterdir()] == [picture]
    assert re.fullmatch(r"accuracy on 12 test images: \d\.\d{4}", lines[0])
    assert re.fullmatch(r"accuracy on all 12 test images: \d\.\d{4}", lines[1])


@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_judgement_that_is_printed_is_the_networks(verdict, here, small_images, monkeypatch):
    told = Judgement(verdict, ("one reason", "another"))
    monkeypatch.setattr("mytorch.courses.purdue373.recorded.Recorded.judgement", lambda _: told)
    _, out, _ = run("purdue373", "numpy_cnn", f"--data={small_images}", "--epochs=1")
    assert out.splitlines()[2:5] == [f"judgement: {verdict}", "  one reason", "  another"]


CLASSES = {
    "three_layer_neural_network": ("NeuralNetwork", "fit_model", 2),
    "n_layer_neural_network": ("DeepNeuralNetwork", "fit_model", 2),
    "numpy_ann": ("NumpyANN", "train", 4),
    "pytorch_ann": ("PyTorchANN", "train", 4),
    "pytorch_cnn": ("PyTorchCNN", "train", 4),
    "numpy_cnn": ("NumpyCNN", "train", 4),
}
NETWORK = "--activation=sigmoid --reg-lambda=0.5 --seed=3 --mean --epsilon=0.2 --passes=7"
LIKE_IT = ("sigmoid", 0.5, 3)
CALLS = [  # a program, its options, the network that it makes, and how it trains it
    (MOONS[0], "", lambda c: c(2, 3, 2), (0.01, 20000)),
    (MOONS[1], "", lambda c: c(4, [2, 10, 10, 2]), (0.01, 20000)),
    ("numpy_ann", "", lambda c: c(256, 64, 3, 0.01), (250, 64)),
    ("pytorch_ann", "", lambda c: c(256, 32, 3), (100, 64, 0.2)),
    ("pytorch_cnn", "", lambda c: c(3), (60, 0.002)),
    ("numpy_cnn", "", lambda c: c(3), (60, 0.002)),
    (MOONS[0], f"--hidden=5 {NETWORK}", lambda c: c(2, 5, 2, *LIKE_IT, reduction="mean"), (0.2, 7)),
    (
        MOONS[1],
        f"--hidden 4 6 {NETWORK}",
        lambda c: c(4, [2, 4, 6, 2], *LIKE_IT, reduction="mean"),
        (0.2, 7),
    ),
    (MOONS[1], "--hidden", lambda c: c(2, [2, 2]), (0.01, 20000)),
    (
        "numpy_ann",
        "--hidden=5 --lr=0.5 --epochs=7 --batch-size=9 --seed=3",
        lambda c: c(256, 5, 3, 0.5, 3),
        (7, 9),
    ),
    (
        "pytorch_ann",
        "--hidden=5 --lr=0.5 --epochs=7 --batch-size=9 --seed=3",
        lambda c: c(256, 5, 3, 3),
        (7, 9, 0.5),
    ),
    ("pytorch_cnn", "--lr=0.5 --epochs=7 --seed=3", lambda c: c(3, 3), (7, 0.5)),
    ("numpy_cnn", "--lr=0.5 --epochs=7 --seed=3", lambda c: c(3, 3), (7, 0.5)),
]


def what_it_is(model):
    """The weights of a network, and its options."""
    if hasattr(model, "layers"):
        weights = [layer.W for layer in model.layers]
    elif hasattr(model, "model"):
        own = model.model
        weights = own.get_parameters() if hasattr(own, "get_parameters") else own.parameters()
        weights = [np.array(w.tolist()) for w in weights]
    else:
        weights = [model.W1, model.W2]
    names = ("actFun_type", "reg_lambda", "reduction", "lr")
    options = [str(getattr(model, name, None)).lower() for name in names]
    return weights, options


@pytest.mark.parametrize(("name", "options", "make", "expected"), CALLS)
def test_a_program_trains_by_its_options_and_without_them_as_the_course_does(
    name, options, make, expected, here, small_images, monkeypatch
):
    needs_torch(name)
    class_name, method, examples = CLASSES[name]
    kind = getattr(importlib.import_module(f"mytorch.courses.{course(name)}.{name}"), class_name)
    seen = []

    def train(model, *arguments):
        seen.append((model, arguments[examples:]))
        raise KeyboardInterrupt

    monkeypatch.setattr(kind, method, train)
    data = [] if name in MOONS else [f"--data={small_images}"]
    assert run(course(name), name, *data, *options.split())[0] == 130
    ((model, arguments),) = seen
    assert arguments == expected
    (weights, kept), (wanted, also) = what_it_is(model), what_it_is(make(kind))
    assert kept == also
    for one, other in zip(weights, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", [*MOONS, *IMAGES[1:]])
def test_a_picture_that_cannot_be_written_is_refused_before_the_training(
    name, here, small_images, monkeypatch
):
    needs_torch(name)
    class_name, method, _ = CLASSES[name]
    trained = []
    monkeypatch.setattr(
        f"mytorch.courses.{course(name)}.{name}.{class_name}.{method}",
        lambda *arguments: trained.append(arguments),
    )
    for out in ("a.doc", "absent/a.png", "."):
        assert run(course(name), name, *arguments_of(name, small_images), f"--out={out}")[0] == 2
    assert trained == []


@pytest.mark.parametrize("name", [*MOONS, *IMAGES])
def test_a_program_runs_as_a_file_from_another_folder(name, here, small_images):
    needs_torch(name)
    file = COURSES / course(name) / f"{name}.py"
    ran = subprocess.run(
        [sys.executable, file, *arguments_of(name, small_images)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "accuracy on" in ran.stdout


STARTS = {
    **{"svg": b"<?xml", "pdf": b"%PDF", "eps": b"%!PS", "png": PNG, "PNG": PNG, "webp": b"RIFF"},
    **dict.fromkeys(("jpg", "jpeg"), b"\xff\xd8\xff"),
    **dict.fromkeys(("tif", "tiff"), b"II"),
}


@pytest.mark.parametrize("ending", [*KINDS, "PNG"])
def test_the_figure_is_what_its_name_ends_in(ending, here, caplog):
    code, _, err = run("rice576", MOONS[0], "--passes=1", f"--out=a.{ending}")
    assert (code, err) == (0, "")
    assert (here / f"a.{ending}").read_bytes().startswith(STARTS[ending])
    assert caplog.text == ""  # matplotlib warns by a logger where it has to leave something out


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_two_runs_print_and_write_the_same(ending, here):
    texts, pictures = [], []
    for name in "ab":
        texts.append(run("rice576", MOONS[1], "--passes=20", f"--out={name}.{ending}")[1])
        pictures.append((here / f"{name}.{ending}").read_bytes())
    assert texts[0].splitlines()[:-1] == texts[1].splitlines()[:-1]
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("name", ["rice576", "purdue373"])
def test_a_course_lists_its_programs_without_importing_them(name):
    script = (
        "import sys; sys.modules['torch'] = None\n"
        f"from mytorch.cli.main import main; sys.exit(main([{name!r}]))"
    )
    ran = python(script)
    assert (ran.returncode, ran.stderr) == (0, "")
    for each in profile(name).programs:
        assert f"  {each}" in ran.stdout
        assert len(summary(name, each)) > 20
        assert summary(name, each) in ran.stdout


@pytest.mark.parametrize("name", NEEDS_TORCH)
def test_without_pytorch_a_program_is_one_line_as_a_file_and_as_a_command(name, here):
    file = COURSES / "purdue373" / f"{name}.py"
    as_file = f"import runpy; runpy.run_path({str(file)!r}, run_name='__main__')"
    as_command = f"from mytorch.cli.main import main; sys.exit(main(['purdue373', {name!r}]))"
    for prog, how in ((f"{name}.py", as_file), ("mytorch", as_command)):
        script = f"import sys; sys.modules['torch'] = None\n{how}"
        ran = python(script)
        assert ran.returncode == 2
        assert ran.stderr == f"{prog}: torch is not installed: pip install 'mytorch[torch]'\n"
        assert ran.stdout == ""
    assert list(here.iterdir()) == []


def test_without_pytorch_an_import_raises_the_error_of_the_extra():
    script = (
        "import sys; sys.modules['torch'] = None\n"
        "from mytorch.utils.errors import MissingExtraError\n"
        "try:\n    import mytorch.courses.purdue373.pytorch_ann\n"
        "except MissingExtraError as error:\n    print(error)"
    )
    ran = python(script)
    assert ran.stdout == "torch is not installed: pip install 'mytorch[torch]'\n"
    assert ran.stderr == ""


MISTAKES = {
    "hidden": (MOONS[0], ["--hidden=0"], "expected a whole number from 1 to 100,000, got '0'"),
    "too wide": (MOONS[0], ["--hidden=100001"], "from 1 to 100,000"),
    "activation": (MOONS[0], ["--activation=elu"], "no activation is named 'elu'"),
    "epsilon": (MOONS[0], ["--epsilon=nan"], "expected a finite number above 0, got 'nan'"),
    "lambda": (MOONS[1], ["--reg-lambda=-1"], "expected a finite number of 0 or more, got '-1'"),
    "passes": (MOONS[1], ["--passes=1.5"], "expected a whole number of at least 1, got '1.5'"),
    "seed": (MOONS[1], ["--seed=4294967296"], "from 0 to 4,294,967,295"),
    "units": (MOONS[1], ["--hidden", "3", "x"], "got 'x'"),
    "diverged": (MOONS[0], ["--epsilon=1e200"], "no longer finite after iteration"),
    "ending": (MOONS[0], ["--out=a.doc"], "a.doc: expected the name of a picture that ends in"),
    "TeX": (MOONS[0], ["--out=a.pgf"], "a.pgf: expected the name of a picture that ends in"),
    "no ending": (MOONS[0], ["--out=a"], "expected the name of a picture that ends in one of ."),
    "folder": (MOONS[1], ["--out=."], "is a folder"),
    "no folder": (MOONS[1], ["--out=no/a.png"], "there is no folder"),
    "stray": (MOONS[1], ["more"], "unrecognized arguments: more"),
    "data": ("numpy_ann", ["--data=fashion"], "no data set is named 'fashion'"),
    "no images": ("numpy_ann", ["--data=iris"], "purdue373 is about images with classes"),
    "file": ("numpy_ann", ["--data=npz:absent.npz"], "absent.npz"),
    "rate": ("numpy_cnn", ["--lr=0"], "expected a finite number above 0, got '0'"),
    "epochs": ("numpy_cnn", ["--epochs=0"], "expected a whole number of at least 1"),
    "small images": ("numpy_cnn", ["--data=digits"], "16 x 16 to 31 x 31 pixels"),
    "batch": ("numpy_ann", ["--batch-size=x"], "expected a whole number of at least 1, got 'x'"),
    "torch, rate": ("pytorch_ann", ["--lr=inf"], "expected a finite number above 0"),
    "torch, diverged": ("pytorch_ann", ["--data=digits", "--lr=1e30"], "smaller|below"),
    "torch, images": ("pytorch_cnn", ["--data=digits"], "16 x 16 to 31 x 31 pixels"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line_and_exit_2_and_nothing_is_written(name, here):
    called, arguments, message = MISTAKES[name]
    needs_torch(called)
    code, out, err = run(course(called), called, *arguments)
    assert code == 2
    assert any(part in err for part in message.split("|")), err
    assert err.count("\n") == 1
    assert "accuracy" not in out
    assert list(here.iterdir()) == []


def test_missing_data_are_one_line(here, monkeypatch, tmp_path_factory):
    pytest.importorskip("platformdirs")
    (here / "empty").mkdir()
    monkeypatch.setenv("MYTORCH_DATA", str(here / "empty"))
    # Downloads lock their place in the cache.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    code, out, err = run("purdue373", "numpy_cnn")
    assert (code, out) == (2, "")
    assert "train-images-idx3-ubyte.gz is missing and cannot be downloaded" in err
    assert err.count("\n") == 1
    assert [path.name for path in here.rglob("*")] == ["empty"]


@pytest.mark.parametrize(
    ("name", "part"),
    [
        (
            "three_layer_neural_network",
            "courses.rice576.three_layer_neural_network.NeuralNetwork.backprop",
        ),
        ("numpy_ann", "courses.purdue373.numpy_ann.NumpyANN._backward"),
        ("numpy_cnn", "training.loop.evaluate"),
    ],
)
def test_ctrl_c_is_one_line_and_nothing_is_written(name, part, here, small_images, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(f"mytorch.{part}", interrupted)
    code, out, err = run(course(name), name, *arguments_of(name, small_images))
    assert (code, out, err) == (130, "", "mytorch: interrupted\n")
    assert list(here.iterdir()) == []


def test_no_window_is_opened_where_there_is_none(here):
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    for backend in ("agg", "tkagg"):
        ran = subprocess.run(
            [sys.executable, "-m", "mytorch", "rice576", MOONS[0], "--show", "--passes=1"],
            capture_output=True,
            text=True,
            check=False,
            env={**environment, "MPLBACKEND": backend},
        )
        assert ran.returncode == 2
        assert "--show: no window can be opened here" in ran.stderr
        assert ran.stderr.count("\n") == 1
        assert list(here.iterdir()) == []


def test_a_toolkit_that_cannot_be_loaded_opens_no_window(here, monkeypatch):
    def figure(**_):
        raise ImportError("Cannot load backend 'TkAgg'")  # as matplotlib says it

    monkeypatch.setattr(pytest.importorskip("matplotlib.pyplot"), "figure", figure)
    code, out, err = run("rice576", MOONS[0], "--show", "--passes=1")
    assert (code, out) == (2, "")
    assert err.startswith("mytorch: --show: no window can be opened here; leave it out")
    assert list(here.iterdir()) == []


def test_with_show_the_figure_is_written_and_then_shown(here, monkeypatch):
    plt = pytest.importorskip("matplotlib.pyplot")
    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.append((here / f"{MOONS[0]}.png").is_file()))
    canvas = plt.figure().canvas
    monkeypatch.setattr(type(canvas), "required_interactive_framework", "made up", raising=False)
    try:
        assert run("rice576", MOONS[0], "--show", "--passes=1")[0] == 0
        assert shown == [True]
        assert len(plt.gcf().axes) == 1
    finally:
        plt.close("all")


# Values that may stand after an option: none makes a training long.
VALUES = st.one_of(
    st.integers(-2, 4).map(str),
    st.sampled_from(["", "nan", "inf", "-inf", "1e400", "1e-400", "1e300", "0x10", "1_0", "１"]),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4),
    st.sampled_from(["Tanh", "relu", "a.png", "a.svg", ".png", "a/b.png", "..", "-"]),
    st.just("x" * 300 + ".png"),
    st.sampled_from(["npz:", "npz:.", "csv:a", "folder:.", "iris", "moons"]),
)
NUMBERS = st.floats(0, 10, exclude_min=True).map(str)
RIGHT = {  # and these are likely to be taken
    "hidden": st.integers(1, 5).map(str),
    "activation": st.sampled_from(["Tanh", "sigmoid", "RELU"]),
    "epsilon": NUMBERS,
    "reg-lambda": NUMBERS,
    "lr": NUMBERS,
    "seed": st.integers(0, 2**32 - 1).map(str),
    "batch-size": st.integers(1, 100).map(str),
    "out": st.sampled_from(["a.png", "b.svg", "-.pdf"]),
}
OPTIONS = {
    "three_layer_neural_network": ("hidden", "activation", "epsilon", "reg-lambda", "seed"),
    "n_layer_neural_network": ("hidden", "activation", "epsilon", "reg-lambda", "seed"),
    "numpy_ann": ("data", "hidden", "lr", "batch-size", "seed"),
    "pytorch_ann": ("data", "hidden", "lr", "batch-size", "seed"),
    "pytorch_cnn": ("data", "lr", "seed"),
    "numpy_cnn": ("data", "lr", "seed"),
}


@st.composite
def command_lines(draw, name):
    words = []
    for _ in range(draw(st.integers(0, 3))):
        option = draw(st.sampled_from([*OPTIONS[name] * 2, "out", "mean", "x"]))
        right = draw(st.integers(0, 3))
        value = draw(RIGHT.get(option, VALUES) if right else VALUES)
        how = draw(st.sampled_from(["=", " ", "bare"] if right == 0 else ["=", " "]))
        words += {
            "=": [f"--{option}={value}"],
            " ": [f"--{option}", value],
            "bare": [value],
        }[how]
    return words


@pytest.mark.parametrize("name", OPTIONS)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_arguments_run_or_are_refused_in_one_line(name, data, here, small_images):
    needs_torch(name)
    quick = arguments_of(name, small_images)
    words = data.draw(command_lines(name))
    code, _, err = run(course(name), name, *quick, *words)
    assert code in (0, 2), err
    assert err.count("\n") == (1 if code else 0), err
    written = [path for path in here.iterdir() if path.is_file()]
    if code:
        assert written == []
    for path in written:
        path.unlink()


@example(text="１２")
@given(text=st.text(max_size=6))
def test_the_kinds_of_numbers_take_what_they_say(text):
    from argparse import ArgumentTypeError

    from mytorch.courses import arguments

    for kind, right in (
        (arguments.count, lambda v: 1 <= v <= 10**9),
        (arguments.width, lambda v: 1 <= v <= 100_000),
        (arguments.seed, lambda v: 0 <= v < 2**32),
        (arguments.above_0, lambda v: 0 < v < np.inf),
        (arguments.at_least_0, lambda v: 0 <= v < np.inf),
    ):
        try:
            value = kind(text)
        except ArgumentTypeError as error:
            refusal = str(error)
        else:
            assert right(value)
            continue
        assert repr(text) in refusal


@pytest.mark.parametrize("text", ["１２", "²", "+1", " 1", "1_0", "1.0", "", "-1"])
def test_whole_numbers_are_plain_digits(text):
    from argparse import ArgumentTypeError

    from mytorch.courses import arguments

    for kind in (arguments.count, arguments.width, arguments.seed):
        with pytest.raises(ArgumentTypeError, match="expected a whole number"):
            kind(text)


def test_the_largest_seed_is_that_of_numpy():
    from argparse import ArgumentTypeError

    from mytorch.courses import arguments

    np.random.RandomState(arguments.seed("4294967295"))
    with pytest.raises(ArgumentTypeError, match=r"from 0 to 4,294,967,295"):
        arguments.seed("4294967296")


def test_every_program_has_a_main():
    for name in MOONS:
        assert callable(program("rice576", name))
    assert callable(program("purdue373", "numpy_ann"))
