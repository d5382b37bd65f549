"""The courses' programs: from any folder, and whatever a person gives them by mistake."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mytorch
from mytorch.cli.main import main

pytest.importorskip("sklearn")
pytest.importorskip("matplotlib")

FOLDER = Path(mytorch.__file__).parent / "courses"
# Each program, and what makes it run in a moment.
QUICK = {
    ("cs4152", "perceptron"): ["--passes=1", "--perceptron-passes=1"],
    ("cs4152", "logic"): ["--passes=1"],
    ("cs4152", "digits"): ["--epochs=1", "--hidden=2"],
    ("nyu6953", "initialize_weights"): ["--data=digits", "--batch=2"],
}
every_program = pytest.mark.parametrize("program", QUICK, ids="/".join)


def ran(capsys, program, arguments):
    """Run a program in this process; return its exit code and what it printed."""
    try:
        code = main([*program, *arguments])
    except SystemExit as error:
        code = error.code
    out, err = capsys.readouterr()
    return code, out, err


def refused(capsys, program, arguments, folder):
    code, out, err = ran(capsys, program, arguments)
    assert (code, out) == (2, ""), err
    assert len(err.splitlines()) == 1, err
    assert "Traceback" not in err
    assert list(folder.iterdir()) == []
    return err


@every_program
def test_a_program_runs_as_a_file_from_any_folder_and_as_a_command(
    program, tmp_path, capsys, monkeypatch
):
    if program[0] == "nyu6953":
        pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    file = FOLDER.joinpath(*program).with_suffix(".py")
    as_file = subprocess.run(
        [sys.executable, str(file), *QUICK[program]], capture_output=True, text=True, check=False
    )
    assert as_file.returncode == 0, as_file.stderr
    assert as_file.stderr == ""
    assert ran(capsys, program, QUICK[program]) == (0, as_file.stdout, "")


@every_program
def test_a_file_tells_a_mistake_in_one_line_too(program, tmp_path):
    file = FOLDER.joinpath(*program).with_suffix(".py")
    done = subprocess.run(
        [sys.executable, str(file), "--seed=x"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"{file.name}: argument --seed: expected a whole number from 0")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("program", "mistake", "said"),
    [
        (("cs4152", "perceptron"), "--out=nowhere", "nowhere: expected a folder that exists"),
        (("nyu6953", "initialize_weights"), "--data=nothing", "no data set"),
    ],
)
def test_a_file_tells_what_only_its_work_finds_out_in_one_line(program, mistake, said, tmp_path):
    if program[0] == "nyu6953":
        pytest.importorskip("torch")
    file = FOLDER.joinpath(*program).with_suffix(".py")
    command = [sys.executable, str(file), mistake]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{file.name}: {said}")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="such a file is Linux's")
@pytest.mark.parametrize("program", [("cs4152", "logic"), ("cs4152", "digits")], ids="/".join)
def test_a_file_whose_output_finds_no_room_says_so_in_one_line(program, tmp_path):
    file = FOLDER.joinpath(*program).with_suffix(".py")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, str(file), *QUICK[program]],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            cwd=tmp_path,
        )
    assert (done.returncode, done.stderr) == (2, f"{file.name}: output: No space left on device\n")


@pytest.mark.parametrize("course", sorted({course for course, _ in QUICK}))
def test_a_course_lists_its_programs_with_what_they_do(course, capsys):
    assert main([course]) == 0
    said = capsys.readouterr().out
    for of, name in QUICK:
        if of == course:
            line = next(line for line in said.splitlines() if line.startswith(f"  {name} "))
            assert len(line) > 60


def test_the_list_of_programs_needs_no_pytorch(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert main(["nyu6953"]) == 0
    assert "initialize_weights" in capsys.readouterr().out


NUMBERS = ["", "x", "-1", "1e99", "nan", "0.5.5", "٣", "9" * 30, "1_000", " 1"]
MISTAKES = [
    *[(("cs4152", "perceptron"), [f"--passes={v}"]) for v in [*NUMBERS, "0", "0.5"]],
    *[(("cs4152", "perceptron"), [f"--lr={v}"]) for v in ["", "x", "-1", "0", "nan", "inf", "1e7"]],
    *[(("cs4152", "logic"), [f"--hidden={v}"]) for v in [*NUMBERS, "0", "10001"]],
    *[(("cs4152", "logic"), [f"--seed={v}"]) for v in [*NUMBERS, str(2**32)]],
    *[(("cs4152", "digits"), [f"--batch-size={v}"]) for v in [*NUMBERS, "0", "1"]],
    *[(("nyu6953", "initialize_weights"), [f"--batch={v}"]) for v in [*NUMBERS, "0", "1438"]],
    (("cs4152", "perceptron"), ["--perceptron-passes=0"]),
    (("cs4152", "perceptron"), ["--out=nowhere"]),
    (("cs4152", "perceptron"), ["--out=nowhere/a.png"]),
    (("cs4152", "perceptron"), ["--out=a.gif"]),
    (("cs4152", "perceptron"), ["--out="]),
    (("cs4152", "perceptron"), ["--out"]),
    (("cs4152", "perceptron"), ["extra"]),
    (("cs4152", "perceptron"), ["--pass=3"]),
    (("cs4152", "nothing"), []),
    (("cs4152", "conventions"), []),
    (("cs4152", "../cmu10601/neuralnet"), []),
    (("nyu6953", "initialize_weights"), ["--data=nothing"]),
    (("nyu6953", "initialize_weights"), ["--data="]),
    (("nyu6953", "initialize_weights"), ["--data=csv:nowhere.csv"]),
]


@pytest.mark.parametrize(("program", "mistake"), MISTAKES, ids=str)
def test_a_mistake_is_told_in_one_line_and_nothing_is_written(
    program, mistake, tmp_path, capsys, monkeypatch
):
    if program[0] == "nyu6953":
        pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    refused(capsys, program, [*QUICK.get(program, []), *mistake], tmp_path)


@pytest.mark.parametrize("out", ["nowhere/a.png", "file/a.png"])
def test_a_picture_without_a_folder_is_told_which_one_is_missing(out, tmp_path, capsys):
    (tmp_path / "file").touch()
    folder = (tmp_path / out).parent
    code, printed, err = ran(capsys, ("cs4152", "perceptron"), [f"--out={tmp_path / out}"])
    assert (code, printed) == (2, "")
    assert err == (
        f"mytorch: {tmp_path / out}: there is no folder {folder.resolve()} to write it into\n"
    )


def test_a_picture_that_may_not_be_written_is_refused_before_the_training(tmp_path, capsys):
    (tmp_path / "a.png").mkdir()
    (tmp_path / "a.png" / "perceptron.png").mkdir()
    code, out, err = ran(capsys, ("cs4152", "perceptron"), [f"--out={tmp_path}/a.png"])
    assert (code, out) == (2, "")
    assert "is a folder" in err


@pytest.mark.skipif(sys.platform != "linux", reason="such a place is Linux's")
def test_a_picture_whose_writing_fails_is_told_in_one_line(capsys):
    program = ("cs4152", "perceptron")
    code, _, err = ran(capsys, program, [*QUICK[program], "--out=/proc/a.png"])
    assert code == 2
    assert len(err.splitlines()) == 1
    assert "/proc" in err


OPTIONS = [
    *("--seed", "--lr", "--passes", "--perceptron-passes", "--out", "--hidden", "--epochs"),
    *("--batch-size", "--sample-lr", "--batch-lr", "--data", "--batch", "--help", "-h", "--", "x"),
]
VALUES = st.one_of(
    st.sampled_from(["0", "1", "2", "3", "-1", "0.5", "1e6", "nan", "inf", "", ".", "a.png"]),
    st.sampled_from(["/dev/null", "digits", "iris", "sine", "npz:", "csv:.", "a\nb"]),
    st.text(max_size=6).filter(lambda text: not text.isdigit() and "\0" not in text),
    st.floats().map(str).filter(lambda text: "/" not in text),
)
ARGUMENTS = st.lists(
    st.tuples(st.sampled_from(OPTIONS), VALUES, st.sampled_from(["=", " ", ""])), max_size=3
)


def words(arguments):
    for option, value, between in arguments:
        if between == "=":
            yield f"{option}={value}"
        else:
            yield from [option, value] if between else [option]


@every_program
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(arguments=ARGUMENTS)
def test_any_arguments_are_run_or_refused_in_one_line(
    program, arguments, tmp_path, capsys, monkeypatch
):
    if program[0] == "nyu6953":
        pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    given_words = list(words(arguments))
    code, _, err = ran(capsys, program, [*QUICK[program], *given_words])
    assert code in (0, 2), (given_words, code, err)
    assert len(err.splitlines()) == (code != 0), (given_words, err)
