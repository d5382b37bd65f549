"""A mistake is one line with file, row and column; nothing is written then."""

import io
from contextlib import redirect_stderr, redirect_stdout

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mytorch.cli.main import main as mytorch
from mytorch.courses.cmu10601 import neuralnet

GOOD = ("2", "3", "1", "0.1")
OUTPUTS = ("train.labels", "validation.labels", "metrics.txt")


def run(*arguments):
    """Return the exit code and what stands on stderr."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = mytorch(["cmu10601", *map(str, arguments)])
        except SystemExit as stop:
            code = stop.code
    assert out.getvalue() == ""
    return code, err.getvalue()


@pytest.fixture
def refused(tmp_path):
    """Run a program that must refuse; return its line."""

    def check(*arguments):
        for name in OUTPUTS:
            (tmp_path / name).write_text("before")
        code, told = run(*arguments)
        assert code == 2
        assert told.count("\n") == 1
        assert "Traceback" not in told
        for name in OUTPUTS:
            assert (tmp_path / name).read_text() == "before"
        return told

    return check


ROW = ",".join(["3", *["0"] * 12])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "train.csv: expected rows of numbers, found none"),
        ("\n\n", "train.csv: expected rows of numbers, found none"),
        (f"{ROW}\n{ROW},1\n", "train.csv, line 2: expected 13 columns as in line 1, got 14"),
        (f"{ROW}\n\n3,1\n", "train.csv, line 3: expected 13 columns as in line 1, got 2"),
        (f"{ROW}\n{ROW[:-1]}x\n", "train.csv, line 2, column 13: expected a number, got 'x'"),
        (f"{ROW[:-1]}\n", "train.csv, line 1, column 13: expected a number, got nothing"),
        (f"{ROW[:-1]}nan\n", "train.csv, line 1, column 13: expected a finite number, got nan"),
        (f"1{ROW}\n", "train.csv, line 1, column 1: expected a label from 0 to 9, got 13"),
        (f"10{ROW[1:]}\n", "train.csv, line 1, column 1: expected a label from 0 to 9, got 10"),
        (f"{ROW}\n-{ROW}", "train.csv, line 2, column 1: expected a label from 0 to 9, got -3"),
        (f"2.5{ROW[1:]}", "train.csv, line 1, column 1: expected a label from 0 to 9, got 2.5"),
        ("label,a\n1,2\n", "train.csv, line 1, column 1: expected a number, got 'label'"),
        ("1\n2\n", "train.csv, line 1: expected a label and pixels, got one column"),
        ("1,2\n", "validation.csv: expected 1 pixels a row as in"),
        ("\0,1\n", "train.csv, line 1"),
    ],
)
def test_a_file_that_is_no_table_of_letters_is_told_with_its_line(
    content, expected, command, refused, tmp_path
):
    (tmp_path / "train.csv").write_text(content)
    assert expected in refused("neuralnet", *command(*GOOD))


def test_files_that_cannot_be_read_are_named(command, refused, tmp_path):
    (tmp_path / "train.csv").unlink()
    assert "train.csv: cannot be read: No such file" in refused("neuralnet", *command(*GOOD))
    (tmp_path / "train.csv").mkdir()
    assert "train.csv: is not a file" in refused("neuralnet", *command(*GOOD))
    (tmp_path / "train.csv").rmdir()
    (tmp_path / "train.csv").write_bytes(b"1,\xff\n")
    assert "train.csv: not text in UTF-8" in refused("neuralnet", *command(*GOOD))


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (("0", "3", "1", "0.1"), "num_epoch: expected a whole number of at least 1, got '0'"),
        (("-1", "3", "1", "0.1"), "num_epoch: expected a whole number of at least 1, got '-1'"),
        (("2.0", "3", "1", "0.1"), "num_epoch: expected a whole number of at least 1, got '2.0'"),
        (("9" * 5000, "3", "1", "0.1"), "num_epoch: expected a whole number"),
        (("2", "0", "1", "0.1"), "hidden_units: expected a whole number of at least 1, got '0'"),
        (("2", "9" * 17, "1", "0.1"), "x 13 weights: there can be no more than 2**32 - 1"),
        (("2", "9" * 17, "2", "0.1"), "x 13 weights: there can be no more than 2**32 - 1"),
        (("2", "3", "3", "0.1"), "init_flag: expected 1 (random) or 2 (zero), got '3'"),
        (("2", "3", "1", "0"), "learning_rate: expected a finite number above 0, got '0'"),
        (("2", "3", "1", "-0.1"), "learning_rate: expected a finite number above 0, got '-0.1'"),
        (("2", "3", "1", "nan"), "learning_rate: expected a finite number above 0, got 'nan'"),
        (("2", "3", "1", "inf"), "learning_rate: expected a finite number above 0, got 'inf'"),
        (("2", "3", "1", "fast"), "learning_rate: expected a finite number above 0, got 'fast'"),
        (("2", "3", "1"), "required: learning_rate"),
        (("2", "3", "1", "0.1", "5"), "unrecognized arguments: 5"),
    ],
)
def test_numbers_that_cannot_be_are_refused(numbers, expected, command, refused):
    assert expected in refused("neuralnet", *command(*numbers))


def test_outputs_that_would_overwrite_something_or_cannot_be_are_refused(
    command, refused, tmp_path
):
    arguments = command(*GOOD)
    for position, path, expected in (
        (2, tmp_path / "train.csv", "is another file of this run too"),
        (3, tmp_path / "train.labels", "is another file of this run too"),
        (4, tmp_path / "." / "validation.labels", "is another file of this run too"),
        (4, tmp_path, "is a folder"),
        (4, tmp_path / "nowhere" / "metrics.txt", "there is no folder"),
    ):
        changed = [*arguments]
        changed[position] = str(path)
        assert expected in refused("neuralnet", *changed)


def test_what_is_no_file_is_written_to_and_stays(command, tmp_path):
    arguments = command(*GOOD)
    arguments[2] = arguments[3] = "/dev/null"
    assert neuralnet.main(arguments) == 0
    with open("/dev/null", "rb") as null:  # noqa: PTH123 - it is no file
        assert null.read() == b""
    assert (tmp_path / "metrics.txt").read_text().count("\n") == 6


def test_a_link_to_an_output_stays_a_link(command, tmp_path):
    (tmp_path / "metrics.txt").symlink_to(tmp_path / "elsewhere.txt")
    assert neuralnet.main(command(*GOOD)) == 0
    assert (tmp_path / "metrics.txt").is_symlink()
    assert (tmp_path / "elsewhere.txt").read_text().count("\n") == 6


CELLS = st.one_of(
    st.integers(-2, 11).map(str),
    st.floats().map(str),
    st.text(max_size=4),
    st.sampled_from(["", " ", "\n", '"', "1e999", "0x1", "1_0", "\r", "\x00", "é"]),
)
TABLES = st.lists(st.lists(CELLS, max_size=4).map(",".join), max_size=4).map("\n".join)
NUMBERS = st.one_of(
    st.sampled_from(["1", "2", "3", "0.1", "0", "-1", "1e3", "--debug", "-x", "nan", "", "1e-400"]),
    st.text(max_size=3),
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    table=st.one_of(TABLES, st.just("3,0,1\n4,1,0\n")),
    validation=st.one_of(TABLES, st.just("3,0,1\n")),
    numbers=st.lists(NUMBERS, min_size=3, max_size=5),
)
def test_whatever_comes_there_are_results_or_one_line(table, validation, numbers, tmp_path):
    (tmp_path / "train.csv").write_text(table, encoding="utf-8", errors="surrogatepass")
    (tmp_path / "validation.csv").write_text(validation, encoding="utf-8", errors="surrogatepass")
    for name in OUTPUTS:
        (tmp_path / name).unlink(missing_ok=True)
    files = [tmp_path / name for name in ("train.csv", "validation.csv", *OUTPUTS)]
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = mytorch(["cmu10601", "neuralnet", *map(str, files), *numbers])
        except SystemExit as stop:
            code = stop.code
    there = [path for path in files[2:] if path.exists()]
    if code == 0:
        assert len(there) == 3 or "-h" in " ".join(numbers)
    else:
        assert code == 2
        assert err.getvalue().count("\n") == 1
        assert there == []


def test_a_rate_that_makes_the_losses_overflow_is_told(command, refused):
    told = refused("neuralnet", *command("50", "3", "1", "1e308"))
    assert "the loss is" in told


@pytest.mark.parametrize("program", ["incorrect_finder", "visualizer"])
def test_the_other_programs_refuse_in_one_line_too(program, refused, tmp_path, letters):
    image = ["0", "1", "2"] if program == "visualizer" else [tmp_path / "x.labels"]
    out = tmp_path / ("out.jpg" if program == "visualizer" else "out.csv")
    assert "cannot be read" in refused(program, tmp_path / "none.csv", *image, out)
    assert "required" in refused(program, tmp_path / "train.csv")
    assert not out.exists()


def test_predictions_must_fit_the_examples(refused, tmp_path, letters):
    predicted, out = tmp_path / "x.labels", tmp_path / "out.csv"
    for content, expected in (
        ("1\n2\n", "expected 40 labels, one for each row of"),
        ("1,2\n" * 40, "x.labels, line 1: expected one label a line, got 2 columns"),
        ("1\n" * 39 + "12\n", "x.labels, line 40, column 1: expected a label from 0 to 9, got 12"),
    ):
        predicted.write_text(content)
        assert expected in refused("incorrect_finder", tmp_path / "train.csv", predicted, out)
        assert not out.exists()


def test_rows_and_pictures_that_cannot_be_are_refused(refused, tmp_path):
    rng = np.random.default_rng(0)
    rows = [",".join(map(str, [3, *rng.integers(0, 2, 128)])) for _ in range(4)]
    examples = tmp_path / "images.csv"
    examples.write_text("\n".join(rows))
    for arguments, expected in (
        (("0", "1", "4", "out.jpg"), "has rows 0 to 3, got row 4"),
        (("0", "1", "-1", "out.jpg"), "has rows 0 to 3, got row -1"),
        (("0", "1", "x", "out.jpg"), "invalid int value: 'x'"),
        (("0", "1", "2", "out.txt"), "expected the name of a picture that ends in one of"),
        (("0", "1", "2", "out"), "expected the name of a picture that ends in one of"),
    ):
        out = tmp_path / arguments[-1]
        assert expected in refused("visualizer", examples, *arguments[:-1], out)
        assert not out.exists()
