"""What the README and the other pages show is what happens."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [
    *("README.md", "CONTRIBUTING.md", "docs/notation.md"),
    *(f"docs/derivations/{path.name}" for path in (ROOT / "docs" / "derivations").glob("*.md")),
]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.DOTALL)
LAYERS = next(code for _, code in BLOCKS if "class Linear" in code)


def shown_after(code: str) -> str:
    """The text block that follows a block of code."""
    position = next(i for i, (_, block) in enumerate(BLOCKS) if block == code)
    return next(text for kind, text in BLOCKS[position:] if kind == "text")


def without_numbers(text: str) -> list[str]:
    return [re.sub(r"[-+\d.,e]*\d[-+\d.,e]*", "#", line) for line in text.split("\n")]


@pytest.mark.parametrize("code", [b for kind, b in BLOCKS if kind == "python" and "print" in b])
def test_python_examples_print_what_is_shown(code, tmp_path):
    pytest.importorskip("sklearn")
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ran.stderr == ""
    assert ran.stdout == shown_after(code)


def test_check_example_prints_the_report_that_is_shown(tmp_path):
    (tmp_path / "layers.py").write_text(LAYERS)
    command = [sys.executable, "-m", "mytorch", "check", "layers.py:Linear"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    shown = next(text for kind, text in BLOCKS if kind == "text" and "numeric" in text)
    assert ran.returncode == 1
    assert without_numbers(ran.stdout) == without_numbers(shown)
    b_line = next(line for line in ran.stdout.splitlines() if line.startswith("  b "))
    backward, numeric = (
        float(n) for n in re.findall(r"(?:backward|numeric) (\S+?),?(?= |$)", b_line)
    )
    assert numeric == pytest.approx(5 * backward, rel=1e-6)


def cells(line):
    return [cell.strip() for cell in line.strip("|\n").split("|")]


TABLES = {  # the page, the names of a table's columns there, and which of its figures is shown
    "results.md": (["W1", "W3", "W4", "W2-D50"], "ms", ["scikit-learn", "JAX, compiled scan"]),
    "convolutions.md": (
        ["W5", "W6", "W7-CNN-250", "W7-CNN-1"],
        "images/s",
        ["PyTorch at its best (T*)", "JAX, compiled scan"],
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_speeds_shown_are_the_measured_ones(name):
    workloads, figure, others = TABLES[name]
    page = (ROOT / "benchmarks" / name).read_text(encoding="utf-8")
    labels = ["mytorch, NumPy alone", "mytorch with `fast`", "PyTorch as it comes (T)", *others]
    rows = {
        cells(line)[0].partition(":")[0]: cells(line)[1:]
        for line in README.splitlines()
        if re.match(r"\| W\d", line)
    }
    assert set(rows) == {w for workloads, _, _ in TABLES.values() for w in workloads}
    for workload in workloads:
        section = page.split(f"\n## {workload}: ", 1)[1].split("\n## ", 1)[0]
        table = [cells(line) for line in section.splitlines() if line.startswith("|")]
        column = table[0].index(figure)
        measured = {re.sub(r"( \[\d+\])+$", "", row[0]): row[column] for row in table}
        assert rows[workload] == [measured[label] for label in labels], workload


def commands(block: str) -> list[str]:
    starts = ("mytorch", ".venv/bin/mytorch")
    return [line for line in block.splitlines() if line.startswith(starts)]


SHELL = [commands(block) for kind, block in BLOCKS if kind == "sh" and " check " not in block]


@pytest.mark.parametrize("lines", [lines for lines in SHELL if lines], ids=lambda lines: lines[0])
def test_commands_run_one_after_another(lines, tmp_path, request):
    pytest.importorskip("sklearn")
    if any("mnist" in line for line in lines):
        request.getfixturevalue("real_data")
    for line in lines:
        words = shlex.split(line)[1:]
        ran = subprocess.run(
            [sys.executable, "-m", "mytorch", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
        )
        differs = words[0] == "compare"  # which says so by its exit code
        assert ran.returncode in ((0, 1) if differs else (0,)), ran.stderr
        assert ran.stderr == ""
        if "--course" in words:
            root = tmp_path / ran.stdout.splitlines()[-1]
            course = words[words.index("--course") + 1]
            assert len(list(root.glob(f"{course}/*/report.html"))) > 1
        elif words[0] == "run" and "--help" not in words:
            *said, last = ran.stdout.splitlines()
            folder = tmp_path / last
            assert (folder / "report.html").is_file()
            assert (folder / "results.json").is_file()
            if not {"--resume", "--seeds"} & set(words):
                assert [s.split("  ")[0] for s in said] == [
                    "gradient check",
                    "training loss",
                    "test accuracy",
                    "report",
                ]


def test_make_commands_exist():
    makefile = (ROOT / "Makefile").read_text()
    for page in PAGES:
        for target in re.findall(r"^make (\w+)", (ROOT / page).read_text(), flags=re.MULTILINE):
            assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_pip_lines_name_extras_and_files_that_exist():
    lines = re.findall(r"pip install -c (\S+) -e \"\.\[(\w+)\]\"", README)
    assert len(lines) == README.count("pip install")
    for file, extra in lines:
        assert (ROOT / file).is_file()
        assert f"\n{extra} = [" in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert ((ROOT / page).parent / target).exists(), target
