"""Starters cut from solutions, and tags that a submission has moved or removed."""

import ast
import re
from pathlib import Path

import pytest

import mytorch
from mytorch.courses.fences import misplaced, starter, tags
from mytorch.utils.errors import ArgumentError

SOLUTION = '''"""A neuron."""

import numpy as np


class Neuron:
    def forward(
        self, x
    ):
        """Return o."""
        # STARTCODE
        # the net input
        z = x @ self.W
        for _ in range(3):
            # deeper
            z = z + 0

        # the output
        return 1 / (1 + np.exp(-z))
        # ENDCODE

    def step(self, x, y):
        """Learn."""
        o = self.forward(x)
        # STARTCODE
        self.W += x.T @ (y - o)
        # ENDCODE
        return o


# Why?
# STARTTEXT
# Because.
# And so on.
# ENDTEXT

print(Neuron)
'''
STARTER = '''"""A neuron."""

import numpy as np


class Neuron:
    def forward(
        self, x
    ):
        """Return o."""
        # STARTCODE
        # the net input
        raise NotImplementedError("[TO COMPLETE]")
        # the output
        raise NotImplementedError("[TO COMPLETE]")
        # ENDCODE

    def step(self, x, y):
        """Learn."""
        o = self.forward(x)
        # STARTCODE
        raise NotImplementedError("[TO COMPLETE]")
        # ENDCODE
        return o


# Why?
# STARTTEXT
# [TO COMPLETE]
# ENDTEXT

print(Neuron)
'''


def test_a_starter_has_a_blank_for_each_stretch_of_code_and_words():
    assert starter(SOLUTION) == STARTER


def test_a_starter_of_a_starter_is_the_same():
    assert starter(STARTER) == STARTER


@pytest.mark.parametrize(
    ("code", "blanks"),
    [
        ("# one\n    # two\n", "# one\n    # two\n    raise\n"),  # no code at all
        ("\n", "raise\n"),
        ('s = """\n    # no comment\n"""\n', "raise\n"),
        ("a = 1\n    # one\n\n    b = 2\n", "raise\n    # one\n    raise\n"),
        ("# one\n    a = 1\n    b = 2\n    # two\n", "# one\n    raise\n    # two\n"),
    ],
)
def test_comments_stay_and_code_becomes_one_blank_between_them(code, blanks):
    around = "def f():\n    # STARTCODE\n    {}    # ENDCODE\n"
    blanks = blanks.replace("raise", 'raise NotImplementedError("[TO COMPLETE]")')
    assert starter(around.format(code)) == around.format(blanks)


def test_what_is_not_written_yet_says_so():
    held = {}
    exec(compile(STARTER, "starter", "exec"), held)
    with pytest.raises(NotImplementedError, match=r"^\[TO COMPLETE\]$"):
        held["Neuron"]().forward(1)


def test_tags_know_their_function_and_the_line_beside_them():
    found = [(str(tag), tag.line, tag.beside) for tag in tags(STARTER)]
    assert found == [
        ("STARTCODE of Neuron.forward", 11, '"""Return o."""'),
        ("ENDCODE of Neuron.forward", 16, "def step(self, x, y):"),
        ("STARTCODE of Neuron.step", 21, "o = self.forward(x)"),
        ("ENDCODE of Neuron.step", 23, "return o"),
        ("STARTTEXT", 28, "# Why?"),
        ("ENDTEXT", 30, "print(Neuron)"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "        # ENDCODE\n        return o",
            "        return o",
            "line 25: STARTCODE is not foll",
        ),
        ("# STARTTEXT\n", "", "line 34: ENDTEXT comes without a start"),
        ("# ENDTEXT", "# ENDCODE", "line 32: STARTTEXT is not followed by ENDTEXT"),
        ("# ENDTEXT", "", "line 32: STARTTEXT is not followed by ENDTEXT"),
        ("import numpy as np", "import numpy as", "is not valid Python"),
        (
            "# ENDTEXT\n",
            "# ENDTEXT\n\n# STARTTEXT\n# ENDTEXT\n",
            "line 37: STARTTEXT follows ENDTEXT at",
        ),
        ("print(Neuron)", "print(\n# STARTCODE\nNeuron\n# ENDCODE\n)", "around whole statements"),
    ],
)
def test_a_solution_whose_tags_are_no_pairs_is_refused(old, new, message):
    assert old in SOLUTION
    with pytest.raises(ArgumentError, match=message) as caught:
        starter(SOLUTION.replace(old, new, 1))
    assert "\n" not in str(caught.value)


