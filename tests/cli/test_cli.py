import subprocess
import sys

import pytest

import mytorch
from mytorch.cli import main as cli


def mytorch_command(*arguments, **options):
    """Run the command as a user would, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "mytorch", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )


def one_line(text: str) -> bool:
    return text.count("\n") == 1 and "Traceback" not in text


def test_version_is_the_packages():
    assert mytorch_command("--version").stdout == f"mytorch {mytorch.__version__}\n"


def test_help_lists_the_commands():
    text = mytorch_command("--help").stdout
    assert all(f"  {name}" in text for name in cli.COMMANDS)


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_has_help(command):
    ran = mytorch_command(command, "--help")
    assert ran.returncode == 0
    assert f"usage: mytorch {command}" in ran.stdout


def test_list_names_every_experiment():
    assert "nyu6953/p6" in mytorch_command("list").stdout


def test_help_of_an_experiment_lists_its_fields():
    text = mytorch_command("run", "nyu6953/p6", "--help").stdout
    assert "--lr=0.1" in text
    assert "0.96" in text


LAYER = "class Layer:\n    def forward(self, x): ...\n    def backward(self, g): ...\n"
MISTAKES = {
    "no command": ([], None),
    "unknown command": (["rum"], "no command is named 'rum'; there are: run, list, check"),
    "no experiment": (["run"], "which experiment?"),
    "unknown experiment": (["run", "nyu6953/p66"], "did you mean nyu6953/p6?"),
    "unknown field": (["run", "nyu6953/p6", "--epoch=3"], "did you mean --epochs?"),
    "wrong type": (["run", "nyu6953/p6", "--epochs=many"], "expected a whole number"),
    "out of range": (["run", "nyu6953/p6", "--lr=-1"], "--lr=-1.0: expected"),
    "negative seed": (["run", "nyu6953/p6", "--seed=-1"], "--seed=-1: expected"),
    "field without value": (["run", "nyu6953/p6", "--epochs"], "--epochs needs a value"),
    "stray word": (["run", "nyu6953/p6", "mnist"], "unexpected argument 'mnist'"),
    "unknown data": (["run", "nyu6953/p6", "--data=mnits"], "did you mean mnist?"),
    "folder taken": (["run", "nyu6953/p6", "--out", "."], "holds files already"),
    "folder under a file": (["run", "nyu6953/p6", "--smoke", "--out", "taken.py/x"], "taken.py"),
    "no such file": (["check", "absent.py"], "there is no such file"),
    "no such class": (["check", "taken.py:Linear"], "has no class Linear"),
    "unknown reference": (
        ["check", "taken.py", "--as", "Liner"],
        "no such reference; there are: Linear",
    ),
    "argument of list": (["list", "all"], "unrecognized arguments"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line_and_exit_2(name, tmp_path):
    arguments, message = MISTAKES[name]
    (tmp_path / "taken.py").write_text(LAYER)
    ran = mytorch_command(*arguments, cwd=tmp_path)
    assert ran.returncode == 2
    assert ran.stdout == ""
    if message is None:  # no command at all: the help
        assert ran.stderr.startswith("usage: mytorch COMMAND")
    else:
        assert message in ran.stderr
        assert one_line(ran.stderr)
    assert [path.name for path in tmp_path.iterdir()] == ["taken.py"]


def test_missing_data_is_one_line_and_leaves_nothing(tmp_path):
    pytest.importorskip("platformdirs")
    (tmp_path / "empty").mkdir()
    ran = mytorch_command(
        "run",
        "nyu6953/p6",
        "--data=mnist",
        "--out=out",
        cwd=tmp_path,
        env={
            "MYTORCH_DATA": "empty",
            "XDG_CACHE_HOME": str(tmp_path / "empty"),
            "PATH": "",
            "https_proxy": "http://127.0.0.1:9",
        },
    )
    assert ran.returncode == 2
    assert "train-images-idx3-ubyte.gz is missing and cannot be downloaded" in ran.stderr
    assert "no connection" in ran.stderr
    assert one_line(ran.stderr)
    assert not (tmp_path / "out").exists()


def test_a_missing_extra_is_one_line_that_says_what_to_install(tmp_path):
    code = """
import sys
from mytorch.cli.main import main

class WithoutScikitLearn:
    def find_spec(self, name, path=None, target=None):
        if name == "sklearn":
            raise ModuleNotFoundError("No module named 'sklearn'", name="sklearn")

sys.meta_path.insert(0, WithoutScikitLearn())
sys.exit(main(["run", "nyu6953/p6"]))
"""
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=60
    )
    assert ran.returncode == 2
    assert ran.stderr == "mytorch: sklearn is not installed: pip install 'mytorch[lab]'\n"


def test_a_training_that_diverges_is_one_line(tmp_path):
    pytest.importorskip("sklearn")
    ran = mytorch_command("run", "nyu6953/p6", "--smoke", "--lr=1e30", "--out=out", cwd=tmp_path)
    assert ran.returncode == 2
    assert "try a learning rate below 1e+30" in ran.stderr
    assert one_line(ran.stderr)


@pytest.mark.skipif(sys.platform == "win32", reason="has no such pipes and signals")
def test_a_reader_that_leaves_early_is_no_error():
    process = subprocess.Popen(
        [sys.executable, "-m", "mytorch", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == ""
    assert process.wait(timeout=60) == 141