# Submissions


def test_the_solution_has_all_tags_in_place():
    assert misplaced(STARTER, SOLUTION) == []


def test_other_line_ends_blank_lines_and_broken_code_do_not_move_a_tag():
    written = SOLUTION.replace("z = x @ self.W", "z = (x @").replace("\n", "\r\n")
    assert misplaced(STARTER, written.replace("# ENDCODE", "# ENDCODE  \r\n\r\n")) == []


def lines_without(text, *numbers):
    return "".join(
        line for n, line in enumerate(text.splitlines(keepends=True), 1) if n not in numbers
    )


@pytest.mark.parametrize("position", range(6))
def test_a_removed_tag_is_named(position):
    tag = tags(SOLUTION)[position]
    said = misplaced(STARTER, lines_without(SOLUTION, tag.line))
    assert len(said) == 1
    side = "after" if tag.name.startswith("START") else "before"
    assert said[0] == f"{tag} was removed: it stood {side} `{tag.beside}`"


@pytest.mark.parametrize("position", range(6))
@pytest.mark.parametrize("other", ["def forward", "return 1 /", "return o", "print"])
def test_a_moved_tag_is_named(position, other):
    tag = tags(SOLUTION)[position]
    line = SOLUTION.splitlines()[tag.line - 1]
    rest = lines_without(SOLUTION, tag.line)
    at = rest.index(other)
    at = rest.rindex("\n", 0, at) + 1
    moved = f"{rest[:at]}{line}\n{rest[at:]}"
    said = misplaced(STARTER, moved)
    if moved.split() == SOLUTION.split():  # but for blank lines, that is where it stood
        assert said == []
    else:
        assert [line.partition(": ")[2].partition(" was moved")[0] for line in said] == [str(tag)]


def test_all_that_is_wrong_is_said():
    second = tags(SOLUTION)[1]
    both = lines_without(SOLUTION, second.line).replace("print(Neuron)", "# STARTTEXT")
    assert misplaced(STARTER, both) == [
        "ENDCODE of Neuron.forward was removed: it stood before `def step(self, x, y):`",
        "line 36: STARTTEXT was added: the starter has none there",
    ]


TWO_IN_ONE = """def f(x):
    a = x
    # STARTCODE
    b = a
    # ENDCODE
    c = b
    # STARTCODE
    d = c
    # ENDCODE
    return d
"""


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (3, "STARTCODE of f was removed: it stood after `a = x`"),
        (5, "ENDCODE of f was removed: it stood before `c = b`"),
        (7, "STARTCODE of f was removed: it stood after `c = b`"),
        (9, "ENDCODE of f was removed: it stood before `return d`"),
    ],
)
def test_of_two_fences_in_one_function_the_one_that_lost_a_tag_is_named(line, said):
    assert misplaced(starter(TWO_IN_ONE), lines_without(TWO_IN_ONE, line)) == [said]


def test_what_was_removed_is_told_in_the_order_of_the_file():
    said = misplaced(starter(TWO_IN_ONE), lines_without(TWO_IN_ONE, 3, 5, 7, 9))
    assert [line.partition(" of ")[0] for line in said] == ["STARTCODE", "ENDCODE"] * 2
    assert [re.search("`(.*)`", line)[1] for line in said] == [
        "a = x",
        "c = b",
        "c = b",
        "return d",
    ]


def test_an_added_tag_is_named():
    more = SOLUTION.replace("        return o\n", "        # STARTCODE\n        return o\n")
    assert misplaced(STARTER, more) == [
        "line 28: STARTCODE of Neuron.step was added: the starter has none there"
    ]


def test_a_line_written_outside_of_the_fence_shows_as_a_moved_tag():
    outside = SOLUTION.replace(
        "        # STARTCODE\n        self.W", "        o = 1\n        # STARTCODE\n        self.W"
    )
    assert misplaced(STARTER, outside) == [
        "line 26: STARTCODE of Neuron.step was moved: it stood after `o = self.forward(x)`, and "
        "now stands after `o = 1`"
    ]


HELPER = """
    # mine
    @staticmethod
    def helper(a):
        \"\"\"Return a.\"\"\"
        return a

"""


@pytest.mark.parametrize(
    ("before", "added"),
    [
        *((before, HELPER) for before in ("    def forward(", "    def step(", "\n\n# Why?")),
        *((before, HELPER.replace("\n    ", "\n")) for before in ("class", "# Why?", "print")),
        ("print", "class Mine:\n    def forward(self):\n        return 1\n\n\n"),
    ],
)
def test_a_function_of_the_students_own_moves_no_tag(before, added):
    assert misplaced(STARTER, SOLUTION.replace(before, added + before)) == []


@pytest.mark.parametrize(
    "written",
    [
        'z = """\ndef other():\nclass Other:\n"""',
        "z = (\nx\n+ x\n)",
        'z = f"""\n{x}\n"""\n        y = [\n]',
    ],
)
def test_strings_and_brackets_of_several_lines_move_no_tag(written):
    assert "z = x @ self.W" in SOLUTION
    submission = SOLUTION.replace("z = x @ self.W", written)
    ast.parse(submission)
    assert misplaced(STARTER, submission) == []
    helper = f"    def helper(self, x):\n        {written}\n        return z\n\n    def step"
    assert misplaced(STARTER, SOLUTION.replace("    def step", helper)) == []


def test_a_decorator_that_was_handed_out_is_a_line_to_stand_beside():
    solution = SOLUTION.replace("    def step", "    @staticmethod\n    def step")
    handed_out = starter(solution)
    assert tags(handed_out)[1].beside == "@staticmethod"
    written = solution.replace("# Why?", "def mine():\n    pass\n\n\n# Why?")
    assert misplaced(handed_out, written) == []


def test_a_comment_or_import_beside_a_tag_moves_it_not():
    written = SOLUTION.replace("        # STARTCODE\n", "        # mine\n        # STARTCODE\n")
    written = written.replace("# ENDTEXT\n", "# ENDTEXT\nimport math\nfrom math import pi\n")
    assert misplaced(STARTER, written) == []


def test_a_tag_that_was_moved_past_a_function_of_the_students_own_is_told():
    written = SOLUTION.replace("        # ENDCODE\n\n    def step", f"{HELPER}    def step")
    assert misplaced(STARTER, written) == [
        "ENDCODE of Neuron.forward was removed: it stood before `def step(self, x, y):`"
    ]
    written = written.replace("return a\n", "return a\n        # ENDCODE\n")
    assert misplaced(STARTER, written) == [
        "line 26: ENDCODE of Neuron.forward was moved: it stood before `def step(self, x, y):`, "
        "and now stands in Neuron.helper"
    ]


def test_functions_in_another_order_are_told():
    first, second = SOLUTION.index("    def forward"), SOLUTION.index("    def step")
    end = SOLUTION.index("# Why?")
    swapped = (
        SOLUTION[:first]
        + SOLUTION[second:end].rstrip()
        + "\n\n"
        + SOLUTION[first:second]
        + SOLUTION[end:]
    )
    assert misplaced(STARTER, swapped) == [
        "line 10: STARTCODE of Neuron.step was moved: in the starter STARTCODE of Neuron.forward "
        "comes here"
    ]


# The courses' own solutions

FOLDER = Path(mytorch.__file__).parent / "courses"
FENCED = sorted(
    path
    for path in FOLDER.glob("*/*.py")
    if re.search(r"^\s*# STARTCODE$", path.read_text(), re.MULTILINE)
)


def test_the_three_programs_of_cs4152_are_fenced():
    names = {path.stem for path in FENCED if path.parent.name == "cs4152"}
    assert names == {"perceptron", "logic", "digits"}


@pytest.mark.parametrize("path", FENCED, ids=lambda path: path.stem)
def test_a_starter_can_be_cut_from_each_solution(path):
    solution = path.read_text()
    cut = starter(solution)
    ast.parse(cut)
    assert misplaced(cut, solution) == []
    assert starter(cut) == cut
    inside = re.findall(r"# STARTCODE\n(.*?)# ENDCODE", solution, re.DOTALL)
    assert cut.count('raise NotImplementedError("[TO COMPLETE]")') >= len(inside) > 2
    for code in inside:
        assert code.strip() not in cut
    words = re.search(r"# STARTTEXT\n(.*?)\n# ENDTEXT", solution, re.DOTALL)
    assert len(words[1]) > 100
    assert words[1] not in cut
